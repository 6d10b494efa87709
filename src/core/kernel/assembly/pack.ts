/**
 * Operands as the product wants them: int16 with the zero point taken off, rows with an even number of elements, panels
 * of eight columns with two factors side by side. A type is a number of types.ts.
 */
import { load1, load8, sizeOfType } from './types';

@inline
function storePair(to: usize, x: v128, y: v128): void {
  v128.store(to, v128.shuffle<i16>(x, y, 0, 8, 1, 9, 2, 10, 3, 11));
  v128.store(to, v128.shuffle<i16>(x, y, 4, 12, 5, 13, 6, 14, 7, 15), 16);
}

/** Rows of k elements (without a gap) as rows of `lda` int16, zeros behind them. lda: k, or k + 1 where k is odd. */
export function toI16Rows(from: usize, type: i32, rows: i32, k: i32, offset: i32, to: usize, lda: i32): void {
  const minus = i16x8.splat(i16(offset));
  const size = sizeOfType(type);
  if (lda == k) {
    k *= rows;
    rows = 1;
  }
  for (let r = 0; r < rows; r++) {
    let source = from + usize(r) * usize(k) * size;
    let target = to + ((usize(r) * usize(lda)) << 1);
    for (let i = 0; i < k; i += 8) {
      v128.store(target, i16x8.sub(load8(source, type), minus));
      source += size << 3;
      target += 16;
    }
    if (lda > k) store<i16>(to + ((usize(r) * usize(lda) + usize(k)) << 1), 0);
  }
}

/**
 * One plane per channel, padded with `fill` (as int16), minus `offset`. A row of `rowSize` elements is split by the column
 * modulo `step`, `phase` elements each: what a filter tap reads at stride `step` lies side by side. Pads may be negative.
 */
export function toPlanes(
  from: usize,
  type: i32,
  channels: i32,
  height: i32,
  width: i32,
  offset: i32,
  fill: i32,
  to: usize,
  paddedHeight: i32,
  top: i32,
  left: i32,
  step: i32,
  phase: i32,
): void {
  const size = sizeOfType(type);
  const rowSize = phase * step;
  const minus = i16x8.splat(i16(offset));
  const filling = i16x8.splat(i16(fill));
  const first = max(0, -left);
  for (let c = 0; c < channels; c++) {
    for (let y = 0; y < paddedHeight; y++) {
      const row = to + ((usize(c * paddedHeight + y) * usize(rowSize)) << 1);
      const inside = y - top;
      const end = row + (usize(rowSize) << 1);
      for (let at = row; at < end; at += 16) v128.store(at, filling);
      if (inside < 0 || inside >= height) continue;
      const source = from + usize((c * height + inside) * width) * size;
      const last = min(width, rowSize - left);
      if (step == 1) {
        let i = first;
        for (; i + 8 <= last; i += 8) {
          v128.store(row + (usize(i + left) << 1), i16x8.sub(load8(source + usize(i) * size, type), minus));
        }
        for (; i < last; i++) store<i16>(row + (usize(i + left) << 1), i16(load1(source + usize(i) * size, type) - offset));
      } else {
        const begin = first + left;
        for (let p = 0; p < step; p++) {
          const q = (begin - p + step - 1) / step; // the first column of this phase
          let i = q * step + p - left;
          let target = row + (usize(p * phase + q) << 1);
          for (; i < last; i += step) {
            store<i16>(target, i16(load1(source + usize(i) * size, type) - offset));
            target += 2;
          }
        }
      }
    }
  }
}

/** `count` int16 from runs of a plane: rows of `outWidth`, `rowStep` apart, beginning inside of a row. */
@inline
function gatherRow(from: usize, column: i32, outWidth: i32, rowStep: usize, count: i32, to: usize): void {
  let run = min(count, outWidth - column);
  from += usize(column) << 1;
  while (true) {
    for (let i = 0; i < run; i += 8) v128.store(to + (usize(i) << 1), v128.load(from + (usize(i) << 1)));
    count -= run;
    if (count <= 0) return;
    to += usize(run) << 1;
    from += rowStep - (usize(column) << 1);
    column = 0;
    run = min(count, outWidth);
  }
}

