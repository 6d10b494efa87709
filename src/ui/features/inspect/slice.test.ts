import fc from 'fast-check';
import { expect, test } from 'vitest';
import { firstFixed, indexOf, mostFixed, parseIndex, placeOf, sliceOf } from './slice';

const shapes = fc.array(fc.integer({ min: 1, max: 5 }), { maxLength: 5 });

/** Row-major position by Horner's rule: the oracle. */
const flat = (shape: readonly number[], index: readonly number[]) => shape.reduce((at, n, i) => at * n + (index[i] as number), 0);

test('the cells of a slice are its elements in row-major order, and placeOf brings each back', () => {
  fc.assert(
    fc.property(shapes, fc.nat(5), fc.nat(), (shape, wish, seed) => {
      const fixed = Math.min(wish, mostFixed(shape));
      const index = shape.slice(0, fixed).map((n, i) => (seed + i) % n);
      const slice = sliceOf(shape, index);
      const first = flat(shape, [...index, ...shape.slice(fixed).map(() => 0)]);
      for (let row = 0; row < slice.rows; row++) {
        for (let column = 0; column < slice.columns; column++) {
          const full = indexOf(shape, slice, row, column);
          expect(full).toHaveLength(shape.length);
          expect(flat(shape, full)).toBe(first + row * slice.columns + column);
          expect(placeOf(shape, full, fixed)).toEqual({ index, row: shape.length === 0 ? 0 : row, column });
        }
      }
      expect(slice.rows * slice.columns * shape.slice(0, fixed).reduce((a, b) => a * b, 1)).toBe(shape.reduce((a, b) => a * b, 1));
    }),
  );
});

test('a full index and its position mean the same element', () => {
  fc.assert(
    fc.property(
      shapes.filter((s) => s.length > 1),
      fc.nat(),
      (shape, seed) => {
        const size = shape.reduce((a, b) => a * b, 1);
        const position = seed % size;
        const full = parseIndex(String(position), shape);
        expect(flat(shape, full as number[])).toBe(position);
        expect(parseIndex((full as number[]).join(', '), shape)).toEqual(full);
        expect(parseIndex(`[${(full as number[]).join('][')}]`, shape)).toEqual(full);
      },
    ),
  );
});

test('an index that is none says why', () => {
  expect(parseIndex('', [2, 2])).toMatch(/Whole numbers/);
  expect(parseIndex('1, x', [2, 2])).toMatch(/Whole numbers/);
  expect(parseIndex('1, 2', [2, 2])).toBe('Axis 1 ends at 1');
  expect(parseIndex('4', [2, 2])).toBe('The last position is 3');
  expect(parseIndex('0,0,0', [2, 2])).toBe('2 numbers, or one position');
  expect(parseIndex('3', [4])).toEqual([3]);
  expect(parseIndex('4', [4])).toBe('Axis 0 ends at 3');
});

test('images open as one channel, kernels as a matrix of output channels, huge matrices stay matrices', () => {
  expect(firstFixed([1, 16, 28, 28])).toBe(2);
  expect(firstFixed([16, 1, 3, 3])).toBe(0);
  expect(firstFixed([64, 64, 3, 3])).toBe(0);
  expect(firstFixed([512, 512, 3, 3])).toBe(0);
  expect(firstFixed([1, 1, 28, 28])).toBe(2);
  expect(firstFixed([1, 64, 1, 1])).toBe(1);
  expect(firstFixed([1, 197, 768])).toBe(1);
  expect(firstFixed([30522, 768])).toBe(0);
  expect([firstFixed([]), firstFixed([7])]).toEqual([0, 0]);
});
