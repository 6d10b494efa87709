import fc from 'fast-check';
import { expect, test } from 'vitest';
import { pageOf, tileCache, tilesOf, type Window } from './tiles';

const extent = fc.integer({ min: 1, max: 300 });
const place = fc.integer({ min: 0, max: 320 });
const windows = fc.record({ row: place, rows: extent, column: place, columns: extent });

const answer = (w: Window, columns: number) => ({
  shape: [],
  rows: w.rows,
  columns: w.columns,
  values: Int32Array.from(
    { length: w.rows * w.columns },
    (_, i) => (w.row + Math.floor(i / w.columns)) * columns + w.column + (i % w.columns),
  ),
  min: 0,
  max: 0,
});
const settled = () => new Promise((resolve) => setTimeout(resolve, 0));

test('tiles cover each visible cell of the slice once and nothing beyond it', () => {
  fc.assert(
    fc.property(windows, extent, extent, (window, rows, columns) => {
      const tiles = tilesOf(window, { rows, columns });
      for (const t of tiles) {
        expect(t.row + t.rows).toBeLessThanOrEqual(rows);
        expect(t.column + t.columns).toBeLessThanOrEqual(columns);
      }
      // The corners and the middle of what is visible stand for all cells: tiles are rectangles of a fixed grid.
      const lastRow = Math.min(rows, window.row + window.rows) - 1;
      const lastColumn = Math.min(columns, window.column + window.columns) - 1;
      for (const row of [window.row, (window.row + lastRow) >> 1, lastRow]) {
        for (const column of [window.column, (window.column + lastColumn) >> 1, lastColumn]) {
          const inside = row >= window.row && row <= lastRow && column >= window.column && column <= lastColumn;
          const holders = tiles.filter((t) => row >= t.row && row < t.row + t.rows && column >= t.column && column < t.column + t.columns);
          if (inside) expect(holders).toHaveLength(1);
        }
      }
    }),
  );
});

test('pages partition an axis and hold the place that was asked for', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10_000 }), fc.nat(12_000), fc.integer({ min: 1, max: 3_000 }), (n, at, most) => {
      const page = pageOf(n, at, most);
      const inside = Math.min(at, n - 1);
      expect(page.first).toBeLessThanOrEqual(inside);
      expect(page.first + page.count).toBeGreaterThan(inside);
      expect(page.first + page.count).toBeLessThanOrEqual(n);
      expect(page.first % most).toBe(0);
    }),
  );
});

test('a cell is loading until its tile has come, and then it is the element', async () => {
  const slice = { rows: 100, columns: 150 };
  const asked: Window[] = [];
  const cache = tileCache(slice, async (w) => {
    asked.push(w);
    return answer(w, slice.columns);
  });
  const window = { row: 60, rows: 10, column: 60, columns: 70 };
  cache.want(window);
  cache.want(window);
  expect(asked).toHaveLength(6);
  expect(cache.cell(69, 129)).toBe('loading');
  await settled();
  for (const [row, column] of [
    [60, 60],
    [63, 63],
    [64, 64],
    [69, 129],
  ] as const)
    expect(cache.cell(row, column)).toBe(row * 150 + column);
});

test('the least recently wanted tiles go, and are asked for again', async () => {
  let asked = 0;
  const slice = { rows: 64 * 5, columns: 1 };
  const cache = tileCache(
    slice,
    async (w) => {
      asked++;
      return answer(w, 1);
    },
    2,
  );
  for (const row of [0, 64, 128]) {
    cache.want({ row, rows: 1, column: 0, columns: 1 });
    await settled();
  }
  expect(cache.cell(0, 0)).toBe('loading');
  expect(cache.cell(64, 0)).toBe(64);
  cache.want({ row: 0, rows: 1, column: 0, columns: 1 });
  expect(asked).toBe(4);
});

test('a tile that failed says so, and a retry asks again', async () => {
  let broken = true;
  const cache = tileCache({ rows: 4, columns: 4 }, async (w) => {
    if (broken) throw new Error('gone');
    return answer(w, 4);
  });
  const all = { row: 0, rows: 4, column: 0, columns: 4 };
  cache.want(all);
  await settled();
  expect(cache.cell(0, 0)).toBe('failed');
  expect(cache.error()).toEqual(new Error('gone'));
  broken = false;
  cache.retry();
  cache.want(all);
  await settled();
  expect([cache.cell(0, 0), cache.error()]).toEqual([0, undefined]);
});
