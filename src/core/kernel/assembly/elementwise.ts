/** Element by element: sums of two tensors with one rounding, tables, moves; and what slides over padded planes. */
import { MAGIC, shifted } from './requant';
import { load4, sizeOfType, store8 } from './types';

@inline
function sum2(a: v128, b: v128, ma: v128, mb: v128, more: v128): v128 {
  return f64x2.add(f64x2.add(f64x2.mul(f64x2.convert_low_i32x4_s(a), ma), f64x2.mul(f64x2.convert_low_i32x4_s(b), mb)), more);
}

@inline
function upper(v: v128): v128 {
  return v128.shuffle<i32>(v, v, 2, 3, 2, 3);
}

/**
 * y = clamp(zeroPoint + round(a * mulA + b * mulB + more), lo, hi); the multipliers hold 2^-n. Exact where all of it is
 * below 2^53 in units of 2^-n.
 */
export function add(
  a: usize,
  typeA: i32,
  b: usize,
  typeB: i32,
  count: i32,
  mulA: f64,
  mulB: f64,
  more: f64,
  zeroPoint: i32,
  lo: i32,
  hi: i32,
  mode: i32,
  out: usize,
  type: i32,
): void {
  const low = f64x2.splat(f64(lo) - f64(zeroPoint));
  const high = f64x2.splat(f64(hi) - f64(zeroPoint));
  const zero = f64x2.splat(MAGIC + f64(zeroPoint));
  const ma = f64x2.splat(mulA);
  const mb = f64x2.splat(mulB);
  const c = f64x2.splat(more);
  const stepA = sizeOfType(typeA) << 2;
  const stepB = sizeOfType(typeB) << 2;
  const step = sizeOfType(type) << 3;
  for (let i = 0; i < count; i += 8) {
    const a0 = load4(a, typeA);
    const a1 = load4(a + stepA, typeA);
    const b0 = load4(b, typeB);
    const b1 = load4(b + stepB, typeB);
    const y0 = shifted(sum2(a0, b0, ma, mb, c), mode, low, high, zero);
    const y1 = shifted(sum2(upper(a0), upper(b0), ma, mb, c), mode, low, high, zero);
    const y2 = shifted(sum2(a1, b1, ma, mb, c), mode, low, high, zero);
    const y3 = shifted(sum2(upper(a1), upper(b1), ma, mb, c), mode, low, high, zero);
    store8(out, v128.shuffle<i32>(y0, y1, 0, 2, 4, 6), v128.shuffle<i32>(y2, y3, 0, 2, 4, 6), type);
    a += stepA << 1;
    b += stepB << 1;
    out += step;
  }
}

/** out = table[x - offset], entries of `size` bytes (1 or 2), as many as there are. */
export function lookUp(x: usize, type: i32, count: i32, offset: i32, table: usize, entries: i32, size: i32, out: usize): void {
  const last = u32(entries - 1);
  for (let i: usize = 0; i < usize(count); i++) {
    let q: i32;
    if (type == 0) q = i32(load<i8>(x + i));
    else if (type == 1) q = i32(load<u8>(x + i));
    else if (type == 2) q = i32(load<i16>(x + (i << 1)));
    else q = i32(load<u16>(x + (i << 1)));
    const at = usize(min(u32(q - offset), last));
    if (size == 1) store<u8>(out + i, load<u8>(table + at));
    else store<u16>(out + (i << 1), load<u16>(table + (at << 1)));
  }
}

/**
 * For each of `count` bases and each of `length` indices the element of x at base + index, elements of `size` bytes;
 * `fill` where either is negative. `run`: the indices are 0, 1, 2 ... and nothing is negative.
 */
export function move(x: usize, size: i32, bases: usize, count: i32, indices: usize, length: i32, run: bool, fill: i32, out: usize): void {
  const bytes = usize(length) * usize(size);
  for (let i = 0; i < count; i++) {
    const base = load<i32>(bases);
    bases += 4;
    if (run) {
      const from = x + usize(base) * usize(size);
      for (let j: usize = 0; j < bytes; j += 16) v128.store(out + j, v128.load(from + j));
    } else if (size == 1) {
      for (let j: usize = 0; j < usize(length); j++) {
        const index = load<i32>(indices + (j << 2));
        store<u8>(out + j, (base | index) < 0 ? u8(fill) : load<u8>(x + usize(base + index)));
      }
    } else if (size == 2) {
      for (let j: usize = 0; j < usize(length); j++) {
        const index = load<i32>(indices + (j << 2));
        store<u16>(out + (j << 1), (base | index) < 0 ? u16(fill) : load<u16>(x + (usize(base + index) << 1)));
      }
    } else {
      for (let j: usize = 0; j < usize(length); j++) {
        const index = load<i32>(indices + (j << 2));
        store<i32>(out + (j << 2), (base | index) < 0 ? fill : load<i32>(x + (usize(base + index) << 2)));
      }
    }
    out += bytes;
  }
}
