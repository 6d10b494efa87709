/**
 * y = clamp(zeroPoint + rshift(acc * M, n), lo, hi) in place, by row or by column. Modes: 0 half up, 1 half to even,
 * 2 half away from zero, 3 floor. The plain functions work in float64: v = acc * (M * 2^-n) is exact, as is v + 1/2, where
 * |acc * M| + 2^(n-1) < 2^53 (the caller's duty). The wide ones work in int64, exact below 2^63.
 */

/** 1.5 * 2^52: adding it leaves an integer in the low bits of the mantissa. */
export const MAGIC: f64 = 6755399441055744.0;

/** Two rounded and clamped numbers, as int32 in the low half of each lane. */
@inline
export function shifted(v: v128, mode: i32, low: v128, high: v128, zero: v128): v128 {
  let y: v128;
  if (mode == 0) y = f64x2.floor(f64x2.add(v, f64x2.splat(0.5)));
  else if (mode == 1) y = f64x2.nearest(v);
  else if (mode == 3) y = f64x2.floor(v);
  else {
    const sign = v128.and(v, f64x2.splat(-0.0));
    y = v128.or(f64x2.floor(f64x2.add(v128.xor(v, sign), f64x2.splat(0.5))), sign);
  }
  return f64x2.add(f64x2.pmin(f64x2.pmax(y, low), high), zero);
}

@inline
function four(v: v128, m0: v128, m1: v128, mode: i32, low: v128, high: v128, zero: v128): v128 {
  const a = shifted(f64x2.mul(f64x2.convert_low_i32x4_s(v), m0), mode, low, high, zero);
  const b = shifted(f64x2.mul(f64x2.convert_low_i32x4_s(v128.shuffle<i32>(v, v, 2, 3, 2, 3)), m1), mode, low, high, zero);
  return v128.shuffle<i32>(a, b, 0, 2, 4, 6);
}

/** `scales`: float64 M * 2^-n, one a row. Columns are rounded up to a multiple of 4. */
export function requantizeRows(
  c: usize,
  ldc: i32,
  rows: i32,
  columns: i32,
  scales: usize,
  zeroPoint: i32,
  lo: i32,
  hi: i32,
  mode: i32,
): void {
  const low = f64x2.splat(f64(lo) - f64(zeroPoint));
  const high = f64x2.splat(f64(hi) - f64(zeroPoint));
  const zero = f64x2.splat(MAGIC + f64(zeroPoint));
  for (let r = 0; r < rows; r++) {
    const m = v128.load_splat<u64>(scales + (usize(r) << 3));
    let at = c + ((usize(r) * usize(ldc)) << 2);
    const end = at + (usize(columns) << 2);
    if (mode == 0) for (; at < end; at += 16) v128.store(at, four(v128.load(at), m, m, 0, low, high, zero));
    else if (mode == 1) for (; at < end; at += 16) v128.store(at, four(v128.load(at), m, m, 1, low, high, zero));
    else if (mode == 2) for (; at < end; at += 16) v128.store(at, four(v128.load(at), m, m, 2, low, high, zero));
    else for (; at < end; at += 16) v128.store(at, four(v128.load(at), m, m, 3, low, high, zero));
  }
}

/** `scales`: float64 M * 2^-n, one a column. */
export function requantizeColumns(
  c: usize,
  ldc: i32,
  rows: i32,
  columns: i32,
  scales: usize,
  zeroPoint: i32,
  lo: i32,
  hi: i32,
  mode: i32,
): void {
  const low = f64x2.splat(f64(lo) - f64(zeroPoint));
  const high = f64x2.splat(f64(hi) - f64(zeroPoint));
  const zero = f64x2.splat(MAGIC + f64(zeroPoint));
  for (let r = 0; r < rows; r++) {
    let at = c + ((usize(r) * usize(ldc)) << 2);
    const end = at + (usize(columns) << 2);
    let s = scales;
    for (; at < end; at += 16) {
      const m0 = v128.load(s);
      const m1 = v128.load(s, 16);
      const v = v128.load(at);
      if (mode == 0) v128.store(at, four(v, m0, m1, 0, low, high, zero));
      else if (mode == 1) v128.store(at, four(v, m0, m1, 1, low, high, zero));
      else if (mode == 2) v128.store(at, four(v, m0, m1, 2, low, high, zero));
      else v128.store(at, four(v, m0, m1, 3, low, high, zero));
      s += 32;
    }
  }
}

