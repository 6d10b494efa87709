/**
 * C += A * B for int16 factors and int32 sums. A: rows of int16, `lda` elements apart. B: panels of eight columns,
 * [panel][k/2][8][2], so that one load holds two factors of four columns. Products and sums are modulo 2^32: exact
 * wherever the total fits int32, which lowering proves, whatever the partial sums do.
 */

/** C of four rows and eight columns. */
@inline
function tile4(a: usize, lda: usize, b: usize, k: i32, c: usize, ldc: usize): void {
  const a1 = a + lda;
  const a2 = a1 + lda;
  const a3 = a2 + lda;
  const c1 = c + ldc;
  const c2 = c1 + ldc;
  const c3 = c2 + ldc;
  let s00 = v128.load(c);
  let s01 = v128.load(c, 16);
  let s10 = v128.load(c1);
  let s11 = v128.load(c1, 16);
  let s20 = v128.load(c2);
  let s21 = v128.load(c2, 16);
  let s30 = v128.load(c3);
  let s31 = v128.load(c3, 16);
  let at: usize = 0;
  const end = usize(k) << 1;
  while (at < end) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    const w0 = v128.load_splat<u32>(a + at);
    s00 = i32x4.add(s00, i32x4.dot_i16x8_s(w0, b0));
    s01 = i32x4.add(s01, i32x4.dot_i16x8_s(w0, b1));
    const w1 = v128.load_splat<u32>(a1 + at);
    s10 = i32x4.add(s10, i32x4.dot_i16x8_s(w1, b0));
    s11 = i32x4.add(s11, i32x4.dot_i16x8_s(w1, b1));
    const w2 = v128.load_splat<u32>(a2 + at);
    s20 = i32x4.add(s20, i32x4.dot_i16x8_s(w2, b0));
    s21 = i32x4.add(s21, i32x4.dot_i16x8_s(w2, b1));
    const w3 = v128.load_splat<u32>(a3 + at);
    s30 = i32x4.add(s30, i32x4.dot_i16x8_s(w3, b0));
    s31 = i32x4.add(s31, i32x4.dot_i16x8_s(w3, b1));
    b += 32;
    at += 4;
  }
  v128.store(c, s00);
  v128.store(c, s01, 16);
  v128.store(c1, s10);
  v128.store(c1, s11, 16);
  v128.store(c2, s20);
  v128.store(c2, s21, 16);
  v128.store(c3, s30);
  v128.store(c3, s31, 16);
}

@inline
function tile1(a: usize, b: usize, k: i32, c: usize): void {
  let s0 = v128.load(c);
  let s1 = v128.load(c, 16);
  let at: usize = 0;
  const end = usize(k) << 1;
  while (at < end) {
    const w = v128.load_splat<u32>(a + at);
    s0 = i32x4.add(s0, i32x4.dot_i16x8_s(w, v128.load(b)));
    s1 = i32x4.add(s1, i32x4.dot_i16x8_s(w, v128.load(b, 16)));
    b += 32;
    at += 4;
  }
  v128.store(c, s0);
  v128.store(c, s1, 16);
}

/** `k` is even. `lda` counts int16, `ldc` int32 elements. Panels of B follow each other. */
export function gemm(a: usize, lda: i32, rows: i32, b: usize, k: i32, panels: i32, c: usize, ldc: i32): void {
  const rowA = usize(lda) << 1;
  const rowC = usize(ldc) << 2;
  const panel = usize(k) << 4;
  let r = 0;
  for (; r + 4 <= rows; r += 4) {
    for (let j = 0; j < panels; j++) tile4(a, rowA, b + usize(j) * panel, k, c + (usize(j) << 5), rowC);
    a += rowA << 2;
    c += rowC << 2;
  }
  for (; r < rows; r++) {
    for (let j = 0; j < panels; j++) tile1(a, b + usize(j) * panel, k, c + (usize(j) << 5));
    a += rowA;
    c += rowC;
  }
}

/** Every element of row r becomes values[r]. Columns: a multiple of 8. */
export function fillRows(c: usize, ldc: i32, rows: i32, columns: i32, values: usize): void {
  for (let r = 0; r < rows; r++) {
    const v = v128.load_splat<u32>(values + (usize(r) << 2));
    let at = c + ((usize(r) * usize(ldc)) << 2);
    const end = at + (usize(columns) << 2);
    for (; at < end; at += 16) v128.store(at, v);
  }
}

/** Every row becomes `values`. */
export function fillColumns(c: usize, ldc: i32, rows: i32, columns: i32, values: usize): void {
  for (let r = 0; r < rows; r++) memory.copy(c + ((usize(r) * usize(ldc)) << 2), values, usize(columns) << 2);
}

/** Adds values[r] to row r. */
export function addRows(c: usize, ldc: i32, rows: i32, columns: i32, values: usize): void {
  for (let r = 0; r < rows; r++) {
    const v = v128.load_splat<u32>(values + (usize(r) << 2));
    let at = c + ((usize(r) * usize(ldc)) << 2);
    const end = at + (usize(columns) << 2);
    for (; at < end; at += 16) v128.store(at, i32x4.add(v128.load(at), v));
  }
}

/** Adds `values` to every row. */
export function addColumns(c: usize, ldc: i32, rows: i32, columns: i32, values: usize): void {
  for (let r = 0; r < rows; r++) {
    const at = c + ((usize(r) * usize(ldc)) << 2);
    for (let j: usize = 0; j < usize(columns) << 2; j += 16) v128.store(at + j, i32x4.add(v128.load(at + j), v128.load(values + j)));
  }
}

/** values[j] += factor * (sum over k of column j of the panels), modulo 2^32. */
export function columnSums(b: usize, k: i32, panels: i32, factor: i32, values: usize): void {
  const ones = i16x8.splat(1);
  const f = i32x4.splat(factor);
  for (let j = 0; j < panels; j++) {
    let s0 = i32x4.splat(0);
    let s1 = s0;
    for (let i = 0; i < k; i += 2) {
      s0 = i32x4.add(s0, i32x4.dot_i16x8_s(ones, v128.load(b)));
      s1 = i32x4.add(s1, i32x4.dot_i16x8_s(ones, v128.load(b, 16)));
      b += 32;
    }
    v128.store(values, i32x4.add(v128.load(values), i32x4.mul(s0, f)));
    v128.store(values, i32x4.add(v128.load(values, 16), i32x4.mul(s1, f)), 16);
    values += 32;
  }
}

/** values[r] += factor * (sum of row r), modulo 2^32. */
export function rowSums(a: usize, lda: i32, rows: i32, k: i32, factor: i32, values: usize): void {
  for (let r = 0; r < rows; r++) {
    let sum = 0;
    for (let i = 0; i < k; i++) sum += i32(load<i16>(a + (usize(i) << 1)));
    store<i32>(values, load<i32>(values) + sum * factor);
    a += usize(lda) << 1;
    values += 4;
  }
}
