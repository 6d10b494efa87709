/**
 * Inner products of all rows of one matrix with all rows of another in float64, four by two at a time: what
 * convolutions and matrix products spend their time on.
 */

/** One by one, for the rows that are left over. */
function dot(a: Float64Array, i: number, b: Float64Array, j: number, k: number): number {
  let sum = 0;
  for (let t = 0; t < k; t++) sum += (a[i + t] as number) * (b[j + t] as number);
  return sum;
}

/**
 * out[to + r * rowStep + c * columnStep] += a[fromA + r] . b[fromB + c], rows of k elements; offsets and steps in
 * elements.
 */
export function addDots(
  a: Float64Array,
  fromA: number,
  rows: number,
  b: Float64Array,
  fromB: number,
  columns: number,
  k: number,
  out: Float64Array,
  to: number,
  rowStep: number,
  columnStep: number,
): void {
  const [wholeRows, wholeColumns] = [rows - (rows % 4), columns - (columns % 2)];
  for (let r = 0; r < wholeRows; r += 4) {
    const i0 = fromA + r * k;
    const [i1, i2, i3] = [i0 + k, i0 + 2 * k, i0 + 3 * k];
    for (let c = 0; c < wholeColumns; c += 2) {
      const j0 = fromB + c * k;
      const j1 = j0 + k;
      let s00 = 0;
      let s01 = 0;
      let s10 = 0;
      let s11 = 0;
      let s20 = 0;
      let s21 = 0;
      let s30 = 0;
      let s31 = 0;
      for (let t = 0; t < k; t++) {
        const x = b[j0 + t] as number;
        const y = b[j1 + t] as number;
        const p = a[i0 + t] as number;
        s00 += p * x;
        s01 += p * y;
        const q = a[i1 + t] as number;
        s10 += q * x;
        s11 += q * y;
        const u = a[i2 + t] as number;
        s20 += u * x;
        s21 += u * y;
        const v = a[i3 + t] as number;
        s30 += v * x;
        s31 += v * y;
      }
      let at = to + r * rowStep + c * columnStep;
      out[at] = (out[at] as number) + s00;
      out[at + columnStep] = (out[at + columnStep] as number) + s01;
      at += rowStep;
      out[at] = (out[at] as number) + s10;
      out[at + columnStep] = (out[at + columnStep] as number) + s11;
      at += rowStep;
      out[at] = (out[at] as number) + s20;
      out[at + columnStep] = (out[at + columnStep] as number) + s21;
      at += rowStep;
      out[at] = (out[at] as number) + s30;
      out[at + columnStep] = (out[at + columnStep] as number) + s31;
    }
  }
  for (let r = 0; r < rows; r++) {
    for (let c = r < wholeRows ? wholeColumns : 0; c < columns; c++) {
      const at = to + r * rowStep + c * columnStep;
      out[at] = (out[at] as number) + dot(a, fromA + r * k, b, fromB + c * k, k);
    }
  }
}
