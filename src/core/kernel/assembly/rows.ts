/**
 * What works on whole rows: softmax and layer normalization (SoftmaxOp and LayerNormOp say the formulas). Of integers with
 * a + b < 2^54, floor(a / b) in float64 is the exact quotient.
 */
import { MAGIC, shifted, wideShift } from './requant';
import { load1, load4, narrow, sizeOfType, store1, widen } from './types';

/**
 * Rows of `length` elements, `step` elements apart. `mask`: 0, or one byte per element of x, 1 takes it out. `table`: uint16.
 * `e`: room for a row of float64. `full` = 2^pb - 1. `mode`:
 * 0 divide, 1 reciprocal, 2 deferred. The output is unsigned.
 */
export function softmax(
  x: usize,
  type: i32,
  outer: i32,
  length: i32,
  step: i32,
  mask: usize,
  table: usize,
  entries: i32,
  full: i32,
  mode: i32,
  e: usize,
  out: usize,
  outType: i32,
): void {
  const size = sizeOfType(type);
  const outSize = sizeOfType(outType);
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < step; i++) {
      const first = usize(o) * usize(length) * usize(step) + usize(i);
      const top = largest(x + first * size, type, length, usize(step), mask == 0 ? 0 : mask + first);
      let sum: f64 = 0;
      let place = first;
      for (let j = 0; j < length; j++) {
        let entry: f64 = 0;
        if (mask == 0 || load<u8>(mask + place) == 0) {
          const d = min(u32(top - load1(x + place * size, type)), u32(entries - 1));
          entry = f64(load<u16>(table + (usize(d) << 1)));
        }
        store<f64>(e + (usize(j) << 3), entry);
        sum += entry;
        place += usize(step);
      }
      quotients(e, length, sum, full, mode);
      if (step == 1) narrow(e, length, 1, length, out + first * outSize, length, outType);
      else {
        place = first;
        for (let j: usize = 0; j < usize(length); j++) {
          store1(out + place * outSize, load<i32>(e + (j << 2)), outType);
          place += usize(step);
        }
      }
    }
  }
}

/** The largest element that is not masked; the least int32 where there is none. */
@inline
function largest(x: usize, type: i32, length: i32, step: usize, mask: usize): i32 {
  let top = i32.MIN_VALUE;
  const size = sizeOfType(type) * step;
  if (mask == 0) {
    for (let j = 0; j < length; j++) {
      top = max(top, load1(x, type));
      x += size;
    }
    return top;
  }
  for (let j = 0; j < length; j++) {
    if (load<u8>(mask) == 0) top = max(top, load1(x, type));
    x += size;
    mask += step;
  }
  return top;
}

/** float64 entries become int32 probabilities, in place; deferred ones stay what they are. */
@inline
function quotients(e: usize, length: i32, sum: f64, full: i32, mode: i32): void {
  if (sum == 0) {
    memory.fill(e, 0, usize(length) << 2);
    return;
  }
  const factor = f64x2.splat(mode == 0 ? f64(full) : mode == 1 ? Math.floor((f64(full) * 2147483648.0) / sum) : 1);
  const half = f64x2.splat(mode == 0 ? Math.floor(sum * 0.5) : mode == 1 ? 1073741824.0 : 0);
  const by = f64x2.splat(mode == 0 ? sum : mode == 1 ? 2147483648.0 : 1);
  const magic = f64x2.splat(MAGIC);
  for (let j: usize = 0; j < usize(length); j += 4) {
    const a = f64x2.floor(f64x2.div(f64x2.add(f64x2.mul(v128.load(e + (j << 3)), factor), half), by));
    const b = f64x2.floor(f64x2.div(f64x2.add(f64x2.mul(v128.load(e + (j << 3), 16), factor), half), by));
    v128.store(e + (j << 2), v128.shuffle<i32>(f64x2.add(a, magic), f64x2.add(b, magic), 0, 2, 4, 6));
  }
}

/** floor(sqrt(v)) for v < 2^62. */
@inline
function isqrt(v: u64): u64 {
  let r = u64(Math.sqrt(f64(v)));
  while (r * r > v) r--;
  while ((r + 1) * (r + 1) <= v) r++;
  return r;
}

/**
 * `rows` rows of `length` elements. `zero`: the zero point of an RMS normalization. `constants`: E as int64, then one
 * int64 H per element. `gains`: int32. `plain`: |u * G + H| + 2^(shift-1) < 2^53 for |u| <= 2^k; then `scaled` holds in
 * float64, for four elements at a time, their G * 2^-shift and then their H * 2^-shift. `row`: room for `length` int32.
 */
export function layerNorm(
  x: usize,
  type: i32,
  rows: i32,
  length: i32,
  rms: bool,
  zero: i32,
  t: i32,
  f: i32,
  k: i32,
  reciprocal: bool,
  constants: usize,
  gains: usize,
  plain: bool,
  scaled: usize,
  shift: i32,
  zeroPoint: i32,
  lo: i32,
  hi: i32,
  mode: i32,
  row: usize,
  out: usize,
  outType: i32,
): void {
  const size = sizeOfType(type);
  const outSize = sizeOfType(outType);
  const E = load<i64>(constants);
  for (let r = 0; r < rows; r++) {
    const squares = centre(x + usize(r) * usize(length) * size, type, length, rms, zero, t, row);
    const D = max<u64>(1, isqrt(u64((squares << i64(2 * f)) + E)));
    if (reciprocal) multiply(row, length, D, k + f);
    else divide(row, length, D, k + f);
    if (plain) lastPlain(row, length, scaled, zeroPoint, lo, hi, mode);
    else lastWide(row, length, gains, constants + 8, shift, zeroPoint, lo, hi, mode);
    narrow(row, length, 1, length, out + usize(r) * usize(length) * outSize, length, outType);
  }
}

