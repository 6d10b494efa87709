/**
 * How the extents of an op are divided among threads. Parts of one op write into the same tensors and never into the same
 * elements. Law: the parts of 0..count-1 together are the whole, whatever the extent.
 */
import type { Part } from './tensors';

export interface Range {
  readonly from: number;
  readonly to: number;
}

/** Begins and ends at multiples of `unit`, but for the last; empty where there are more parts than units. */
export function portion(total: number, part: Part | undefined, unit = 1): Range {
  if (!part) return { from: 0, to: total };
  const units = Math.ceil(total / unit);
  const at = (i: number): number => Math.min(total, unit * Math.floor((units * i) / part.count));
  return { from: at(part.index), to: at(part.index + 1) };
}
