import fc from 'fast-check';
import { expect, test } from 'vitest';
import { panBy, windowAt } from './view-window';

test('a window never leaves its slice, wherever it is sent', () => {
  const int = (min: number, max: number) => fc.integer({ min, max });
  fc.assert(
    fc.property(int(1, 3000), int(1, 3000), fc.constantFrom(0, 16, 64), int(-5000, 5000), int(-5000, 5000), (rows, columns, size, r, c) => {
      const w = windowAt(rows, columns, size, r, c);
      expect(w.row).toBeGreaterThanOrEqual(0);
      expect(w.column).toBeGreaterThanOrEqual(0);
      expect(w.row + w.rows).toBeLessThanOrEqual(rows);
      expect(w.column + w.columns).toBeLessThanOrEqual(columns);
      expect(w.rows).toBeGreaterThan(0);
    }),
  );
});

test('arrows pan by a quarter', () => {
  const w = windowAt(100, 100, 16, 10, 10);
  expect([panBy('ArrowDown', w), panBy('ArrowLeft', w), panBy('a', w)]).toEqual([[4, 0], [0, -4], undefined]);
});
