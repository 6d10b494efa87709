/**
 * A tensor as a small picture: rows and columns of its matrix form, each cell the element of largest
 * magnitude among those it stands for (so that outliers survive the shrinking).
 */
import type { HeatMap } from './types';

/** Rows and columns of a tensor as a matrix: the first axis against all others; batch axes of 1 in front are left out. */
export function matrixShape(shape: readonly number[]): { readonly rows: number; readonly columns: number } {
  let first = 0;
  while (first < shape.length - 2 && shape[first] === 1) first++;
  const rest = shape.slice(first);
  if (rest.length < 2) return { rows: 1, columns: rest[0] ?? 1 };
  return { rows: rest[0] as number, columns: rest.slice(1).reduce((a, b) => a * b, 1) };
}

/** At most `maxWidth` x `maxHeight` cells; smaller tensors keep one cell an element. */
export function heatMap(values: ArrayLike<number>, shape: readonly number[], maxWidth = 256, maxHeight = 256): HeatMap {
  const { rows, columns } = matrixShape(shape);
  const height = Math.min(rows, maxHeight);
  const width = Math.min(columns, maxWidth);
  const out = new Array<number>(width * height).fill(0);
  for (let r = 0; r < rows; r++) {
    const y = Math.floor((r * height) / rows);
    for (let c = 0; c < columns; c++) {
      const cell = y * width + Math.floor((c * width) / columns);
      const v = values[r * columns + c] as number;
      if (Math.abs(v) > Math.abs(out[cell] as number)) out[cell] = v;
    }
  }
  return { width, height, values: out };
}