/**
 * Panels of `count` output positions from (row, column) on. `taps` holds, per k, the address of what output position (0, 0)
 * reads; output rows are `rowStep` bytes apart in the planes. `aligned`: rows begin where panels do.
 */
export function packPatches(
  taps: usize,
  k: i32,
  row: i32,
  column: i32,
  outWidth: i32,
  rowStep: i32,
  count: i32,
  aligned: bool,
  to: usize,
  scratch: usize,
): void {
  const panels = (count + 7) >> 3;
  const panel = usize((k + 1) >> 1) << 5;
  const start = usize(row) * usize(rowStep);
  const second = scratch + (usize(panels) << 4) + 64;
  for (let i = 0; i < k; i += 2) {
    const x = usize(load<u32>(taps + (usize(i) << 2))) + start;
    const odd = i + 1 >= k;
    const y = odd ? x : usize(load<u32>(taps + (usize(i) << 2), 4)) + start;
    let target = to + (usize(i) << 4);
    if (aligned) {
      let dx = usize(column) << 1;
      let left = outWidth - column;
      let base: usize = 0;
      for (let p = 0; p < panels; p++) {
        const at = base + dx;
        storePair(target, v128.load(x + at), odd ? i16x8.splat(0) : v128.load(y + at));
        target += panel;
        dx += 16;
        left -= 8;
        if (left <= 0) {
          left = outWidth;
          dx = 0;
          base += usize(rowStep);
        }
      }
    } else {
      gatherRow(x, column, outWidth, usize(rowStep), count, scratch);
      if (odd) memory.fill(second, 0, usize(panels) << 4);
      else gatherRow(y, column, outWidth, usize(rowStep), count, second);
      for (let p: usize = 0, end = usize(panels) << 4; p < end; p += 16) {
        storePair(target, v128.load(scratch + p), v128.load(second + p));
        target += panel;
      }
    }
  }
}

/** Panels of `count` columns of a matrix [K, N] (`stride` elements a row), k rows from `from` on. */
export function packMatrix(from: usize, type: i32, stride: i32, k: i32, count: i32, offset: i32, to: usize): void {
  const minus = i16x8.splat(i16(offset));
  const size = sizeOfType(type);
  const panel = usize((k + 1) >> 1) << 5;
  const step = usize(stride) * size;
  for (let i = 0; i < k; i += 2) {
    let target = to + (usize(i) << 4);
    let x = from + usize(i) * step;
    let y = x + step;
    const odd = i + 1 >= k;
    for (let j = 0; j < count; j += 8) {
      storePair(target, i16x8.sub(load8(x, type), minus), odd ? i16x8.splat(0) : i16x8.sub(load8(y, type), minus));
      x += size << 3;
      y += size << 3;
      target += panel;
    }
  }
}

/** Panels of `count` rows of a matrix [N, K] (`stride` elements a row), k elements of each from `from` on. */
export function packTransposed(from: usize, type: i32, stride: i32, k: i32, count: i32, offset: i32, to: usize): void {
  const minus = i16x8.splat(i16(offset));
  const size = sizeOfType(type);
  const step = usize(stride) * size;
  const pairs = (k + 1) >> 1;
  for (let j = 0; j < count; j += 8) {
    for (let c = 0; c < 8; c++) {
      // columns behind the last repeat it: nobody reads their sums
      let source = from + usize(min(j + c, count - 1)) * step;
      let target = to + (usize(c) << 2);
      let i = 0;
      for (; i + 8 <= k; i += 8) {
        const v = i16x8.sub(load8(source, type), minus);
        v128.store32_lane(target, v, 0);
        v128.store32_lane(target, v, 1, 32);
        v128.store32_lane(target, v, 2, 64);
        v128.store32_lane(target, v, 3, 96);
        source += size << 3;
        target += 128;
      }
      for (; i < k; i += 2) {
        store<i16>(target, i16(load1(source, type) - offset));
        store<i16>(target, i + 1 < k ? i16(load1(source + size, type) - offset) : 0, 2);
        source += size << 1;
        target += 32;
      }
    }
    to += usize(pairs) << 5;
  }
}
