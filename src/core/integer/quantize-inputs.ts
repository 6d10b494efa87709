/**
 * A sample as the integers that the first layer sees: real numbers by float32 division, ties to even; whole numbers
 * (token indices, masks) as they are, in the range that the model reads.
 */
import { StudioError, type ErrorPlace } from '../base/errors';
import type { Sample } from '../calibrate/types';
import type { IntegerModel, IntTensor, QuantInfo } from '../ir/integer-model';
import type { CanonicalModel, ValueName } from '../ir/model';
import { sizeOf } from '../ir/tensor';
import { islandsOf } from '../ops/support';
import { newStorage, quantizeAffine } from '../quant/affine';
import { wholeNumbers } from './whole-numbers';

/** Throws `bad-data` naming the sample where an input is missing, of the wrong type, out of the range that the model reads, of the wrong size or not finite. */
export function quantizeInputs(model: IntegerModel, sample: Sample): ReadonlyMap<string, IntTensor> {
  const out = new Map<string, IntTensor>();
  for (const name of model.inputs) {
    const v = model.values.get(name);
    const given = sample.inputs.get(name);
    const where = { value: name, sample: sample.id };
    if (!v?.quant) throw new StudioError({ code: 'internal', what: 'A model input has no quantizer', where });
    if (!given) throw new StudioError({ code: 'bad-data', what: 'The sample lacks an input of the model', where });
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
    if (given.data instanceof Float32Array && !v.whole) data.set(quantizeAffine(given.data, v.quant));
    else if (v.whole && !(given.data instanceof Float32Array)) copyWhole(given.data, data, v.quant, where);
    else throw new StudioError({ code: 'bad-data', what: 'An input does not have the type that the model reads', got: given.dtype, where });
    out.set(name, { dtype: v.dtype, shape: v.shape, data });
  }
  return out;
}

/**
 * Asks the whole numbers of a sample before a float runtime meets them: that would run on some that the integers have no place
 * for, and name its own nodes at others. Throws `bad-data`.
 */
export function wholeInputCheck(c: CanonicalModel): (sample: Sample) => void {
  const ranges = wholeNumbers(c, islandsOf(c));
  return ({ id, inputs }) => {
    for (const [name, given] of inputs) {
      const range = ranges.get(name as ValueName);
      if (range && !(given.data instanceof Float32Array)) checkWhole(given.data, range, { value: name, sample: id });
    }
  };
}

type WholeNumbers = BigInt64Array | Int32Array | Int8Array | Uint8Array;

function copyWhole(given: WholeNumbers, to: { [i: number]: number }, range: QuantInfo, where: ErrorPlace): void {
  checkWhole(given, range, where);
  for (let i = 0; i < given.length; i++) to[i] = Number(given[i]);
}

function checkWhole(given: WholeNumbers, { lo, hi }: QuantInfo, where: ErrorPlace): void {
  for (let i = 0; i < given.length; i++) {
    const v = Number(given[i]);
    if (v < lo || v > hi) {
      throw new StudioError({
        code: 'bad-data',
        what: 'A whole number of the sample is not one that the model reads',
        expected: `${lo} to ${hi}`,
        got: `${v} at index ${i}`,
        where,
      });
    }
  }
}
