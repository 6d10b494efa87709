/**
 * Inner products of all rows of one matrix with all rows of another in float64, in the kernel: what convolutions and
 * matrix products spend their time on. Law: each is summed from its first element to its last, as a plain loop would.
 */
import { borrowKernel } from '../kernel/kernel';

/** Products and sums for which the kernel's copies are not worth while. */
const FEW = 2048;
/** Bytes of the left rows, and of the right ones, that lie in the kernel at a time. */
const LEFT = 4194304;
const RIGHT = 524288;

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
  if (rows * columns * k <= FEW) {
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < columns; c++) {
        const at = to + r * rowStep + c * columnStep;
        out[at] = (out[at] as number) + dot(a, fromA + r * k, b, fromB + c * k, k);
      }
    }
    return;
  }
  const { kernel, giveBack } = borrowKernel();
  try {
    const someRows = Math.min(rows, 4 * Math.ceil(LEFT / (32 * k)));
    const someColumns = Math.min(4 * Math.ceil(columns / 4), 4 * Math.ceil(RIGHT / (32 * k)));
    const sums = new Float64Array(someRows * someColumns);
    kernel.reset();
    const left = kernel.room(8 * someRows * k);
    const right = kernel.room(8 * someColumns * k);
    const panels = kernel.room(8 * someColumns * k);
    const block = kernel.room(8 * someRows * someColumns);
    for (let c = 0; c < columns; c += someColumns) {
      const width = Math.min(someColumns, columns - c);
      const padded = 4 * Math.ceil(width / 4);
      kernel.write(right, b.subarray(fromB + c * k, fromB + (c + width) * k));
      kernel.packDots(right, k, width, panels);
      for (let r = 0; r < rows; r += someRows) {
        const height = Math.min(someRows, rows - r);
        if (c === 0 || rows > someRows) kernel.write(left, a.subarray(fromA + r * k, fromA + (r + height) * k));
        kernel.dots(left, height, panels, k, padded / 4, block);
        kernel.take(block, sums.subarray(0, height * padded));
        for (let i = 0; i < height; i++) {
          let at = to + (r + i) * rowStep + c * columnStep;
          for (let j = i * padded, end = j + width; j < end; j++, at += columnStep) out[at] = (out[at] as number) + (sums[j] as number);
        }
      }
    }
  } finally {
    giveBack();
  }
}
