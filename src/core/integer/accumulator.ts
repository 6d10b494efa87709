/**
 * The accumulator's register and the product behind it: what a sum is cut to, what it can reach after that, and whether its
 * product with a multiplier is proved to fit. Law: cutting never makes a sum larger in size, so every bound stays one.
 */
import { HIGH, productBound } from '../base/fixed-point';
import type { AccumulatorLimit, IntegerModel, IntOp, MultiplierStyle } from '../ir/integer-model';

const TOP_63 = 1n << 63n;
const TOP_31 = 1n << 31n;

/** What a register of `bits` holds of the exact sum. */
export function limitSum(total: bigint, { bits, overflow }: AccumulatorLimit): bigint {
  if (overflow === 'wrap') return BigInt.asIntN(bits, total);
  const half = 1n << BigInt(bits - 1);
  return total < -half ? -half : total > half - 1n ? half - 1n : total;
}

/** The largest size that a sum of at most `bound` has in the register. */
export function heldBy(limit: AccumulatorLimit | undefined, bound: bigint): bigint {
  if (!limit) return bound;
  const half = 1n << BigInt(limit.bits - 1);
  return bound < half ? bound : half;
}

/** The register where it can matter: undefined where the op has none, or the proved bound fits it. */
export function limitOf(op: IntOp, model: IntegerModel): AccumulatorLimit | undefined {
  const limit = model.arithmetic.accumulator;
  if (!limit || !('accumulator' in op) || !op.accumulator) return undefined;
  return BigInt(op.accumulator.bound) < 1n << BigInt(limit.bits - 1) ? undefined : limit;
}

/** Sums in place, as `limitSum`. Numbers beyond int32 are only cut right by `wrap` where they are modulo 2^32 already. */
export function limitAll(sums: Int32Array, limit: AccumulatorLimit | undefined): void {
  if (!limit || (limit.bits === 32 && limit.overflow === 'wrap')) return;
  const drop = 32 - limit.bits;
  const half = 2 ** (limit.bits - 1);
  if (limit.overflow === 'wrap') for (let i = 0; i < sums.length; i++) sums[i] = ((sums[i] as number) << drop) >> drop;
  else for (let i = 0; i < sums.length; i++) sums[i] = Math.max(-half, Math.min(half - 1, sums[i] as number));
}

/** Why the product of an accumulator of at most `bound` and M could go wrong; undefined: it is proved right. */
export function productFault(
  bound: bigint,
  M: number,
  n: number,
  style: MultiplierStyle,
): { readonly what: string; readonly expected?: string; readonly got: string; readonly todo?: string } | undefined {
  if (style.kind !== 'tflite') {
    if (productBound(bound, M, n) < TOP_63) return undefined;
    return { what: 'A requantization could leave 64 bits', got: `|acc| ${bound} times ${M}` };
  }
  const left = Math.max(0, HIGH - n);
  if (M === 0 || bound << BigInt(left) < TOP_31) return undefined;
  return {
    what: 'A TFLite multiplier takes sums of 32 bits, shifted to the left where its scale is above 1',
    expected: `|acc| * 2^${left} below 2^31`,
    got: `|acc| ${bound}`,
    todo: 'Choose another style of multiplier, or a narrower accumulator',
  };
}
