/**
 * Softmax of integers, row by row (SoftmaxOp says the formula). Everything stays below 2^53 and is exact in float64: a sum
 * of N entries below N*2^16, a dividend below 2^32 + N*2^15, a product with the reciprocal below 2^48; of such integers
 * floor(a / b) is the exact quotient, as a + b < 2^54.
 */
import { StudioError } from '../../base/errors';
import { powerOfTwo } from '../../base/fixed-point';
import type { IntegerModel, SoftmaxOp } from '../../ir/integer-model';
import { sizeOf } from '../../ir/tensor';
import { broadcastOffsets } from './elementwise';
import { constantOf, newTensor, numbersOf, operandOf, type Numbers, type OpResult, type Tensors } from './tensors';

/** Longest row for which the widths above hold. */
const LONGEST_ROW = powerOfTwo(30);

export function executeSoftmax(op: SoftmaxOp, tensors: Tensors, model: IntegerModel): OpResult {
  const { axis, pb, mode } = op.softmax;
  const x = operandOf(model, tensors, op.inputs[0] as string);
  const table = numbersOf(constantOf(model, op.softmax.table).data, op.softmax.table);
  const { shape } = x.value;
  const length = shape[axis] as number;
  if (length > LONGEST_ROW) throw new StudioError({ code: 'out-of-range', what: 'A softmax row is too long', where: { node: op.name } });
  const inner = sizeOf(shape.slice(axis + 1));
  const outer = sizeOf(shape.slice(0, axis));
  const mask = op.softmax.mask === undefined ? undefined : spreadMask(op.softmax.mask, shape, tensors, model);
  const output = newTensor(model, op.output);
  const e = new Float64Array(length);
  const full = powerOfTwo(pb) - 1;
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < inner; i++) {
      const from = o * length * inner + i;
      const sum = exponentials(x.data, mask, from, inner, table, e);
      if (mode === 'divide') divide(e, sum, full, output.data, from, inner);
      else multiply(e, sum, full, output.data, from, inner);
    }
  }
  return { output };
}

/** One number per element of x: 1 takes it out. */
function spreadMask(name: string, shape: readonly number[], tensors: Tensors, model: IntegerModel): Uint8Array {
  const mask = operandOf(model, tensors, name);
  const offsets = broadcastOffsets(mask.value.shape, shape);
  const out = new Uint8Array(offsets.length);
  for (let i = 0; i < out.length; i++) out[i] = (mask.data[offsets[i] as number] as number) !== 0 ? 1 : 0;
  return out;
}

/** Fills `e` with the row's table entries; gives their sum. */
function exponentials(x: Numbers, mask: Uint8Array | undefined, from: number, step: number, table: Numbers, e: Float64Array): number {
  let top = -Infinity;
  for (let j = 0, at = from; j < e.length; j++, at += step) {
    if ((x[at] as number) > top && mask?.[at] !== 1) top = x[at] as number;
  }
  const last = table.length - 1;
  let sum = 0;
  for (let j = 0, at = from; j < e.length; j++, at += step) {
    const d = top - (x[at] as number);
    const entry = mask?.[at] === 1 ? 0 : (table[d < last ? d : last] as number);
    e[j] = entry;
    sum += entry;
  }
  return sum;
}

function divide(e: Float64Array, sum: number, full: number, out: Numbers, from: number, step: number): void {
  const half = Math.floor(sum / 2);
  for (let j = 0, at = from; j < e.length; j++, at += step) out[at] = sum === 0 ? 0 : Math.floor(((e[j] as number) * full + half) / sum);
}

function multiply(e: Float64Array, sum: number, full: number, out: Numbers, from: number, step: number): void {
  const reciprocal = sum === 0 ? 0 : Math.floor((full * 2147483648) / sum);
  for (let j = 0, at = from; j < e.length; j++, at += step) out[at] = Math.floor(((e[j] as number) * reciprocal + 1073741824) / 2147483648);
}
