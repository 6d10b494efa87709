/**
 * Requantization of a whole tensor along a channel axis: int32 accumulators in the kernel, wider ones (products of two 16-bit
 * tensors) in a loop.
 */
import { requantizeRun } from '../../base/fixed-point';
import type { IntegerModel, IntTensor, Requant } from '../../ir/integer-model';
import { sizeOf } from '../../ir/tensor';
import { requantizeAll, usesHighMul } from './requantizer';
import { constantOf, newTensor, numbersOf, type Run } from './tensors';

/** yq of the accumulator: `mul` and `shift` hold one element, or one per index of `channelAxis`. */
export function requantizeTensor(
  model: IntegerModel,
  acc: Int32Array | Float64Array,
  r: Requant,
  channelAxis: number,
  output: string,
  run: Run,
): IntTensor {
  const out = newTensor(model, output, run);
  if (acc instanceof Int32Array) {
    requantizeAll(run.kernel, model, acc, 0, r, channelAxis, out);
    return out;
  }
  const { shape, data } = out;
  const mul = numbersOf(constantOf(model, r.mul).data, r.mul);
  const shift = numbersOf(constantOf(model, r.shift).data, r.shift);
  const mode = model.arithmetic.rounding;
  const common = { zeroPoint: r.zeroPoint, lo: r.lo, hi: r.hi, mode, highMul: usesHighMul(model) };
  if (mul.length === 1) {
    requantizeRun(acc, 0, 1, acc.length, data, 0, 1, { M: mul[0] as number, n: shift[0] as number, ...common });
    return out;
  }
  const channels = mul.length;
  const inner = sizeOf(shape.slice(channelAxis + 1));
  const outer = acc.length / (channels * inner);
  for (let c = 0; c < channels; c++) {
    const p = { M: mul[c] as number, n: (shift.length === 1 ? shift[0] : shift[c]) as number, ...common };
    if (inner === 1) {
      requantizeRun(acc, c, channels, outer, data, c, channels, p);
      continue;
    }
    for (let o = 0; o < outer; o++) {
      const at = (o * channels + c) * inner;
      requantizeRun(acc, at, 1, inner, data, at, 1, p);
    }
  }
  return out;
}
