/**
 * The fixed-point arithmetic that every integer path shares: rounding right shifts, multipliers (M, n) for
 * real scales, and the requantization of whole arrays. Always exact: float64 is used only where every
 * intermediate is proved to stay below 2^53, BigInt otherwise. `roundHalfEven` is `round()` of the design.
 */
import { StudioError } from './errors';

export type RoundingMode = 'half-up' | 'half-even' | 'half-away' | 'floor';

/** How a real scale becomes a multiplier and a shift; see `multiplier`. */
export type MultiplierForm =
  | { readonly kind: 'normalized'; readonly bits: number }
  | { readonly kind: 'qformat'; readonly swl: number; readonly sfl: number }
  | { readonly kind: 'pow2' }
  | { readonly kind: 'tflite' };

/** M * 2^-n ~ scale. |M| < 2^31, n in [0, 62]. */
export interface Multiplier {
  readonly M: number;
  readonly n: number;
  /** Something to report: `coarse` more than 1 % off, `zero` a scale that became 0, `wide` M beyond its word because n would be negative. */
  readonly note: 'coarse' | 'zero' | 'wide' | undefined;
}

const TWO_52 = 4503599627370496;
const TWO_53 = 9007199254740992;
export const MAX_SHIFT = 62;

/** Nearest integer, ties to even, of a float64. Infinities and NaN come back as they are; never -0. */
export function roundHalfEven(x: number): number {
  if (x >= 0) return x < TWO_52 ? x + TWO_52 - TWO_52 : x;
  return x > -TWO_52 ? 0 - (TWO_52 - x - TWO_52) : x;
}

/** Exact power of two for integers k in [-1074, 1023]. */
export function powerOfTwo(k: number): number {
  let r = 1;
  const step = k < 0 ? 0.5 : 2;
  for (let i = Math.abs(k); i > 0; i--) r *= step;
  return r;
}

/** scale = m * 2^e with m in [0.5, 1), for finite scale > 0. Exact. */
export function frexp(scale: number): { m: number; e: number } {
  let m = scale;
  let e = 0;
  while (m >= 1) {
    m *= 0.5;
    e++;
  }
  while (m < 0.5) {
    m *= 2;
    e--;
  }
  return { m, e };
}

/** v / 2^n rounded to an integer, for unbounded v and n >= 0. rshift(v, 0) = v. */
export function rshift(v: bigint, n: number, mode: RoundingMode): bigint {
  if (n === 0) return v;
  const shift = BigInt(n);
  const half = 1n << (shift - 1n);
  switch (mode) {
    case 'floor':
      return v >> shift;
    case 'half-up':
      return (v + half) >> shift;
    case 'half-away':
      return v < 0n ? -((-v + half) >> shift) : (v + half) >> shift;
    case 'half-even': {
      const r = (v + half) >> shift;
      const tie = (v & ((1n << shift) - 1n)) === half;
      return tie && (r & 1n) === 1n ? r - 1n : r;
    }
    default:
      return mode satisfies never;
  }
}

/**
 * Does `rshiftFast` give the exact answer for every |v| <= bound at this shift? True when bound + 2^(n-1)
 * < 2^53; float64 rounding is monotone, so the test itself cannot pass wrongly.
 */
export function fitsFast(bound: number, n: number): boolean {
  return n <= 53 && bound + (n === 0 ? 0 : powerOfTwo(n - 1)) < TWO_53;
}

/** v / 2^n rounded, for integers v in a float64 with `fitsFast(|v|, n)`. */
export function rshiftFast(v: number, n: number, mode: RoundingMode): number {
  if (n === 0) return v;
  const inverse = powerOfTwo(-n);
  const half = powerOfTwo(n - 1);
  switch (mode) {
    case 'floor':
      return Math.floor(v * inverse);
    case 'half-up':
      return Math.floor((v + half) * inverse);
    case 'half-away':
      return v < 0 ? -Math.floor((half - v) * inverse) : Math.floor((v + half) * inverse);
    case 'half-even':
      return roundHalfEven(v * inverse);
    default:
      return mode satisfies never;
  }
}

