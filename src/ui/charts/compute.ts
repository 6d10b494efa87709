/**
 * What the charts compute before React draws: bins against a range, thresholds, outliers, thinning.
 * Pure: no DOM, no colours but class names. Law: no count is lost between the data and the bars.
 */
import { quantileSorted } from 'd3-array';

export interface HistogramData {
  readonly lo: number;
  readonly hi: number;
  readonly counts: readonly number[];
}

/** A bar in data units. `clipped`: the bin's middle lies outside the representable range. */
export interface HistogramBar {
  readonly x0: number;
  readonly x1: number;
  readonly count: number;
  readonly clipped: boolean;
}

/** Bars of a histogram, neighbours merged until there are at most `most`. The sum of counts is kept. */
export function histogramBars(
  h: HistogramData,
  range: { readonly lo: number; readonly hi: number } | undefined,
  most: number,
): readonly HistogramBar[] {
  const n = h.counts.length;
  if (n === 0 || !(h.hi > h.lo)) return [];
  const group = Math.max(1, Math.ceil(n / Math.max(1, most)));
  const step = (h.hi - h.lo) / n;
  const bars: HistogramBar[] = [];
  for (let i = 0; i < n; i += group) {
    const end = Math.min(n, i + group);
    let count = 0;
    for (let j = i; j < end; j++) count += h.counts[j] ?? 0;
    const x0 = h.lo + i * step;
    const x1 = h.lo + end * step;
    const middle = (x0 + x1) / 2;
    bars.push({ x0, x1, count, clipped: range !== undefined && (middle < range.lo || middle > range.hi) });
  }
  return bars;
}

/** Real values of the integers from lo to hi; empty when there are more than `most` (lines would be a wall). */
export function quantizationGrid(
  range: { readonly lo: number; readonly hi: number; readonly scale: number },
  most: number,
): readonly number[] {
  if (!(range.scale > 0)) return [];
  const steps = Math.round((range.hi - range.lo) / range.scale);
  if (steps < 1 || steps + 1 > most) return [];
  return Array.from({ length: steps + 1 }, (_, i) => range.lo + i * range.scale);
}

export type Level = 'good' | 'watch' | 'bad' | 'none';

/** `bad` and `good` are the two borders; good may lie above (SQNR) or below (bits) bad. */
export interface Thresholds {
  readonly good: number;
  readonly bad: number;
}

/** The level of a value: on a border it has the better level. */
export function levelOf(value: number | undefined, t: Thresholds | undefined): Level {
  if (value === undefined || Number.isNaN(value) || t === undefined) return 'none';
  if (t.good >= t.bad) return value >= t.good ? 'good' : value >= t.bad ? 'watch' : 'bad';
  return value <= t.good ? 'good' : value <= t.bad ? 'watch' : 'bad';
}

/** Indices outside Tukey's fences of log2 |values| (scales differ by factors), widened to 1.5 x IQR and at least one octave. */
export function outliers(values: readonly number[]): ReadonlySet<number> {
  const logs = values.map((v) => Math.log2(Math.abs(v)));
  const sorted = logs.filter(Number.isFinite).sort((a, b) => a - b);
  if (sorted.length < 4) return new Set();
  const q1 = quantileSorted(sorted, 0.25) ?? 0;
  const q3 = quantileSorted(sorted, 0.75) ?? 0;
  const fence = Math.max(1, 1.5 * (q3 - q1));
  const out = new Set<number>();
  logs.forEach((v, i) => {
    if (v < q1 - fence || v > q3 + fence) out.add(i);
  });
  return out;
}

/** At most `most` indices of 0..n-1 in order: those that must stay first, the rest evenly spread. */
export function thin(n: number, most: number, keep: ReadonlySet<number>): readonly number[] {
  if (n <= most) return Array.from({ length: n }, (_, i) => i);
  const chosen = new Set([...keep].filter((i) => i < n).slice(0, most));
  const rest = Array.from({ length: n }, (_, i) => i).filter((i) => !chosen.has(i));
  const free = most - chosen.size;
  for (let k = 0; k < free; k++) chosen.add(rest[Math.floor((k * rest.length) / free)] as number);
  return [...chosen].sort((a, b) => a - b);
}

/** Order of bars: as they come, or by value upwards with the unknown last; ties keep their order. */
export function orderOf(values: readonly (number | undefined)[], sorted: boolean): readonly number[] {
  const order = values.map((_, i) => i);
  if (!sorted) return order;
  return order.sort((a, b) => (values[a] ?? Infinity) - (values[b] ?? Infinity) || a - b);
}

/** The index that a key moves to, or undefined when the key is not for the chart. */
export function moveBy(key: string, at: number, n: number): number | undefined {
  if (n === 0) return undefined;
  if (key === 'ArrowLeft') return Math.max(0, at - 1);
  if (key === 'ArrowRight') return Math.min(n - 1, at + 1);
  if (key === 'Home') return 0;
  if (key === 'End') return n - 1;
  return undefined;
}

/** Position of a value on a diverging scale, -1..1, symmetric about `centre`. */
export function diverge(value: number, centre: number, extent: number): number {
  if (!(extent > 0)) return 0;
  return Math.max(-1, Math.min(1, (value - centre) / extent));
}

/** Each point's value replaced by the mean of it and what came before, a value counting less with every one after it. */
export function runningMean(points: readonly (readonly [number, number])[], window: number): readonly (readonly [number, number])[] {
  const share = 1 / Math.max(1, window);
  let mean = points[0]?.[1] ?? 0;
  return points.map(([x, value], i) => {
    // at first the mean of all: the start does not weigh more than the rest
    mean += (value - mean) * Math.max(share, 1 / (i + 1));
    return [x, mean];
  });
}
