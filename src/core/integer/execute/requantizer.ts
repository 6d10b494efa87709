/**
 * Requantization of blocks of accumulators in the kernel's memory, in place, by row or by column. Law: exact for every
 * int32 accumulator; float64 where every |acc * M| + 2^(n-1) is below 2^53 whatever acc is, int64 elsewhere.
 */
import { powerOfTwo } from '../../base/fixed-point';
import type { IntegerModel, IntOp, Requant } from '../../ir/integer-model';
import { sizeOf } from '../../ir/tensor';
import { limitOf } from '../accumulator';
import { constantOf, numbersOf, type Numbers } from './tensors';
import type { Kernel } from '../../kernel/kernel';
import { elementType } from './operands';

/** `first`: the channel of the block's first row or column. Columns are rounded up to four. */
export interface Requantizer {
  rows(block: number, ldc: number, rows: number, columns: number, first: number): void;
  columns(block: number, ldc: number, rows: number, columns: number, first: number): void;
}

const modes = { 'half-up': 0, 'half-even': 1, 'half-away': 2, floor: 3 } as const;

/** As the kernel counts them. */
export function roundingMode(model: IntegerModel): number {
  return modes[model.arithmetic.rounding];
}

/** Is a product gemmlowp's, with two roundings? The kernel's wide functions count it as a mode of its own, 4 higher. */
export function usesHighMul(model: IntegerModel): boolean {
  return model.arithmetic.multiplier.kind === 'tflite';
}

const PLAIN_M = 2 ** 21;
const PLAIN_N = 52;

/** Puts the multipliers of `channels` channels into the memory: they are gone after a `reset`. */
export function requantizer(kernel: Kernel, model: IntegerModel, r: Requant, channels: number): Requantizer {
  const mul = numbersOf(constantOf(model, r.mul).data, r.mul);
  const shift = numbersOf(constantOf(model, r.shift).data, r.shift);
  const M = (i: number): number => mul[mul.length === 1 ? 0 : i] as number;
  const n = (i: number): number => shift[shift.length === 1 ? 0 : i] as number;
  const twice = usesHighMul(model);
  const rest = [r.zeroPoint, r.lo, r.hi, roundingMode(model) + (twice ? 4 : 0)] as const;
  if (!twice && mul.every((m) => Math.abs(m) <= PLAIN_M) && shift.every((s) => s <= PLAIN_N)) {
    const factors = new Float64Array(channels);
    for (let i = 0; i < channels; i++) factors[i] = M(i) * powerOfTwo(-n(i));
    const scales = kernel.put(factors);
    return {
      rows: (block, ldc, rows, columns, first) => kernel.requantizeRows(block, ldc, rows, columns, scales + 8 * first, ...rest),
      columns: (block, ldc, rows, columns, first) => kernel.requantizeColumns(block, ldc, rows, columns, scales + 8 * first, ...rest),
    };
  }
  const words = new Int32Array(2 * channels);
  for (let i = 0; i < channels; i++) {
    words[i] = M(i);
    words[channels + i] = n(i);
  }
  const muls = kernel.put(words);
  const shifts = muls + 4 * channels;
  const at = (first: number): [number, number] => [muls + 4 * first, shifts + 4 * first];
  return {
    rows: (block, ldc, rows, columns, first) => kernel.requantizeRowsWide(block, ldc, rows, columns, ...at(first), ...rest),
    columns: (block, ldc, rows, columns, first) => kernel.requantizeColumnsWide(block, ldc, rows, columns, ...at(first), ...rest),
  };
}

/** Cuts a block of sums to the accumulator's register; undefined where it holds all of them. */
export function registerOf(
  kernel: Kernel,
  op: IntOp,
  model: IntegerModel,
): ((block: number, ldc: number, rows: number, columns: number) => void) | undefined {
  const limit = limitOf(op, model);
  if (!limit) return undefined;
  const { bits, overflow } = limit;
  return (block, ldc, rows, columns) => kernel.limit(block, ldc, rows, columns, bits, overflow === 'saturate' ? 1 : 0);
}

/** Elements per block. */
const RUN = 16384;

/**
 * The whole tensor `out` from `data` - offset: `mul` and `shift` hold one element, or one per index of `channelAxis`. Begins
 * a new layout of the memory.
 */
export function requantizeAll(
  kernel: Kernel,
  model: IntegerModel,
  data: Numbers,
  offset: number,
  r: Requant,
  channelAxis: number,
  out: { readonly shape: readonly number[]; readonly data: Numbers },
): void {
  kernel.reset();
  const channels = constantOf(model, r.mul).data.length;
  const inner = sizeOf(out.shape.slice(channelAxis + 1));
  const byColumn = channels > 1 && inner === 1;
  const run = channels === 1 ? Math.min(RUN, data.length) : byColumn ? channels : inner;
  const scaled = requantizer(kernel, model, r, channels);
  const type = elementType(data);
  const source = kernel.put(data);
  const target = kernel.room(out.data.byteLength);
  const block = kernel.room(4 * run);
  for (let at = 0, row = 0; at < data.length; at += run, row++) {
    const count = Math.min(run, data.length - at);
    kernel.widen(source + at * data.BYTES_PER_ELEMENT, type, count, offset, block);
    if (byColumn) scaled.columns(block, run, 1, count, 0);
    else scaled.rows(block, run, 1, count, row % channels);
    kernel.narrow(block, run, 1, count, target + at * out.data.BYTES_PER_ELEMENT, run, elementType(out.data));
  }
  kernel.take(target, out.data);
}
