/** An array that was read as the integer tensor that the manifest describes. */
import { StudioError, type ErrorPlace } from '../base/errors';
import type { NpyArray } from '../base/npy';
import type { IntDType, IntStorage, IntTensor } from '../ir/integer-model';
import type { ManifestTensor } from './manifest';

/** Throws `bad-bundle` where type or shape are others. A view. */
export function asIntTensor(array: NpyArray, info: Pick<ManifestTensor, 'dtype' | 'shape'>, where: ErrorPlace): IntTensor {
  const shape = array.shape.join(', ');
  if (array.dtype === info.dtype && shape === info.shape.join(', ')) {
    return { dtype: info.dtype, shape: array.shape, data: array.data as IntStorage[IntDType] }; // the dtype says which storage it is
  }
  throw new StudioError({
    code: 'bad-bundle',
    what: 'A tensor file does not fit the manifest',
    expected: `${info.dtype} [${info.shape.join(', ')}]`,
    got: `${array.dtype} [${shape}]`,
    where,
  });
}
