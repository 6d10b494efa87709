/**
 * `entropy`: activations, the range whose quantized histogram keeps most of the information: least Kullback-Leibler
 * divergence from the histogram with its outliers moved to the ends (Migacz, 8-bit inference with TensorRT, 2017).
 * The ends lie at the same distance from 0, at most at the extrema. Only bins that hold something are visited.
 */
import { log } from '../../base/math';
import { integerRange } from '../affine';
import { clippedRange, type Range } from '../clipped-range';
import type { ActivationStats, Scheme } from '../quantizer';

/** Share of one value given to a bin that the quantized histogram leaves empty: log(0) has no meaning. */
const SMALLEST = 1e-4;

interface Filled {
  readonly at: Int32Array;
  readonly n: Float64Array;
}

/**
 * The bins that hold something. The bin at 0 takes what its neighbour holds: after a ReLU it would outweigh all others
 * (as TensorRT and pytorch-quantization do), and 0 is kept exactly by every quantizer.
 */
function filledBins({ histogram: { bins } }: ActivationStats): Filled {
  const half = bins.length / 2;
  const at: number[] = [];
  const n: number[] = [];
  bins.forEach((count, i) => {
    const held = i === half ? Math.min(count, bins[half + 1] as number) : count;
    if (held === 0) return;
    at.push(i);
    n.push(held);
  });
  return { at: Int32Array.from(at), n: Float64Array.from(n) };
}

/** D(P || Q) of bins [from, to) with `levels` steps; Q spreads each step's mass over its filled bins. */
function divergence({ at, n }: Filled, from: number, to: number, levels: number): number {
  let first = 0;
  while (first < at.length && (at[first] as number) < from) first++;
  let last = at.length - 1;
  while (last >= first && (at[last] as number) >= to) last--;
  if (last < first) return Infinity;
  let below = 0;
  let above = 0;
  let total = 0;
  for (let i = 0; i < n.length; i++) {
    const count = n[i] as number;
    total += count;
    if (i < first) below += count;
    else if (i > last) above += count;
  }
  const inside = total - below - above;
  const level = (i: number): number => Math.floor((((at[i] as number) - from) * levels) / (to - from));
  let sum = 0;
  for (let i = first; i <= last;) {
    const l = level(i);
    let mass = 0;
    let end = i;
    while (end <= last && level(end) === l) mass += n[end++] as number;
    const q = mass / (end - i) / inside;
    for (let k = i; k < end; k++) {
      const p = ((n[k] as number) + (k === first ? below : 0) + (k === last ? above : 0)) / total;
      sum += p * log(p / Math.max(q, SMALLEST / total));
    }
    i = end;
  }
  return sum;
}

function choose(stats: ActivationStats, scheme: Scheme): Range {
  const { bins, limit } = stats.histogram;
  const half = bins.length / 2;
  const filled = filledBins(stats);
  if (filled.at.length === 0) return stats;
  const { lo, hi } = integerRange(scheme.bits, scheme.signed ?? stats.min < 0, scheme.narrow);
  const levels = hi - lo + 1;
  const width = limit / half;
  const lowest = Math.floor(stats.min / width) + half;
  const highest = Math.min(bins.length, Math.floor(stats.max / width) + half + 1);
  // a symmetric quantizer of a one-sided tensor still spends its levels on both sides
  const bothSides = scheme.symmetric && lo < 0;
  const window = (reach: number): readonly [number, number] =>
    bothSides ? [half - reach, half + reach] : [Math.max(lowest, half - reach), Math.min(highest, half + reach)];
  let best: Range = stats;
  let least = Infinity;
  for (let reach = half; reach > 0; reach--) {
    const [from, to] = window(reach);
    if (to - from < levels) break;
    const d = divergence(filled, from, to, levels);
    if (!(d < least)) continue;
    least = d;
    best = { min: Math.max(stats.min, -reach * width), max: Math.min(stats.max, reach * width) };
  }
  return best;
}

export const entropy = clippedRange('entropy', 'Entropy', [], choose);
