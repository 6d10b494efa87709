/**
 * The inner product that convolutions and matrix products share: rows of weights times rows of patches,
 * four by two at a time. Integers travel in float64 and every partial sum is proved below 2^53, so the sums
 * are exact. Where |sum| < 2^25 is proved, two rows share one float64 (a + b*2^26): twice as fast.
 */
const PAIR = 67108864; // 2^26
export const PAIR_BOUND = PAIR / 2 - 1;

/** Weight rows ready for `dotRows`: [rows padded to 4][k]; a packed row holds output rows 2r and 2r + 1. */
export interface PackedRows {
  readonly rows: number;
  readonly k: number;
  readonly paired: boolean;
  readonly data: Float64Array;
}

/** The stride of element (row, k) in `w` is rowStep, kStep. `inputMagnitude` is the largest |x|. Copies. */
export function packRows(
  w: ArrayLike<number>,
  from: number,
  rows: number,
  k: number,
  rowStep: number,
  kStep: number,
  zeroPoint: number,
  inputMagnitude: number,
): PackedRows {
  let largest = 0;
  for (let r = 0; r < rows; r++) {
    let sum = 0;
    for (let i = 0, at = from + r * rowStep; i < k; i++, at += kStep) sum += Math.abs((w[at] as number) - zeroPoint);
    largest = Math.max(largest, sum);
  }
  const paired = largest * inputMagnitude <= PAIR_BOUND;
  const lines = Math.ceil((paired ? Math.ceil(rows / 2) : rows) / 4) * 4;
  const data = new Float64Array(lines * k);
  for (let r = 0; r < rows; r++) {
    const line = paired ? (r >> 1) * k : r * k;
    const weight = paired && (r & 1) === 1 ? PAIR : 1;
    for (let i = 0, at = from + r * rowStep; i < k; i++, at += kStep) {
      data[line + i] = (data[line + i] as number) + ((w[at] as number) - zeroPoint) * weight;
    }
  }
  return { rows, k, paired, data };
}

/**
 * acc[to + r*rowStep + p*columnStep] = sum over k of w[r,k] * x[p,k], for p < count. `x` holds rows of k
 * elements, an even number of rows (the last may be padding). |acc| < 2^31.
 */
export function dotRows(
  w: PackedRows,
  x: Float64Array,
  count: number,
  acc: Int32Array,
  to: number,
  rowStep: number,
  columnStep: number,
): void {
  const { k, data, paired, rows } = w;
  const lines = data.length / Math.max(1, k);
  const sums = new Float64Array(8);
  for (let line = 0; line < lines; line += 4) {
    for (let p = 0; p < count; p += 2) {
      dot4x2(data, line * k, x, p * k, k, sums);
      for (let i = 0; i < 8; i++) {
        const column = p + (i & 1);
        if (column >= count) continue;
        const sum = sums[i] as number;
        const row = line + (i >> 1);
        const at = to + column * columnStep;
        if (!paired) {
          if (row < rows) acc[at + row * rowStep] = sum;
          continue;
        }
        const high = Math.floor(sum / PAIR + 0.5);
        if (2 * row < rows) acc[at + 2 * row * rowStep] = sum - high * PAIR;
        if (2 * row + 1 < rows) acc[at + (2 * row + 1) * rowStep] = high;
      }
    }
  }
}

/** Eight dot products: four rows of w with two rows of x. */
function dot4x2(w: Float64Array, w0: number, x: Float64Array, x0: number, k: number, sums: Float64Array): void {
  const w1 = w0 + k;
  const w2 = w1 + k;
  const w3 = w2 + k;
  const x1 = x0 + k;
  let s0 = 0;
  let s1 = 0;
  let s2 = 0;
  let s3 = 0;
  let s4 = 0;
  let s5 = 0;
  let s6 = 0;
  let s7 = 0;
  for (let i = 0; i < k; i++) {
    const u = x[x0 + i] as number;
    const v = x[x1 + i] as number;
    const a = w[w0 + i] as number;
    const b = w[w1 + i] as number;
    const c = w[w2 + i] as number;
    const d = w[w3 + i] as number;
    s0 += a * u;
    s1 += a * v;
    s2 += b * u;
    s3 += b * v;
    s4 += c * u;
    s5 += c * v;
    s6 += d * u;
    s7 += d * v;
  }
  sums[0] = s0;
  sums[1] = s1;
  sums[2] = s2;
  sums[3] = s3;
  sums[4] = s4;
  sums[5] = s5;
  sums[6] = s6;
  sums[7] = s7;
}
