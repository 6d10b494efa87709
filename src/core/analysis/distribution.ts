/**
 * Distributions for people: histograms of tensors and of calibration statistics, moments, and the share of
 * values that a quantizer clips.
 */
import type { QuantInfo } from '../ir/integer-model';
import type { ActivationStats } from '../quant/quantizer';
import type { DistributionView, Histogram } from './types';

const viewBins = 128;

/** Equal bins over [lo, hi]; the last one includes hi. Values outside are left out. A dead range is one full bin. */
export function histogramOf(values: ArrayLike<number>, lo: number, hi: number, bins = viewBins): Histogram {
  const counts = new Array<number>(bins).fill(0);
  const scale = hi > lo ? bins / (hi - lo) : 0;
  for (let i = 0; i < values.length; i++) {
    const v = values[i] as number;
    if (v < lo || v > hi) continue;
    const b = Math.min(bins - 1, Math.floor((v - lo) * scale));
    counts[b] = (counts[b] as number) + 1;
  }
  return { lo, hi, counts };
}

export interface Moments {
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  /** Of the population. */
  readonly std: number;
}

/** Two passes in float64; all zero for an empty tensor. */
export function moments(values: ArrayLike<number>): Moments {
  const n = values.length;
  if (n === 0) return { min: 0, max: 0, mean: 0, std: 0 };
  let min = Infinity;
  let max = -Infinity;
  let sum = 0;
  for (let i = 0; i < n; i++) {
    const v = values[i] as number;
    if (v < min) min = v;
    if (v > max) max = v;
    sum += v;
  }
  const mean = sum / n;
  let squares = 0;
  for (let i = 0; i < n; i++) squares += ((values[i] as number) - mean) ** 2;
  return { min, max, mean, std: Math.sqrt(squares / n) };
}

/** Real values whose nearest integer is inside the quantizer's range: half a step beyond the outermost integers. */
export function keptRange(q: QuantInfo, channel = 0): { readonly lo: number; readonly hi: number } {
  const s = q.scale[q.axis === undefined ? 0 : channel] ?? 1;
  return { lo: s * (q.lo - 0.5 - q.zeroPoint), hi: s * (q.hi + 0.5 - q.zeroPoint) };
}

/** Share of values that quantizing clips (saturates), 0..1. A quantizer per channel needs the tensor's shape. */
export function clippedShare(values: ArrayLike<number>, q: QuantInfo, shape: readonly number[] = []): number {
  const inner = q.axis === undefined ? Infinity : shape.slice(q.axis + 1).reduce((a, b) => a * b, 1);
  const kept = Array.from(q.scale, (_, channel) => keptRange(q, channel));
  let outside = 0;
  let channel = 0;
  for (let i = 0, left = inner; i < values.length; i++) {
    if (left === 0) {
      channel = channel + 1 === kept.length ? 0 : channel + 1;
      left = inner;
    }
    left--;
    const v = values[i] as number;
    const { lo, hi } = kept[channel] as { readonly lo: number; readonly hi: number };
    if (v < lo || v > hi) outside++;
  }
  return values.length === 0 ? 0 : outside / values.length;
}

/** The same from calibration statistics: bins cut by the range count in proportion, inside [min, max] of the data. */
export function clippedShareOfStats(stats: ActivationStats, q: QuantInfo): number {
  const { lo, hi } = keptRange(q);
  if (stats.count === 0 || (stats.min >= lo && stats.max <= hi)) return 0;
  const { limit, bins } = stats.histogram;
  const width = (2 * limit) / bins.length;
  let outside = 0;
  for (let i = 0; i < bins.length; i++) {
    const n = bins[i] as number;
    if (n === 0) continue;
    const from = Math.max(stats.min, -limit + i * width);
    const to = Math.min(stats.max, -limit + (i + 1) * width);
    const inside = Math.max(0, Math.min(to, hi) - Math.max(from, lo));
    outside += to > from ? n * (1 - inside / (to - from)) : from < lo || from > hi ? n : 0;
  }
  return outside / stats.count;
}

function rangeView(q: QuantInfo | undefined): DistributionView['range'] {
  if (!q) return undefined;
  // of a quantizer per channel: the widest channel
  let scale = 0;
  for (const s of q.scale) scale = Math.max(scale, s);
  const { bits, signed, zeroPoint } = q;
  return { lo: scale * (q.lo - zeroPoint), hi: scale * (q.hi - zeroPoint), bits, signed, zeroPoint, scale };
}

/** A tensor and, where there is one, the quantizer it gets. Without a shape nothing is said of what a quantizer per channel clips. */
export function viewOfValues(
  values: ArrayLike<number>,
  q: QuantInfo | undefined,
  shape?: readonly number[],
  bins = viewBins,
): DistributionView {
  const m = moments(values);
  return {
    histogram: histogramOf(values, m.min, m.max, bins),
    ...m,
    range: rangeView(q),
    clipped: q && (q.axis === undefined || shape !== undefined) ? clippedShare(values, q, shape) : undefined,
  };
}

/** Calibration statistics: extrema are exact, mean and std those of the histogram's bin centres. */
export function viewOfStats(stats: ActivationStats, q: QuantInfo | undefined, bins = viewBins): DistributionView {
  const { limit, bins: fine } = stats.histogram;
  const width = (2 * limit) / fine.length;
  let sum = 0;
  let squares = 0;
  const { min, max, count } = stats;
  const counts = new Array<number>(bins).fill(0);
  for (let i = 0; i < fine.length; i++) {
    const n = fine[i] as number;
    if (n === 0) continue;
    const centre = Math.min(max, Math.max(min, -limit + (i + 0.5) * width));
    sum += n * centre;
    squares += n * centre * centre;
    const b = max > min ? Math.min(bins - 1, Math.floor(((centre - min) / (max - min)) * bins)) : 0;
    counts[b] = (counts[b] as number) + n;
  }
  const mean = count === 0 ? 0 : sum / count;
  const std = count === 0 ? 0 : Math.sqrt(Math.max(0, squares / count - mean * mean));
  return { histogram: { lo: min, hi: max, counts }, min, max, mean, std, range: rangeView(q), clipped: q && clippedShareOfStats(stats, q) };
}
