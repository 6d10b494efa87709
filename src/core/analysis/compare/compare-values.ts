/**
 * Two readings of one tensor in real numbers: how many elements are apart, how far, and both distributions over the same bins.
 * Apart: by more than half a step of the coarser of the quantizers, so that rounding alone is no difference. Sums in float64.
 */
import { histogramOf } from '../distribution';
import { decibels, errorPower } from '../metrics';
import type { Histogram } from '../types';

export interface ValueComparison {
  readonly elements: number;
  /** Elements that are apart. */
  readonly changed: number;
  readonly maxAbs: number;
  readonly meanAbs: number;
  /** Of b against a; undefined: nothing differs, or a is all zero. */
  readonly sqnrDb: number | undefined;
}

export interface ValueHistograms {
  readonly a: Histogram;
  readonly b: Histogram;
  /** Of b - a. */
  readonly difference: Histogram;
}

/** A step is compared in float32, where a whole one may come out a hair short. */
const SLACK = 1e-4;

export function compareValues(a: ArrayLike<number>, b: ArrayLike<number>, step: number): ValueComparison {
  const limit = (step / 2) * (1 + SLACK);
  let [changed, maxAbs, sum] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const d = Math.abs((a[i] as number) - (b[i] as number));
    if (d > limit) changed++;
    if (d > maxAbs) maxAbs = d;
    sum += d;
  }
  const power = errorPower(a, b);
  return {
    elements: a.length,
    changed,
    maxAbs,
    meanAbs: a.length === 0 ? 0 : sum / a.length,
    sqnrDb: power.signal === 0 || power.noise === 0 ? undefined : decibels(power),
  };
}

export function differenceOfValues(a: ArrayLike<number>, b: ArrayLike<number>): Float32Array {
  return Float32Array.from({ length: a.length }, (_, i) => (b[i] as number) - (a[i] as number));
}

export function histogramsOf(a: ArrayLike<number>, b: ArrayLike<number>, bins = 96): ValueHistograms {
  const difference = differenceOfValues(a, b);
  const [least, most] = rangeOfAll([a, b]);
  const [lo, hi] = rangeOfAll([difference]);
  const far = Math.max(Math.abs(lo), Math.abs(hi));
  return {
    a: histogramOf(a, least, most, bins),
    b: histogramOf(b, least, most, bins),
    difference: histogramOf(difference, -far, far, bins + 1),
  };
}

function rangeOfAll(all: readonly ArrayLike<number>[]): readonly [number, number] {
  let [lo, hi] = [Infinity, -Infinity];
  for (const x of all) {
    for (let i = 0; i < x.length; i++) {
      const v = x[i] as number;
      if (v < lo) lo = v;
      if (v > hi) hi = v;
    }
  }
  return lo > hi ? [0, 0] : [lo, hi];
}
