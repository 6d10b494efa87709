/**
 * Tensors as numpy files: what tensors/ and params/ of every bundle hold, and what one tensor downloads as.
 */
import { writeNpy, type NpyArray } from '../base/npy';
import type { IntTensor } from '../ir/integer-model';
import type { Exporter } from './exporter';

/** The bytes that numpy.save writes for this array. */
export function npyBytes(tensor: IntTensor): Uint8Array {
  // every integer dtype is one of NumPy's, with the same storage
  return writeNpy(tensor as NpyArray);
}

export const npyExporter: Exporter = {
  id: 'npy',
  title: 'NumPy arrays',
  help: 'One .npy file for each tensor. Always part of the bundle.',
  options: [],
  file: (t) => ({ path: t.info.file, bytes: npyBytes(t.tensor) }),
};