/** row = (length * x - sum(x)) >> t as int32; gives the sum of the squares. */
@inline
function centre(x: usize, type: i32, length: i32, rms: bool, zero: i32, t: i32, row: usize): i64 {
  let sum: i64 = i64(length) * i64(zero);
  widen(x, type, length, 0, row);
  const end = row + (usize(length) << 2);
  if (!rms) {
    sum = 0;
    for (let at = row; at < end; at += 4) sum += i64(load<i32>(at));
  }
  let squares: i64 = 0;
  const whole = row + (usize(length >> 2) << 4);
  let at = row;
  // no int32 overflow: |length * x| < 2^31 where no shift is needed and the row is short
  if (t == 0 && length < 32768) {
    const n = i32x4.splat(length);
    const s = i32x4.splat(i32(sum));
    let q = i64x2.splat(0);
    for (; at < whole; at += 16) {
      const c = i32x4.sub(i32x4.mul(v128.load(at), n), s);
      v128.store(at, c);
      q = i64x2.add(q, i64x2.add(i64x2.extmul_low_i32x4_s(c, c), i64x2.extmul_high_i32x4_s(c, c)));
    }
    squares = i64x2.extract_lane(q, 0) + i64x2.extract_lane(q, 1);
  }
  for (; at < end; at += 4) {
    const c = (i64(length) * i64(load<i32>(at)) - sum) >> i64(t);
    store<i32>(at, i32(c));
    squares += c * c;
  }
  return squares;
}

/** u of two c, as float64: sign(c) * floor((|c| * scale + half) / D). */
@inline
function quotient(c: v128, scale: v128, half: v128, by: v128): v128 {
  const sign = v128.and(c, f64x2.splat(-0.0));
  const u = f64x2.floor(f64x2.div(f64x2.add(f64x2.mul(v128.xor(c, sign), scale), half), by));
  return v128.or(u, sign);
}

@inline
function divide(row: usize, length: i32, D: u64, bits: i32): void {
  const scale = f64x2.splat(f64((<u64>1) << u64(bits)));
  const half = f64x2.splat(f64(D >> 1));
  const by = f64x2.splat(f64(D));
  const magic = f64x2.splat(MAGIC);
  const end = row + (usize(length) << 2);
  for (let at = row; at < end; at += 16) {
    const v = v128.load(at);
    const a = quotient(f64x2.convert_low_i32x4_s(v), scale, half, by);
    const b = quotient(f64x2.convert_low_i32x4_s(v128.shuffle<i32>(v, v, 2, 3, 2, 3)), scale, half, by);
    v128.store(at, v128.shuffle<i32>(f64x2.add(a, magic), f64x2.add(b, magic), 0, 2, 4, 6));
  }
}

@inline
function multiply(row: usize, length: i32, D: u64, bits: i32): void {
  const R = i64(((<u64>1) << u64(bits + 31)) / D);
  const end = row + (usize(length) << 2);
  for (let at = row; at < end; at += 4) {
    const c = i64(load<i32>(at));
    const u = ((c < 0 ? -c : c) * R + 1073741824) >> 31;
    store<i32>(at, i32(c < 0 ? -u : u));
  }
}

@inline
function lastPlain(row: usize, length: i32, scaled: usize, zeroPoint: i32, lo: i32, hi: i32, mode: i32): void {
  const low = f64x2.splat(f64(lo) - f64(zeroPoint));
  const high = f64x2.splat(f64(hi) - f64(zeroPoint));
  const zero = f64x2.splat(MAGIC + f64(zeroPoint));
  const end = row + (usize(length) << 2);
  for (let at = row; at < end; at += 16) {
    const u = v128.load(at);
    const v0 = f64x2.add(f64x2.mul(f64x2.convert_low_i32x4_s(u), v128.load(scaled)), v128.load(scaled, 32));
    const upper = f64x2.convert_low_i32x4_s(v128.shuffle<i32>(u, u, 2, 3, 2, 3));
    const v1 = f64x2.add(f64x2.mul(upper, v128.load(scaled, 16)), v128.load(scaled, 48));
    v128.store(at, v128.shuffle<i32>(shifted(v0, mode, low, high, zero), shifted(v1, mode, low, high, zero), 0, 2, 4, 6));
    scaled += 64;
  }
}

@inline
function lastWide(row: usize, length: i32, gains: usize, offsets: usize, shift: i32, zeroPoint: i32, lo: i32, hi: i32, mode: i32): void {
  for (let i: usize = 0; i < usize(length); i++) {
    const at = row + (i << 2);
    const v = i64(load<i32>(at)) * i64(load<i32>(gains + (i << 2))) + load<i64>(offsets + (i << 3));
    store<i32>(at, wideShift(v, shift, zeroPoint, lo, hi, mode));
  }
}