/**
 * gemmlowp's multiplication: SaturatingRoundingDoublingHighMul of acc * 2^left and M, then RoundingDivideByPOT by 2^right,
 * where n = 31 + right - left and one of the two is 0. `mode` is that of the last step: half-away is gemmlowp's.
 */
export function highMulShift(acc: bigint, M: bigint, n: number, mode: RoundingMode): bigint {
  const shifted = n < HIGH ? acc << BigInt(HIGH - n) : acc;
  const saturates = shifted === LEAST_INT32 && M === LEAST_INT32;
  const high = saturates ? -LEAST_INT32 - 1n : (shifted * M + (1n << 30n)) >> 31n;
  return rshift(high, Math.max(0, n - HIGH), mode);
}

/** The shift that the doubling high product has by itself. */
export const HIGH = 31;
const LEAST_INT32 = -(1n << 31n);

/** Multipliers of a layer: each with a shift of its own, or (`shared`) all with that of the largest scale. */
export function multipliers(scales: readonly number[], form: MultiplierForm, shared: boolean): Multiplier[] {
  if (!shared) return scales.map((s) => multiplier(s, form));
  const largest = scales.reduce((most, s) => Math.max(most, Math.abs(s)), 0);
  const { n } = multiplier(largest, form);
  return scales.map((s) => (Math.abs(s) === largest ? multiplier(s, form) : withShift(s, n, form)));
}

/** M = round(scale * 2^n). */
function withShift(scale: number, n: number, form: MultiplierForm): Multiplier {
  if (scale === 0 || form.kind === 'qformat') return { ...multiplier(scale, form), n };
  const { m, e } = frexp(Math.abs(scale));
  const M = roundHalfEven(m * powerOfTwo(Math.max(-1000, e + n)));
  return { M: scale < 0 ? 0 - M : M, n, note: noteOf(Math.abs(scale), M, n, false, form) };
}

/** (M, n) for a real scale of either sign; scale 0 is M = 0, n = 0 (31 for `tflite`). Throws `out-of-range` where M leaves int32. */
export function multiplier(scale: number, form: MultiplierForm): Multiplier {
  if (!Number.isFinite(scale)) {
    throw new StudioError({ code: 'not-finite', what: 'A scale is not a finite number', got: String(scale) });
  }
  if (scale === 0) return { M: 0, n: form.kind === 'tflite' ? HIGH : 0, note: undefined };
  const { M, n, wide } = positive(Math.abs(scale), form);
  if (M >= 2147483648 || n < 0) {
    throw new StudioError({
      code: 'out-of-range',
      what: 'A scale is too large for a 32-bit multiplier',
      expected: 'a scale below 2^31',
      got: String(scale),
    });
  }
  return { M: scale < 0 ? 0 - M : M, n, note: noteOf(Math.abs(scale), M, n, wide, form) };
}

function noteOf(scale: number, M: number, n: number, wide: boolean, form: MultiplierForm): Multiplier['note'] {
  if (M === 0) return 'zero';
  if (wide) return 'wide';
  return form.kind !== 'pow2' && Math.abs((M * powerOfTwo(-n)) / scale - 1) > 0.01 ? 'coarse' : undefined;
}

function positive(scale: number, form: MultiplierForm): { M: number; n: number; wide: boolean } {
  const { m, e } = frexp(scale);
  switch (form.kind) {
    case 'normalized': {
      const top = powerOfTwo(form.bits - 1);
      let M = roundHalfEven(m * top);
      let n = form.bits - 1 - e;
      if (M === top) {
        M /= 2;
        n -= 1;
      }
      return intoRange(M, n);
    }
    case 'qformat': {
      const word = powerOfTwo(form.swl - 1) - 1;
      // scale * 2^sfl, in two exact steps; rounded once
      const M = Math.min(word, roundHalfEven(m * powerOfTwo(Math.max(-1000, Math.min(1000, e + form.sfl)))));
      return { M, n: form.sfl, wide: false };
    }
    case 'pow2':
      // -log2(scale) = -e - log2(m); log2(m) < -1/2 exactly when m < sqrt(1/2), which is never a tie
      return intoRange(1, (m < Math.SQRT1_2 ? 1 : 0) - e);
    case 'tflite': {
      // TensorFlow Lite's QuantizeMultiplier: halves away from zero, and 0 where the shift to the right would be over 31
      const M = Math.floor(m * 2147483648 + 0.5);
      const n = HIGH - e;
      if (n > MAX_SHIFT) return { M: 0, n: HIGH, wide: false };
      return M === 2147483648 ? { M: M / 2, n: n - 1, wide: false } : { M, n, wide: false };
    }
    default:
      return form satisfies never;
  }
}

