/**
 * How far two tensors are apart: SQNR, cosine, KL divergence of logits, first maximum. Sums in float64.
 */
import { exp, log } from '../base/math';

/** 10 log10(sum r^2 / sum (r - x)^2). +Infinity where nothing differs; undefined where the reference is all zero. */
export function sqnrDb(reference: ArrayLike<number>, x: ArrayLike<number>): number | undefined {
  const power = errorPower(reference, x);
  return power.signal === 0 ? undefined : decibels(power);
}

export interface ErrorPower {
  readonly signal: number;
  readonly noise: number;
}

/** Sums that add over samples. */
export function errorPower(reference: ArrayLike<number>, x: ArrayLike<number>): ErrorPower {
  let signal = 0;
  let noise = 0;
  for (let i = 0; i < reference.length; i++) {
    const r = reference[i] as number;
    const d = r - (x[i] as number);
    signal += r * r;
    noise += d * d;
  }
  return { signal, noise };
}

export function decibels(p: ErrorPower): number {
  return p.noise === 0 ? Infinity : (10 * log(p.signal / p.noise)) / Math.LN10;
}

/** Cosine of the angle between two vectors; undefined where one is zero. */
export function cosine(a: ArrayLike<number>, b: ArrayLike<number>): number | undefined {
  let dot = 0;
  let aa = 0;
  let bb = 0;
  for (let i = 0; i < a.length; i++) {
    const x = a[i] as number;
    const y = b[i] as number;
    dot += x * y;
    aa += x * x;
    bb += y * y;
  }
  return aa === 0 || bb === 0 ? undefined : dot / (Math.sqrt(aa) * Math.sqrt(bb));
}

/** log softmax of one vector. A new array. */
function logSoftmax(logits: ArrayLike<number>): Float64Array {
  let top = -Infinity;
  for (let i = 0; i < logits.length; i++) top = Math.max(top, logits[i] as number);
  let sum = 0;
  for (let i = 0; i < logits.length; i++) sum += exp((logits[i] as number) - top);
  const out = new Float64Array(logits.length);
  for (let i = 0; i < logits.length; i++) out[i] = (logits[i] as number) - top - log(sum);
  return out;
}

/** KL(softmax(reference) || softmax(x)) in nats, of one vector of logits; never below 0. */
export function klOfLogits(reference: ArrayLike<number>, x: ArrayLike<number>): number {
  const p = logSoftmax(reference);
  const q = logSoftmax(x);
  let sum = 0;
  for (let i = 0; i < p.length; i++) sum += exp(p[i] as number) * ((p[i] as number) - (q[i] as number));
  return Math.max(0, sum);
}

/** Index of the first maximum; -1 for an empty vector. */
export function top1(x: ArrayLike<number>): number {
  let best = -1;
  for (let i = 0; i < x.length; i++) if (best < 0 || (x[i] as number) > (x[best] as number)) best = i;
  return best;
}
