import { describe, expect, test } from 'vitest';
import { createRng } from '../core/base/rng';
import type { IntTensor } from '../core/ir/integer-model';
import { windowOf } from './layer-tensors';

const rng = createRng(1);
const shape = [2, 3, 5, 7];
const tensor: IntTensor = { dtype: 'int16', shape, data: Int16Array.from({ length: 210 }, () => rng.int(-999, 999)) };
const at = (a: number, b: number, r: number, c: number): number => Number(tensor.data[((a * 3 + b) * 5 + r) * 7 + c]);

describe('a window of a tensor', () => {
  test('holds the elements at its place', () => {
    for (let i = 0; i < 50; i++) {
      const [a, b, row, column] = [rng.int(0, 1), rng.int(0, 2), rng.int(0, 4), rng.int(0, 6)];
      const w = windowOf(tensor, [a, b], { row, rows: rng.int(1, 9), column, columns: rng.int(1, 9) });
      for (let r = 0; r < w.rows; r++) {
        for (let c = 0; c < w.columns; c++) expect(w.values[r * w.columns + c]).toBe(at(a, b, row + r, column + c));
      }
      expect(row + w.rows <= 5 && column + w.columns <= 7 && w.rows > 0 && w.columns > 0).toBe(true);
    }
  });

  test('with fewer axes fixed, those that follow the rows lie in the columns', () => {
    for (let i = 0; i < 50; i++) {
      const [a, b, r, c] = [rng.int(0, 1), rng.int(0, 2), rng.int(0, 4), rng.int(0, 6)];
      const one = windowOf(tensor, [a], { row: b, rows: 1, column: r * 7 + c, columns: 1 });
      const none = windowOf(tensor, [], { row: a, rows: 1, column: (b * 5 + r) * 7 + c, columns: 1 });
      expect([...one.values, ...none.values]).toEqual([at(a, b, r, c), at(a, b, r, c)]);
    }
    const all = windowOf(tensor, [], { row: 0, rows: 99, column: 0, columns: 999 });
    expect([all.rows, all.columns, [...all.values]]).toEqual([2, 105, [...(tensor.data as Int16Array)]]);
  });

  test('colours mean the same in every window: the extrema are those of the tensor', () => {
    const w = windowOf(tensor, [0, 0], { row: 0, rows: 1, column: 0, columns: 1 });
    expect([w.min, w.max]).toEqual([Math.min(...(tensor.data as Int16Array)), Math.max(...(tensor.data as Int16Array))]);
    expect(w.shape).toEqual(shape);
  });

  test('outside of the tensor it is empty or cut, never an error', () => {
    const w = windowOf(tensor, [9, -4], { row: 4, rows: 100, column: 99, columns: 3 });
    expect([w.rows, w.columns, w.values.length]).toEqual([1, 0, 0]);
  });

  test('a vector is a row, a scalar a cell, 64-bit integers saturate', () => {
    const all = { row: 0, rows: 9, column: 0, columns: 9 };
    const vector = windowOf({ dtype: 'int64', shape: [3], data: BigInt64Array.of(1n << 40n, -5n, -(1n << 50n)) }, [], all);
    expect([...vector.values]).toEqual([2147483647, -5, -2147483648]);
    expect([vector.rows, vector.columns, vector.max]).toEqual([1, 3, 2 ** 40]);
    const scalar = windowOf({ dtype: 'uint8', shape: [], data: Uint8Array.of(7) }, [], all);
    expect([scalar.rows, scalar.columns, ...scalar.values]).toEqual([1, 1, 7]);
  });
});