/**
 * Modes from 4 on: gemmlowp's doubling high product of acc << (31 - n) and M, then a shift by n - 31 in mode - 4. The shift to
 * the left stays within int32 (proved by the caller).
 */
@inline
function wide(acc: i32, m: i32, n: i32, zeroPoint: i32, lo: i32, hi: i32, mode: i32): i32 {
  if (mode >= 4) {
    const a = n < 31 ? acc << (31 - n) : acc;
    const high: i64 = a == i32.MIN_VALUE && m == i32.MIN_VALUE ? i64(i32.MAX_VALUE) : (i64(a) * i64(m) + 0x40000000) >> 31;
    return wideShift(high, n > 31 ? n - 31 : 0, zeroPoint, lo, hi, mode - 4);
  }
  return wideShift(i64(acc) * i64(m), n, zeroPoint, lo, hi, mode);
}

@inline
export function wideShift(v: i64, n: i32, zeroPoint: i32, lo: i32, hi: i32, mode: i32): i32 {
  let y = v;
  if (n > 0) {
    const half: i64 = (<i64>1) << i64(n - 1);
    if (mode == 3) y = v >> i64(n);
    else if (mode == 2 && v < 0) y = -((half - v) >> i64(n));
    else {
      y = (v + half) >> i64(n);
      if (mode == 1 && (v & ((half << 1) - 1)) == half && (y & 1) == 1) y--;
    }
  }
  y += i64(zeroPoint);
  return y < i64(lo) ? lo : y > i64(hi) ? hi : i32(y);
}

/** Sums as a register of `bits` holds them: cut to its range, or what is left of them modulo 2^bits. Columns are rounded up to 4. */
export function limit(c: usize, ldc: i32, rows: i32, columns: i32, bits: i32, saturate: i32): void {
  const drop = 32 - bits;
  const high = i32x4.splat(<i32>((<i64>1 << (bits - 1)) - 1));
  const low = v128.not(high);
  for (let r = 0; r < rows; r++) {
    let at = c + ((usize(r) * usize(ldc)) << 2);
    const end = at + (usize(columns) << 2);
    if (saturate) for (; at < end; at += 16) v128.store(at, i32x4.min_s(i32x4.max_s(v128.load(at), low), high));
    else for (; at < end; at += 16) v128.store(at, i32x4.shr_s(i32x4.shl(v128.load(at), drop), drop));
  }
}

/** `muls`, `shifts`: int32, one a row. */
export function requantizeRowsWide(
  c: usize,
  ldc: i32,
  rows: i32,
  columns: i32,
  muls: usize,
  shifts: usize,
  zeroPoint: i32,
  lo: i32,
  hi: i32,
  mode: i32,
): void {
  for (let r: usize = 0; r < usize(rows); r++) {
    const m = load<i32>(muls + (r << 2));
    const n = load<i32>(shifts + (r << 2));
    let at = c + ((r * usize(ldc)) << 2);
    const end = at + (usize(columns) << 2);
    for (; at < end; at += 4) store<i32>(at, wide(load<i32>(at), m, n, zeroPoint, lo, hi, mode));
  }
}

/** `muls`, `shifts`: int32, one a column. */
export function requantizeColumnsWide(
  c: usize,
  ldc: i32,
  rows: i32,
  columns: i32,
  muls: usize,
  shifts: usize,
  zeroPoint: i32,
  lo: i32,
  hi: i32,
  mode: i32,
): void {
  for (let r: usize = 0; r < usize(rows); r++) {
    const at = c + ((r * usize(ldc)) << 2);
    for (let j: usize = 0; j < usize(columns) << 2; j += 4) {
      store<i32>(at + j, wide(load<i32>(at + j), load<i32>(muls + j), load<i32>(shifts + j), zeroPoint, lo, hi, mode));
    }
  }
}
