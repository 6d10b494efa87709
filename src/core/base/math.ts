/**
 * exp, log, erf, tanh and their kin in float64, made of + - * / and sqrt only, so that a table built from
 * them has the same entries in every engine (Math.exp and its kin are not bit-specified).
 * Law: within 3e-15 relative of the true value.
 */
import { powerOfTwo, roundHalfEven } from './fixed-point';

// ln 2 as high part (33 bits, so that k * high is exact for |k| < 2^20) and rest; fdlibm e_exp.c gives the same split
const LN2_HIGH = 6.9314718036912381649e-1;
const LN2_LOW = 1.90821492927058770002e-10;
const INVERSE_LN2 = 1.442695040888963387;
const TWO_OVER_SQRT_PI = 1.1283791670955126;

/** sum of r^k / k! for k = from..18, Horner; |r| <= 0.75. */
function exponentialTail(r: number, from: number): number {
  let sum = 1;
  for (let k = 18; k > from; k--) sum = 1 + (r / k) * sum;
  return sum;
}

export function exp(x: number): number {
  if (Number.isNaN(x)) return x;
  if (x > 709.782712893384) return Infinity;
  if (x < -745.1332191019412) return 0;
  const k = roundHalfEven(x * INVERSE_LN2);
  const r = x - k * LN2_HIGH - k * LN2_LOW;
  const y = exponentialTail(r, 0);
  // in two steps, so that subnormal results are rounded once and 2^1024 is never formed
  const half = Math.trunc(k / 2);
  return y * powerOfTwo(half) * powerOfTwo(k - half);
}

/** exp(x) - 1 without cancellation near 0. */
export function expm1(x: number): number {
  if (x > -0.5 && x < 0.5) return x * exponentialTail(x, 1);
  return exp(x) - 1;
}

/** Natural logarithm; NaN below 0, -Infinity at 0. */
export function log(x: number): number {
  if (Number.isNaN(x) || x < 0) return NaN;
  if (x === 0) return -Infinity;
  if (x === Infinity) return x;
  let m = x;
  let e = 0;
  while (m >= Math.SQRT2) {
    m *= 0.5;
    e++;
  }
  while (m < Math.SQRT1_2) {
    m *= 2;
    e--;
  }
  const f = (m - 1) / (m + 1); // ln m = 2 atanh(f), |f| <= 0.172
  const f2 = f * f;
  let sum = 0;
  for (let k = 25; k >= 3; k -= 2) sum = (sum + 1 / k) * f2;
  return e * LN2_HIGH + (2 * f + (2 * f * sum + e * LN2_LOW));
}

/** ln(1 + x), accurate near 0 (Kahan). */
export function log1p(x: number): number {
  const u = 1 + x;
  return u === 1 ? x : u === Infinity ? u : (log(u) * x) / (u - 1);
}

/** Error function. The series 2/sqrt(pi) exp(-x^2) sum 2^k x^(2k+1) / (2k+1)!! has positive terms only (DLMF 7.6.2). */
export function erf(x: number): number {
  if (Number.isNaN(x)) return x;
  const a = Math.abs(x);
  if (a >= 6) return x < 0 ? -1 : 1; // erfc(6) < 2^-55
  const x2 = a * a;
  let term = a;
  let sum = a;
  for (let k = 1; term > sum * 1e-18; k++) {
    term *= (2 * x2) / (2 * k + 1);
    sum += term;
  }
  // x^2 in two parts, so that its rounding is not magnified by exp
  const head = Math.fround(a);
  const gauss = exp(-head * head) * exp((head - a) * (head + a));
  const y = Math.min(1, TWO_OVER_SQRT_PI * gauss * sum);
  return x < 0 ? -y : y;
}

export function tanh(x: number): number {
  const a = Math.abs(x);
  if (a > 22) return x < 0 ? -1 : 1;
  const t = expm1(2 * a);
  const y = t / (t + 2);
  return x < 0 ? -y : y;
}

/** 1 / (1 + exp(-x)). */
export function sigmoid(x: number): number {
  if (x >= 0) return 1 / (1 + exp(-x));
  const e = exp(x);
  return e / (1 + e);
}
