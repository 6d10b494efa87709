/**
 * Requantization of blocks of accumulators in the kernel's memory, in place, by row or by column. Law: exact for every
 * int32 accumulator; float64 where every |acc * M| + 2^(n-1) is below 2^53 whatever acc is, int64 elsewhere.
 */
import { powerOfTwo } from '../../base/fixed-point';
import type { IntegerModel, Requant } from '../../ir/integer-model';
import { constantOf, numbersOf } from '../execute/tensors';
import type { Kernel } from './kernel';

/** `first`: the channel of the block's first row or column. Columns are rounded up to four. */
export interface Requantizer {
  rows(block: number, ldc: number, rows: number, columns: number, first: number): void;
  columns(block: number, ldc: number, rows: number, columns: number, first: number): void;
}

const modes = { 'half-up': 0, 'half-even': 1, 'half-away': 2, floor: 3 } as const;

const PLAIN_M = 2 ** 21;
const PLAIN_N = 52;

/** Puts the multipliers of `channels` channels into the memory: they are gone after a `reset`. */
export function requantizer(kernel: Kernel, model: IntegerModel, r: Requant, channels: number): Requantizer {
  const mul = numbersOf(constantOf(model, r.mul).data, r.mul);
  const shift = numbersOf(constantOf(model, r.shift).data, r.shift);
  const M = (i: number): number => mul[mul.length === 1 ? 0 : i] as number;
  const n = (i: number): number => shift[shift.length === 1 ? 0 : i] as number;
  const rest = [r.zeroPoint, r.lo, r.hi, modes[model.arithmetic.rounding]] as const;
  if (mul.every((m) => Math.abs(m) <= PLAIN_M) && shift.every((s) => s <= PLAIN_N)) {
    const scales = kernel.put(Float64Array.from({ length: channels }, (_, i) => M(i) * powerOfTwo(-n(i))));
    return {
      rows: (block, ldc, rows, columns, first) => kernel.requantizeRows(block, ldc, rows, columns, scales + 8 * first, ...rest),
      columns: (block, ldc, rows, columns, first) => kernel.requantizeColumns(block, ldc, rows, columns, scales + 8 * first, ...rest),
    };
  }
  const muls = kernel.put(Int32Array.from({ length: channels }, (_, i) => M(i)));
  const shifts = kernel.put(Int32Array.from({ length: channels }, (_, i) => n(i)));
  const at = (first: number): [number, number] => [muls + 4 * first, shifts + 4 * first];
  return {
    rows: (block, ldc, rows, columns, first) => kernel.requantizeRowsWide(block, ldc, rows, columns, ...at(first), ...rest),
    columns: (block, ldc, rows, columns, first) => kernel.requantizeColumnsWide(block, ldc, rows, columns, ...at(first), ...rest),
  };
}
