import { expect, test } from 'vitest';
import { createRng } from '../base/rng';
import { addDots } from './dots';

const shapes: readonly (readonly [number, number, number])[] = [
  [1, 1, 1],
  [3, 5, 2],
  [4, 4, 200],
  [5, 3, 300],
  [1, 9, 1000],
  [9, 1, 1000],
  [7, 130, 513],
  [130, 7, 4099],
];

test.each(shapes)('%i x %i inner products of %i elements have the bits of a plain loop', (rows, columns, k) => {
  const rng = createRng(rows + 10 * columns);
  const odd = [0, -0, 1e300, -1e300, 5e-324, 1 / 3, Infinity, NaN];
  const some = (n: number, wild: boolean): Float64Array =>
    Float64Array.from({ length: n }, () => (wild && rng.int(0, 50) === 0 ? (odd[rng.int(0, 7)] as number) : rng.uniform() - 0.5));
  for (const wild of [false, true]) {
    const a = some(rows * k + 3, wild);
    const b = some(columns * k + 2, wild);
    const byColumn = rng.int(0, 1) === 0;
    const [rowStep, columnStep] = byColumn ? [1, rows] : [columns, 1];
    const before = some(rows * columns + 1, false);
    const out = before.slice();
    addDots(a, 3, rows, b, 2, columns, k, out, 1, rowStep, columnStep);
    const want = before.slice();
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < columns; c++) {
        let sum = 0;
        for (let t = 0; t < k; t++) sum += (a[3 + r * k + t] as number) * (b[2 + c * k + t] as number);
        const at = 1 + r * rowStep + c * columnStep;
        want[at] = (want[at] as number) + sum;
      }
    }
    expect(out).toEqual(want);
  }
});
