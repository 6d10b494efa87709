/**
 * What a quantizer loses on values: sum of count * |x - x^|^2.4 (the norm of the range search in Torch2Chip's LSQ and
 * AdaRound, and of Banner et al.: between L2, which spares outliers too much, and L4). Not a training loss.
 * Deterministic: the power comes from a table and our own exp and log, never from Math.pow.
 */
import { exp, log } from '../base/math';
import type { QuantInfo } from '../ir/integer-model';
import type { ActivationStats } from './quantizer';

const NORM = 2.4;
const ENTRIES = 4096;
const table = Float64Array.from({ length: ENTRIES + 2 }, (_, i) => power(i / ENTRIES));
/** 2^(2.4 e) for values with e bits before the point. */
const octaves = Float64Array.from({ length: 32 }, (_, e) => power(2 ** e));
const shrinks = Float64Array.from({ length: 32 }, (_, e) => 2 ** -e);

/** x^2.4 for x >= 0, to the last bits. */
export function power(x: number): number {
  return x === 0 ? 0 : exp(NORM * log(x));
}

/** u^2.4 within 1e-6 of itself above 1/64, for loops over many values. */
function quickPower(u: number): number {
  if (u >= 1) {
    if (u >= 2 ** 30) return power(u);
    const e = 32 - Math.clz32(u);
    return (octaves[e] as number) * quickPower(u * (shrinks[e] as number));
  }
  const p = u * ENTRIES;
  const i = Math.floor(p);
  const below = table[i] as number;
  return below + (p - i) * ((table[i + 1] as number) - below);
}

/** Values and how often each occurs; `counts` undefined: once each. */
export interface Values {
  readonly x: ArrayLike<number>;
  readonly counts: ArrayLike<number> | undefined;
}

/** Real values scale * k, k from `least` to `most`. */
export interface Grid {
  readonly scale: number;
  readonly least: number;
  readonly most: number;
}

export function gridOf(q: QuantInfo): Grid {
  return { scale: q.scale[0] as number, least: q.lo - q.zeroPoint, most: q.hi - q.zeroPoint };
}

/** The loss over x[from], x[from + 1], ... of `runs` runs that lie `stride` apart. */
export function lossOf({ x, counts }: Values, { scale, least, most }: Grid, from = 0, length = x.length, stride = 0, runs = 1): number {
  const inverse = 1 / scale;
  let sum = 0;
  for (let r = 0, start = from; r < runs; r++, start += stride) {
    const end = start + length;
    for (let i = start; i < end; i++) {
      const v = (x[i] as number) * inverse;
      const nearest = Math.floor(v + 0.5);
      const y = nearest < least ? least : nearest > most ? most : nearest;
      const off = quickPower(v < y ? y - v : v - y);
      sum += counts === undefined ? off : off * (counts[i] as number);
    }
  }
  return sum * power(scale);
}

/** Points that a bin is spread over: a step of 8 bits is only a few bins of a one-sided tensor wide. */
const POINTS = 4;

/**
 * The values behind a histogram: each bin's mass on points across it, inside [min, max]. The bin that begins at 0 lies at
 * 0: after a ReLU it holds mostly exact zeros, which every quantizer keeps.
 */
export function valuesOf(stats: ActivationStats): Values {
  const { bins, limit } = stats.histogram;
  const half = bins.length / 2;
  const width = limit / half;
  const x: number[] = [];
  const counts: number[] = [];
  for (let i = 0; i < bins.length; i++) {
    const n = bins[i] as number;
    if (n === 0) continue;
    const points = i === half ? 1 : POINTS;
    for (let k = 0; k < points; k++) {
      const at = i === half ? 0 : (i - half + (k + 0.5) / POINTS) * width;
      x.push(Math.min(stats.max, Math.max(stats.min, at)));
      counts.push(n / points);
    }
  }
  return { x: Float64Array.from(x), counts: Float64Array.from(counts) };
}
