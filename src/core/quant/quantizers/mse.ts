/**
 * `mse`: activations, the range with the smallest sum of |x - x^|^2.4 over the histogram, among 100 shrink factors of
 * each end. The two ends of an asymmetric range are free: they shrink together first, then in turn until neither gains.
 */
import { rangeQuantizer } from '../affine';
import { clippedRange } from '../clipped-range';
import { gridOf, lossOf, valuesOf } from '../range-loss';

const FACTORS = 100;
/** Turns of both ends; they settle after one or two. */
const TURNS = 4;

export const mse = clippedRange('mse', 'MSE', [], (stats, scheme) => {
  const values = valuesOf(stats);
  const loss = (lo: number, hi: number): number =>
    lossOf(values, gridOf(rangeQuantizer((stats.min * lo) / FACTORS, (stats.max * hi) / FACTORS, scheme)));
  let lo = FACTORS;
  let hi = FACTORS;
  let least = loss(lo, hi);
  const tried = (a: number, b: number): boolean => {
    const l = loss(a, b);
    if (!(l < least)) return false;
    [lo, hi, least] = [a, b, l];
    return true;
  };
  for (let k = FACTORS - 1; k > 0; k--) tried(k, k);
  const free = !scheme.symmetric && stats.min < 0 && stats.max > 0;
  for (let turn = 0; free && turn < TURNS; turn++) {
    let gained = false;
    for (let k = FACTORS; k > 0; k--) gained = tried(lo, k) || gained;
    for (let k = FACTORS; k > 0; k--) gained = tried(k, hi) || gained;
    if (!gained) break;
  }
  return { min: (stats.min * lo) / FACTORS, max: (stats.max * hi) / FACTORS };
});
