/**
 * Integer square roots. Law: isqrt(v) = floor(sqrt(v)) exactly. A float64 square root alone is one too large near
 * a^2 - 1 for a > 2^26.5, so it is a first guess only.
 */

/** floor(sqrt(v)) for 0 <= v < 2^63. */
export function isqrt(v: bigint): number {
  let r = Math.min(3037000499, Math.floor(Math.sqrt(Number(v))));
  while (BigInt(r) * BigInt(r) > v) r--;
  while (BigInt(r + 1) * BigInt(r + 1) <= v) r++;
  return r;
}
