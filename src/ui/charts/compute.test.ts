import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { diverge, histogramBars, levelOf, moveBy, orderOf, outliers, quantizationGrid, thin } from './compute';
import { countText, realText, shareText } from './format';

describe('histogram bars', () => {
  test('merging bins loses no count and stays within the limit', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1000), { minLength: 1, maxLength: 300 }), fc.integer({ min: 1, max: 128 }), (counts, most) => {
        const bars = histogramBars({ lo: -2, hi: 3, counts }, undefined, most);
        expect(bars.length).toBeLessThanOrEqual(most);
        expect(bars.reduce((s, b) => s + b.count, 0)).toBe(counts.reduce((s, c) => s + c, 0));
        expect(bars[0]?.x0).toBe(-2);
        expect(bars.at(-1)?.x1).toBeCloseTo(3, 12);
      }),
    );
  });
  test('bars outside the representable range are clipped', () => {
    const bars = histogramBars({ lo: 0, hi: 4, counts: [1, 1, 1, 1] }, { lo: 1, hi: 3 }, 10);
    expect(bars.map((b) => b.clipped)).toEqual([true, false, false, true]);
  });
  test('an empty histogram draws nothing', () => {
    expect(histogramBars({ lo: 0, hi: 0, counts: [1] }, undefined, 10)).toEqual([]);
  });
});

test('grid lines are the real values of every integer, and none when they are too many', () => {
  expect(quantizationGrid({ lo: -1, hi: 1, scale: 0.5 }, 16)).toEqual([-1, -0.5, 0, 0.5, 1]);
  expect(quantizationGrid({ lo: -128, hi: 127, scale: 1 }, 16)).toEqual([]);
});

test('a level reads in either direction and a border has the better level', () => {
  expect([33, 30, 28, 27].map((v) => levelOf(v, { good: 33, bad: 28 }))).toEqual(['good', 'watch', 'watch', 'bad']);
  expect([24, 31, 32].map((v) => levelOf(v, { good: 28, bad: 31 }))).toEqual(['good', 'watch', 'bad']);
  expect(levelOf(undefined, { good: 1, bad: 0 })).toBe('none');
});

test('a scale that is many times its neighbours is an outlier, equal scales have none', () => {
  expect([...outliers([1, 1.1, 0.9, 1, 1.2, 40])]).toEqual([5]);
  expect(outliers([2, 2, 2, 2, 2]).size).toBe(0);
});

test('thinning keeps order, the limit and what must stay', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 500 }), fc.integer({ min: 1, max: 80 }), fc.nat(499), (n, most, k) => {
      const keep = new Set([k]);
      const at = thin(n, most, keep);
      expect(at.length).toBe(Math.min(n, most));
      expect([...at].sort((a, b) => a - b)).toEqual(at);
      expect(new Set(at).size).toBe(at.length);
      if (k < n) expect(at).toContain(k);
    }),
  );
});

test('sorting puts the worst first and the unknown last', () => {
  expect(orderOf([3, undefined, 1], true)).toEqual([2, 0, 1]);
  expect(orderOf([3, undefined, 1], false)).toEqual([0, 1, 2]);
});

test('keys stop at the ends and other keys are left alone', () => {
  expect([moveBy('ArrowLeft', 0, 3), moveBy('ArrowRight', 2, 3), moveBy('End', 0, 3), moveBy('a', 0, 3)]).toEqual([0, 2, 2, undefined]);
});

test('a diverging value is symmetric about its centre and clamped', () => {
  expect([diverge(5, 5, 2), diverge(7, 5, 2), diverge(3, 5, 2), diverge(99, 5, 2)]).toEqual([0, 1, -1, 1]);
});

test('numbers read short, and what is not zero never reads as zero', () => {
  expect([countText(147600), countText(25_530_000), countText(12)]).toEqual(['147.6 k', '25.53 M', '12']);
  expect([realText(-0.0341), realText(1e-7), realText(0), realText(100)]).toEqual(['−0.0341', '1e−7', '0', '100']);
  expect([shareText(0.005), shareText(1e-9), shareText(0)]).toEqual(['0.50 %', '< 0.01 %', '0.00 %']);
});
