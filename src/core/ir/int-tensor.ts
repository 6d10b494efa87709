/**
 * Facts about integer tensors that do not depend on what they mean: extrema, widths, storage.
 */
import type { IntDType, IntStorage } from './integer-model';

export interface IntRange {
  readonly min: bigint;
  readonly max: bigint;
}

/** Smallest and largest element; 0..0 for an empty tensor. */
export function rangeOf(data: IntStorage[IntDType]): IntRange {
  if (data instanceof BigInt64Array) {
    let min = data[0] ?? 0n;
    let max = min;
    for (const v of data) {
      if (v < min) min = v;
      if (v > max) max = v;
    }
    return { min, max };
  }
  let min = data[0] ?? 0;
  let max = min;
  for (let i = 1; i < data.length; i++) {
    const v = data[i] as number;
    if (v < min) min = v;
    if (v > max) max = v;
  }
  return { min: BigInt(min), max: BigInt(max) };
}

/** Two's complement width (sign included) that holds every integer of the range; at least 1. */
export function signedBits(range: IntRange): number {
  let bits = 1;
  while (range.min < -(1n << BigInt(bits - 1)) || range.max > (1n << BigInt(bits - 1)) - 1n) bits++;
  return bits;
}

/** Bits of one element in storage. */
export function storageBits(dtype: IntDType): number {
  return Number(dtype.replace(/\D+/, ''));
}

export function isSigned(dtype: IntDType): boolean {
  return dtype.startsWith('int');
}
