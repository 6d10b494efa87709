/**
 * Arithmetic of tensors with a scale per token: s[t] = T[t] * step, T[t] a whole number up to 2^14, step the largest scale
 * times 2^-14. A product takes T[t] as a factor of its row, so that everything behind it knows one step only.
 */
import type { QuantInfo } from '../../ir/integer-model';

export const TOKEN_BITS = 14;

export function largestScale(q: QuantInfo): number {
  return q.scale.reduce((a, b) => Math.max(a, b), 0);
}

/** What one unit of `acc * T` is worth before the weight's scale; of a tensor with one scale, that scale. */
export function stepOf(q: QuantInfo): number {
  return q.axis === undefined ? (q.scale[0] as number) : largestScale(q) * 2 ** -TOKEN_BITS;
}

/** T[t]; undefined: the tensor has one scale. */
export function rowFactors(q: QuantInfo): Int32Array | undefined {
  if (q.axis === undefined) return undefined;
  const step = stepOf(q);
  return Int32Array.from(q.scale, (s) => Math.round(s / step));
}
