/**
 * Windows that slide over the padded planes of toPlanes: largest elements, and convolutions of one channel each. Taps are
 * byte offsets in a plane; a row of outputs is written to the next multiple of 8, and what lies behind its end is
 * overwritten by the next row.
 */

/** Output rows of every plane in order; `offset` is added back (16-bit types), `type` is that of x and of the output. */
export function largestOf(
  planes: usize,
  planeSize: i32,
  channels: i32,
  taps: usize,
  k: i32,
  outHeight: i32,
  outWidth: i32,
  rowStep: i32,
  offset: i32,
  out: usize,
  type: i32,
): void {
  const plus = i16x8.splat(i16(offset));
  const size: usize = type < 2 ? 1 : 2;
  for (let c = 0; c < channels; c++) {
    for (let y = 0; y < outHeight; y++) {
      const row = planes + usize(c) * usize(planeSize) + usize(y) * usize(rowStep);
      for (let x = 0; x < outWidth; x += 8) {
        const at = row + (usize(x) << 1);
        let best = v128.load(at + usize(load<u32>(taps)));
        for (let i: usize = 1; i < usize(k); i++) best = i16x8.max_s(best, v128.load(at + usize(load<u32>(taps + (i << 2)))));
        const to = out + usize(x) * size;
        if (type == 0) v128.store64_lane(to, i8x16.narrow_i16x8_s(best, best), 0);
        else if (type == 1) v128.store64_lane(to, i8x16.narrow_i16x8_u(best, best), 0);
        else v128.store(to, i16x8.add(best, plus));
      }
      out += usize(outWidth) * size;
    }
  }
}

/**
 * Sums of `channels` planes, `each` output channels per plane, into rows of C `ldc` int32 apart. `weights`: rows of `lda`
 * (even) int16; `taps` has lda entries, where k is odd the last is any; `start`: what each sum begins with.
 */
export function depthwise(
  planes: usize,
  planeSize: i32,
  channels: i32,
  each: i32,
  taps: usize,
  weights: usize,
  lda: i32,
  start: usize,
  outHeight: i32,
  outWidth: i32,
  rowStep: i32,
  c: usize,
  ldc: i32,
): void {
  for (let o = 0; o < channels * each; o++) {
    const plane = planes + usize(o / each) * usize(planeSize);
    const w = weights + ((usize(o) * usize(lda)) << 1);
    const first = v128.load_splat<u32>(start + (usize(o) << 2));
    let to = c + ((usize(o) * usize(ldc)) << 2);
    for (let y = 0; y < outHeight; y++) {
      const row = plane + usize(y) * usize(rowStep);
      for (let x = 0; x < outWidth; x += 8) {
        const at = row + (usize(x) << 1);
        let s0 = first;
        let s1 = first;
        for (let i: usize = 0; i < usize(lda); i += 2) {
          const a = v128.load(at + usize(load<u32>(taps + (i << 2))));
          const b = v128.load(at + usize(load<u32>(taps + (i << 2), 4)));
          const pair = v128.load_splat<u32>(w + (i << 1));
          s0 = i32x4.add(s0, i32x4.dot_i16x8_s(v128.shuffle<i16>(a, b, 0, 8, 1, 9, 2, 10, 3, 11), pair));
          s1 = i32x4.add(s1, i32x4.dot_i16x8_s(v128.shuffle<i16>(a, b, 4, 12, 5, 13, 6, 14, 7, 15), pair));
        }
        v128.store(to + (usize(x) << 2), s0);
        v128.store(to + (usize(x) << 2), s1, 16);
      }
      to += usize(outWidth) << 2;
    }
  }
}