/** n > 62: M shifted right (half up), n = 62. n < 0: M times 2^-n, n = 0. */
function intoRange(M: number, n: number): { M: number; n: number; wide: boolean } {
  if (n > MAX_SHIFT) {
    return { M: Number(rshift(BigInt(M), Math.min(n - MAX_SHIFT, MAX_SHIFT), 'half-up')), n: MAX_SHIFT, wide: false };
  }
  if (n < 0) return { M: M * powerOfTwo(Math.min(-n, 64)), n: 0, wide: true };
  return { M, n, wide: false };
}

/** The largest |acc * M| + 2^(n-1), exactly: must stay below 2^63. */
export function productBound(accBound: bigint, M: number, n: number): bigint {
  const m = BigInt(Math.abs(M));
  return accBound * m + (n > 0 ? 1n << BigInt(n - 1) : 0n);
}

export interface RequantParams {
  readonly M: number;
  readonly n: number;
  readonly zeroPoint: number;
  readonly lo: number;
  readonly hi: number;
  readonly mode: RoundingMode;
  /** The product is gemmlowp's (`highMulShift`): two roundings. */
  readonly highMul?: boolean;
}

/** y = clamp(zeroPoint + rshift(acc * M, n), lo, hi) of one accumulator. */
export function requantizeOne(acc: number, p: RequantParams): number {
  if (p.highMul) {
    const y = Number(highMulShift(BigInt(acc), BigInt(p.M), p.n, p.mode)) + p.zeroPoint;
    return Math.min(p.hi, Math.max(p.lo, y));
  }
  const v = acc * p.M;
  const shifted = fitsFast(Math.abs(v), p.n) ? rshiftFast(v, p.n, p.mode) : Number(rshift(BigInt(acc) * BigInt(p.M), p.n, p.mode));
  return Math.min(p.hi, Math.max(p.lo, shifted + p.zeroPoint));
}

/**
 * out[to + i*outStep] = clamp(zeroPoint + rshift(acc[from + i*accStep] * M, n), lo, hi) for i < count.
 * Integers in `acc` are below 2^53. The array's own largest element decides which path is proved.
 */
export function requantizeRun(
  acc: Int32Array | Float64Array,
  from: number,
  accStep: number,
  count: number,
  out: { [i: number]: number },
  to: number,
  outStep: number,
  p: RequantParams,
): void {
  let least = 0;
  let most = 0;
  for (let i = 0, a = from; i < count; i++, a += accStep) {
    const v = acc[a] as number;
    if (v < least) least = v;
    else if (v > most) most = v;
  }
  const bound = Math.max(most, -least) * Math.abs(p.M);
  const { M, n, zeroPoint, lo, hi, mode } = p;
  if (p.highMul || !fitsFast(bound, n)) {
    for (let i = 0; i < count; i++) out[to + i * outStep] = requantizeOne(acc[from + i * accStep] as number, p);
    return;
  }
  if (mode === 'half-up' || mode === 'floor' || n === 0) {
    const half = mode === 'half-up' && n > 0 ? powerOfTwo(n - 1) : 0;
    const inverse = powerOfTwo(-n);
    for (let i = 0, a = from, o = to; i < count; i++, a += accStep, o += outStep) {
      const y = Math.floor(((acc[a] as number) * M + half) * inverse) + zeroPoint;
      out[o] = y < lo ? lo : y > hi ? hi : y;
    }
    return;
  }
  for (let i = 0, a = from, o = to; i < count; i++, a += accStep, o += outStep) {
    const y = rshiftFast((acc[a] as number) * M, n, mode) + zeroPoint;
    out[o] = y < lo ? lo : y > hi ? hi : y;
  }
}
