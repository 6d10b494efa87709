/**
 * The end of a product that divides for a softmax (MatMulOp.deferred): R = floor(2^30 / S) with S the sum of the left
 * operand's row, 0 for an empty row, and acc * R in place of acc. |acc| <= S * max|v|, so that acc * R stays below 2^46
 * and is exact in float64.
 */
import { powerOfTwo } from '../../base/fixed-point';
import { broadcastOffsets } from './elementwise';
import type { Numbers } from './tensors';

/** acc * R, row by row; the leading axes of `left` broadcast to those of acc. */
export function timesReciprocal(acc: Int32Array, shape: readonly number[], left: Numbers, leftShape: readonly number[]): Float64Array {
  const length = leftShape.at(-1) ?? 1;
  const columns = shape.at(-1) ?? 1;
  const sums = rowSums(left, length);
  const rowOf = broadcastOffsets(leftShape.slice(0, -1), shape.slice(0, -1));
  const one = powerOfTwo(30);
  const out = new Float64Array(acc.length);
  for (let r = 0; r < rowOf.length; r++) {
    const sum = sums[rowOf[r] as number] as number;
    const reciprocal = sum === 0 ? 0 : Math.floor(one / sum);
    for (let i = r * columns, end = i + columns; i < end; i++) out[i] = (acc[i] as number) * reciprocal;
  }
  return out;
}

/** Sum of every row of so many integers. */
export function rowSums(data: Numbers, length: number): Float64Array {
  const sums = new Float64Array(length === 0 ? 0 : data.length / length);
  for (let i = 0, r = 0; r < sums.length; r++) {
    let sum = 0;
    for (const end = i + length; i < end; i++) sum += data[i] as number;
    sums[r] = sum;
  }
  return sums;
}
