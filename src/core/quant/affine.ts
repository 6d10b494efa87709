/**
 * The affine grid that all built-in quantizers share: r = s * (q - z). Quantizing follows ONNX
 * QuantizeLinear: float32 division, ties to even, add z, saturate. Dequantizing is one float32 product.
 * Law: fakeQuantize = dequantize(quantize(x)), bit for bit. NaN and infinities are refused.
 */
import { roundHalfEven } from '../base/fixed-point';
import { StudioError } from '../base/errors';
import type { IntDType, IntStorage, QuantInfo } from '../ir/integer-model';
import type { Scheme } from './quantizer';

/** Smallest normal float32: a scale below it would lose bits. */
const SMALLEST_SCALE = 1.1754943508222875e-38;

/** [lo, hi] of `bits` bits; `narrow` leaves out the lowest signed value. */
export function integerRange(bits: number, signed: boolean, narrow: boolean): { lo: number; hi: number } {
  if (!signed) return { lo: 0, hi: 2 ** bits - 1 };
  const hi = 2 ** (bits - 1) - 1;
  return { lo: narrow ? -hi : -hi - 1, hi };
}

/** The smallest standard integer type that holds every value of the range. */
export function smallestDType(lo: number, hi: number): IntDType {
  if (lo >= 0) return hi <= 255 ? 'uint8' : hi <= 65535 ? 'uint16' : 'uint32';
  if (lo >= -128 && hi <= 127) return 'int8';
  return lo >= -32768 && hi <= 32767 ? 'int16' : 'int32';
}

/** A zeroed array of the type. */
export function newStorage(dtype: IntDType, length: number): IntStorage[IntDType] {
  switch (dtype) {
    case 'int8':
      return new Int8Array(length);
    case 'uint8':
      return new Uint8Array(length);
    case 'int16':
      return new Int16Array(length);
    case 'uint16':
      return new Uint16Array(length);
    case 'int32':
      return new Int32Array(length);
    case 'uint32':
      return new Uint32Array(length);
    case 'int64':
      return new BigInt64Array(length);
    default:
      return dtype satisfies never;
  }
}

/** A usable float32 scale: 1 where the range is dead, or so small that the scale would be a denormal. */
export function usableScale(scale: number): number {
  const s = Math.fround(scale);
  return s >= SMALLEST_SCALE && Number.isFinite(s) ? s : 1;
}

/** Scale that maps max|x| to the top of the signed range. */
export function symmetricScale(largest: number, bits: number): number {
  return usableScale(largest / (2 ** (bits - 1) - 1));
}

/** Quantizer of one tensor from its real range, widened to include 0. See design, Ranges. */
export function rangeQuantizer(min: number, max: number, scheme: Scheme): QuantInfo {
  const { bits, narrow } = scheme;
  const least = Math.min(0, min);
  const most = Math.max(0, max);
  const oneSided = least === 0;
  if (scheme.symmetric || (oneSided && scheme.signed !== true)) {
    const signed = scheme.signed ?? !oneSided;
    const { lo, hi } = integerRange(bits, signed, narrow);
    const scale = usableScale(Math.max(most, -least) / hi);
    return { bits, signed, scale: Float32Array.of(scale), axis: undefined, zeroPoint: 0, lo, hi };
  }
  const signed = scheme.signed ?? false;
  const { lo, hi } = integerRange(bits, signed, narrow);
  const scale = usableScale((most - least) / (hi - lo));
  const zeroPoint = Math.min(hi, Math.max(lo, lo + roundHalfEven(-least / scale)));
  return { bits, signed, scale: Float32Array.of(scale), axis: undefined, zeroPoint, lo, hi };
}

/** Do both give every integer the same meaning and range? */
export function sameQuantizer(a: QuantInfo, b: QuantInfo): boolean {
  return (
    a.bits === b.bits &&
    a.signed === b.signed &&
    a.zeroPoint === b.zeroPoint &&
    a.lo === b.lo &&
    a.hi === b.hi &&
    a.axis === b.axis &&
    String(a.codebook?.table) === String(b.codebook?.table) &&
    a.scale.length === b.scale.length &&
    a.scale.every((s, i) => s === b.scale[i])
  );
}

/** How the elements of a tensor pick their scale: element i uses scale[floor(i / inner) % scales]. */
function innerSize(shape: readonly number[] | undefined, q: QuantInfo): number {
  if (q.axis === undefined || shape === undefined) return 1;
  let inner = 1;
  for (let i = q.axis + 1; i < shape.length; i++) inner *= shape[i] as number;
  return inner;
}

/** The entry of `table` nearest to v; of two, the one nearer to `centre`, then the lower one. */
export function nearestEntry(table: ArrayLike<number>, v: number, centre = 0): number {
  let best = table[0] as number;
  for (let k = 1; k < table.length; k++) {
    const t = table[k] as number;
    const [a, b] = [Math.abs(v - t), Math.abs(v - best)];
    if (a > b) continue;
    const [c, d] = [Math.abs(t - centre), Math.abs(best - centre)];
    if (a < b || c < d || (c === d && t < best)) best = t;
  }
  return best;
}

/** For every integer from lo to hi, the one of the codebook that it becomes. */
export function snapTable(q: QuantInfo): Int32Array {
  const table = q.codebook?.table ?? [];
  return Int32Array.from({ length: q.hi - q.lo + 1 }, (_, i) => nearestEntry(table, q.lo + i, q.zeroPoint));
}

/** Integers of x; one of a codebook is the nearest to the integer of the even grid. `shape` is needed where the quantizer has an axis. Throws `not-finite`. */
export function quantizeAffine(x: Float32Array, q: QuantInfo, shape?: readonly number[]): Int32Array {
  const out = new Int32Array(x.length);
  const inner = innerSize(shape, q);
  const count = q.axis === undefined ? 1 : q.scale.length;
  const { zeroPoint, lo, hi } = q;
  const snap = q.codebook && snapTable(q);
  for (let start = 0, c = 0; start < x.length; start += inner, c = c + 1 === count ? 0 : c + 1) {
    const s = q.scale[c] as number;
    const end = start + inner;
    for (let i = start; i < end; i++) {
      const v = x[i] as number;
      if (v - v !== 0) {
        throw new StudioError({ code: 'not-finite', what: 'A tensor to quantize holds NaN or infinity', got: `${v} at index ${i}` });
      }
      const y = roundHalfEven(Math.fround(v / s)) + zeroPoint;
      const clamped = y < lo ? lo : y > hi ? hi : y;
      out[i] = snap ? (snap[clamped - lo] as number) : clamped;
    }
  }
  return out;
}

/** Real values of integers, float32. */
export function dequantizeAffine(xi: ArrayLike<number>, q: QuantInfo, shape?: readonly number[]): Float32Array {
  const out = new Float32Array(xi.length);
  const inner = innerSize(shape, q);
  const count = q.axis === undefined ? 1 : q.scale.length;
  for (let start = 0, c = 0; start < out.length; start += inner, c = c + 1 === count ? 0 : c + 1) {
    const s = q.scale[c] as number;
    const end = start + inner;
    for (let i = start; i < end; i++) out[i] = ((xi[i] as number) - q.zeroPoint) * s;
  }
  return out;
}

/** The float value on the grid that the integers of x mean. */
export function fakeQuantizeAffine(x: Float32Array, q: QuantInfo, shape?: readonly number[]): Float32Array {
  return dequantizeAffine(quantizeAffine(x, q, shape), q, shape);
}
