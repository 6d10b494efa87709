import fc from 'fast-check';
import { expect, test } from 'vitest';
import { moveCell } from './move-cell';

const keys = ['ArrowUp', 'ArrowDown', 'ArrowLeft', 'ArrowRight', 'PageUp', 'PageDown', 'Home', 'End'];

test('every key of the grid ends inside it, whatever its size', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...keys),
      fc.boolean(),
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 1, max: 9 }),
      fc.nat(),
      fc.nat(),
      (key, ctrlKey, rows, columns, r, c) => {
        const next = moveCell({ key, ctrlKey, metaKey: false }, { row: r % rows, column: c % columns }, { rows, columns, page: 4 });
        expect(next).toBeDefined();
        expect(next?.row).toBeGreaterThanOrEqual(0);
        expect(next?.row).toBeLessThan(rows);
        expect(next?.column).toBeGreaterThanOrEqual(0);
        expect(next?.column).toBeLessThan(columns);
      },
    ),
  );
});

test('opposite keys undo each other away from the border, other keys are left alone', () => {
  const size = { rows: 9, columns: 9, page: 3 };
  const press = (key: string, at: { row: number; column: number }) => moveCell({ key, ctrlKey: false, metaKey: false }, at, size);
  for (const [there, back] of [
    ['ArrowUp', 'ArrowDown'],
    ['ArrowLeft', 'ArrowRight'],
    ['PageUp', 'PageDown'],
  ] as const) {
    const moved = press(there, { row: 4, column: 4 });
    expect(moved).not.toEqual({ row: 4, column: 4 });
    expect(moved && press(back, moved)).toEqual({ row: 4, column: 4 });
  }
  expect(press('a', { row: 0, column: 0 })).toBeUndefined();
  expect(moveCell({ key: 'End', ctrlKey: true, metaKey: false }, { row: 0, column: 0 }, size)).toEqual({ row: 8, column: 8 });
});
