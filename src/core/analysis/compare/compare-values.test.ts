import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareValues, differenceOfValues, histogramsOf } from './compare-values';

test('rounding alone is no difference, one step is', () => {
  const float = [0.1, 0.26, -0.24, 1];
  const rounded = [0, 0.25, -0.25, 1];
  expect(compareValues(float, rounded, 0.25).changed).toBe(0);
  expect(compareValues(float, [0, 0.5, -0.25, 1], 0.25)).toMatchObject({ changed: 1, elements: 4 });
  // a step in float32 is not quite a step
  expect(compareValues([Math.fround(0.3)], [Math.fround(0.2)], Math.fround(0.1)).changed).toBe(1);
});

test('without a quantizer every difference counts, and equal tensors have no SQNR', () => {
  expect(compareValues([1, 2], [1, 2.0001], 0).changed).toBe(1);
  expect(compareValues([1, 2], [1, 2], 0.1)).toEqual({ elements: 2, changed: 0, maxAbs: 0, meanAbs: 0, sqnrDb: undefined });
  expect(compareValues([], [], 1)).toMatchObject({ elements: 0, meanAbs: 0 });
});

test('distances and SQNR are those of the definition', () => {
  const made = compareValues([10, 0], [9, 1], 1);
  expect(made).toMatchObject({ changed: 2, maxAbs: 1, meanAbs: 1 });
  expect(made.sqnrDb).toBeCloseTo(10 * Math.log10(100 / 2), 12);
});

test('no element is lost in the distributions', () => {
  const values = fc.array(fc.float({ min: -1000, max: 1000, noNaN: true }), { minLength: 1, maxLength: 60 });
  fc.assert(
    fc.property(values, fc.integer(), (a, seed) => {
      const b = a.map((v, i) => Math.fround(v + ((seed + i) % 7) / 8));
      const made = histogramsOf(a, b);
      for (const h of [made.a, made.b, made.difference]) expect(h.counts.reduce((s, n) => s + n, 0)).toBe(a.length);
      expect([made.a.lo, made.a.hi]).toEqual([made.b.lo, made.b.hi]);
      expect([...differenceOfValues(a, b)]).toEqual(a.map((v, i) => Math.fround((b[i] ?? 0) - v)));
    }),
  );
});
