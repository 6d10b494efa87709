/**
 * Inner products in float64, each summed from its first element to its last: the same bits as a plain loop, two of them
 * per vector.
 */

/** Rows of k float64 as panels of four, [panel][k][4]; behind the last row its copies. */
export function packDots(from: usize, k: i32, rows: i32, to: usize): void {
  const step = usize(k) << 3;
  for (let r = 0; r < rows; r += 4) {
    const r0 = from + usize(r) * step;
    const r1 = from + usize(min(r + 1, rows - 1)) * step;
    const r2 = from + usize(min(r + 2, rows - 1)) * step;
    const r3 = from + usize(min(r + 3, rows - 1)) * step;
    for (let at: usize = 0; at < step; at += 8) {
      store<f64>(to, load<f64>(r0 + at));
      store<f64>(to, load<f64>(r1 + at), 8);
      store<f64>(to, load<f64>(r2 + at), 16);
      store<f64>(to, load<f64>(r3 + at), 24);
      to += 32;
    }
  }
}

/** Four rows of a with one panel. */
@inline
function tile4(a: usize, b: usize, k: i32, c: usize, ldc: usize): void {
  const step = usize(k) << 3;
  const a1 = a + step;
  const a2 = a1 + step;
  const a3 = a2 + step;
  let s00 = f64x2.splat(0);
  let s01 = s00;
  let s10 = s00;
  let s11 = s00;
  let s20 = s00;
  let s21 = s00;
  let s30 = s00;
  let s31 = s00;
  for (let at: usize = 0; at < step; at += 8) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    const p = v128.load_splat<u64>(a + at);
    s00 = f64x2.add(s00, f64x2.mul(p, b0));
    s01 = f64x2.add(s01, f64x2.mul(p, b1));
    const q = v128.load_splat<u64>(a1 + at);
    s10 = f64x2.add(s10, f64x2.mul(q, b0));
    s11 = f64x2.add(s11, f64x2.mul(q, b1));
    const u = v128.load_splat<u64>(a2 + at);
    s20 = f64x2.add(s20, f64x2.mul(u, b0));
    s21 = f64x2.add(s21, f64x2.mul(u, b1));
    const v = v128.load_splat<u64>(a3 + at);
    s30 = f64x2.add(s30, f64x2.mul(v, b0));
    s31 = f64x2.add(s31, f64x2.mul(v, b1));
    b += 32;
  }
  v128.store(c, s00);
  v128.store(c, s01, 16);
  v128.store(c + ldc, s10);
  v128.store(c + ldc, s11, 16);
  v128.store(c + 2 * ldc, s20);
  v128.store(c + 2 * ldc, s21, 16);
  v128.store(c + 3 * ldc, s30);
  v128.store(c + 3 * ldc, s31, 16);
}

@inline
function tile1(a: usize, b: usize, k: i32, c: usize): void {
  let s0 = f64x2.splat(0);
  let s1 = s0;
  const end = a + (usize(k) << 3);
  for (; a < end; a += 8) {
    const p = v128.load_splat<u64>(a);
    s0 = f64x2.add(s0, f64x2.mul(p, v128.load(b)));
    s1 = f64x2.add(s1, f64x2.mul(p, v128.load(b, 16)));
    b += 32;
  }
  v128.store(c, s0);
  v128.store(c, s1, 16);
}

/** C (`4 * panels` float64 a row) = rows of a times the rows in the panels. */
export function dots(a: usize, rows: i32, b: usize, k: i32, panels: i32, c: usize): void {
  const row = usize(k) << 3;
  const ldc = usize(panels) << 5;
  let r = 0;
  for (; r + 4 <= rows; r += 4) {
    for (let j = 0; j < panels; j++) tile4(a, b + usize(j) * (row << 2), k, c + (usize(j) << 5), ldc);
    a += row << 2;
    c += ldc << 2;
  }
  for (; r < rows; r++) {
    for (let j = 0; j < panels; j++) tile1(a, b + usize(j) * (row << 2), k, c + (usize(j) << 5));
    a += row;
    c += ldc;
  }
}
