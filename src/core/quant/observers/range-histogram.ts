/**
 * Streaming extrema and a 2048-bin histogram over [-limit, limit), limit the smallest power of two above
 * max|x|. Powers of two make every doubling exact: two bins become one, no value changes its bin.
 * Law: the state depends on the multiset of values only, bit for bit, however it was split and merged.
 */
import { StudioError } from '../../base/errors';
import type { ActivationStats, Observer } from '../quantizer';

export const BINS = 2048;
const HALF = BINS / 2;

export interface RangeHistogram {
  count: number;
  /** +Infinity while empty. */
  min: number;
  max: number;
  /** 0 while every value seen is 0: they all lie in the bin that begins at 0, whatever the limit. */
  limit: number;
  readonly bins: Float64Array;
}

function limitAbove(largest: number): number {
  if (largest === 0) return 0;
  let limit = 1;
  while (limit <= largest) limit *= 2;
  while (limit * 0.5 > largest) limit *= 0.5;
  return limit;
}

/** Adds bins over `from` to bins over `to` >= from. Bin of x: floor(x * 1024 / limit) + 1024. */
function addBins(source: Float64Array, from: number, target: Float64Array, to: number): void {
  if (from === 0) {
    target[HALF] = (target[HALF] as number) + (source[HALF] as number);
    return;
  }
  const ratio = from / to;
  for (let i = 0; i < BINS; i++) {
    const n = source[i] as number;
    if (n === 0) continue;
    const j = Math.floor((i - HALF) * ratio) + HALF;
    target[j] = (target[j] as number) + n;
  }
}

function widen(state: RangeHistogram, limit: number): RangeHistogram {
  if (limit === state.limit) return state;
  const bins = new Float64Array(BINS);
  addBins(state.bins, state.limit, bins, limit);
  return { ...state, limit, bins };
}

export const rangeHistogram: Observer<RangeHistogram> = {
  id: 'range-histogram',
  start: () => ({ count: 0, min: Infinity, max: -Infinity, limit: 0, bins: new Float64Array(BINS) }),

  /** Takes the old state's buffer. Throws `not-finite`. */
  update(old, x) {
    let min = old.min;
    let max = old.max;
    for (let i = 0; i < x.length; i++) {
      const v = x[i] as number;
      if (v - v !== 0) {
        throw new StudioError({ code: 'not-finite', what: 'An activation is NaN or infinite', got: `${v} at index ${i}` });
      }
      if (v < min) min = v;
      if (v > max) max = v;
    }
    if (x.length === 0) return old;
    const state = widen(old, Math.max(old.limit, limitAbove(Math.max(Math.abs(min), Math.abs(max)))));
    const bins = state.bins;
    const scale = state.limit === 0 ? 0 : HALF / state.limit;
    for (let i = 0; i < x.length; i++) {
      const b = Math.floor((x[i] as number) * scale) + HALF;
      bins[b] = (bins[b] as number) + 1;
    }
    // adding 0 turns -0 into 0, so that the order of the two does not show
    return { count: state.count + x.length, min: min + 0, max: max + 0, limit: state.limit, bins };
  },

  merge(a, b) {
    const limit = Math.max(a.limit, b.limit);
    const bins = new Float64Array(BINS);
    addBins(a.bins, a.limit, bins, limit);
    addBins(b.bins, b.limit, bins, limit);
    return { count: a.count + b.count, min: Math.min(a.min, b.min), max: Math.max(a.max, b.max), limit, bins };
  },
};

/** The statistics so far; an empty state counts as the single range [0, 0]. Copies the bins. */
export function statsOf(state: RangeHistogram): ActivationStats {
  return {
    count: state.count,
    min: state.count === 0 ? 0 : state.min,
    max: state.count === 0 ? 0 : state.max,
    histogram: { limit: state.limit === 0 ? 1 : state.limit, bins: state.bins.slice() },
  };
}

/** The union of several tensors' statistics, for operators that merge them (Concat). */
export function mergeStats(parts: readonly ActivationStats[]): ActivationStats {
  let state = rangeHistogram.start();
  for (const p of parts) {
    const { limit, bins } = p.histogram;
    state = rangeHistogram.merge(state, { count: p.count, min: p.min, max: p.max, limit, bins });
  }
  return statsOf(state);
}
