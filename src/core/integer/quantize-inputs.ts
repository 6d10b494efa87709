/**
 * A sample of real numbers as the integers that the first layer sees: float32 division, ties to even.
 */
import { StudioError } from '../base/errors';
import type { Sample } from '../calibrate/types';
import type { IntegerModel, IntTensor } from '../ir/integer-model';
import { sizeOf } from '../ir/tensor';
import { newStorage, quantizeAffine } from '../quant/affine';

/** Throws `bad-data` naming the sample where an input is missing, not float32, of the wrong size or not finite. */
export function quantizeInputs(model: IntegerModel, sample: Sample): ReadonlyMap<string, IntTensor> {
  const out = new Map<string, IntTensor>();
  for (const name of model.inputs) {
    const v = model.values.get(name);
    const given = sample.inputs.get(name);
    const where = { value: name, sample: sample.id };
    if (!v?.quant) throw new StudioError({ code: 'internal', what: 'A model input has no quantizer', where });
    if (!given) throw new StudioError({ code: 'bad-data', what: 'The sample lacks an input of the model', where });
    if (!(given.data instanceof Float32Array)) {
      throw new StudioError({ code: 'bad-data', what: 'An input to quantize is not float32', got: given.dtype, where });
    }
    if (given.data.length !== sizeOf(v.shape)) {
      throw new StudioError({
        code: 'bad-data',
        what: 'The sample does not have the size of the model input',
        expected: `[${v.shape.join(', ')}]`,
        got: `[${given.shape.join(', ')}]`,
        where,
      });
    }
    const data = newStorage(v.dtype, given.data.length);
    if (data instanceof BigInt64Array) throw new StudioError({ code: 'internal', what: 'A model input has 64-bit integers', where });
    data.set(quantizeAffine(given.data, v.quant));
    out.set(name, { dtype: v.dtype, shape: v.shape, data });
  }
  return out;
}
