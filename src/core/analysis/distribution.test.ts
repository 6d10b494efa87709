import { describe, expect, test } from 'vitest';
import { createRng } from '../base/rng';
import type { QuantInfo } from '../ir/integer-model';
import { rangeHistogram, statsOf } from '../quant/observers/range-histogram';
import { clippedShare, clippedShareOfStats, histogramOf, moments, viewOfStats, viewOfValues } from './distribution';
import { heatMap, matrixShape } from './heat';

const rng = createRng(9);
const normal = Float32Array.from({ length: 5000 }, () => rng.normal());
const quant = (scale: number): QuantInfo => ({
  bits: 8,
  signed: true,
  scale: Float32Array.of(scale),
  axis: undefined,
  zeroPoint: 0,
  lo: -128,
  hi: 127,
});

describe('distributions', () => {
  test('a histogram counts every value inside once, the top edge included', () => {
    expect(histogramOf([0, 1, 2, 3, 4, 9, -1], 0, 4, 4).counts).toEqual([1, 1, 1, 2]);
    expect(histogramOf([5, 5], 5, 5, 4).counts).toEqual([2, 0, 0, 0]);
  });

  test('moments are the plain ones', () => {
    expect(moments([1, 2, 3, 4])).toEqual({ min: 1, max: 4, mean: 2.5, std: Math.sqrt(1.25) });
    expect(moments([])).toEqual({ min: 0, max: 0, mean: 0, std: 0 });
  });

  test('a value is clipped when its nearest integer is outside of the range', () => {
    expect(clippedShare([127.4, 127.6, -128.4, -128.6], quant(1))).toBe(0.5);
  });

  test('each channel has a range of its own, whichever axis the channels are', () => {
    const q = { ...quant(1), scale: Float32Array.of(1, 0.5), lo: -127 };
    // 100 fits channel 0 and is clipped in channel 1
    expect(clippedShare([100, 100, 100, 100, 1, 1], { ...q, axis: 0 }, [2, 3])).toBe(1 / 6);
    expect(clippedShare([100, 100, 100, 1, 1, 100], { ...q, axis: 1 }, [3, 2])).toBe(2 / 6);
    expect(viewOfValues([100, 100], { ...q, axis: 1 }, [1, 2]).clipped).toBe(0.5);
    expect(viewOfValues([100, 100], { ...q, axis: 1 }).clipped).toBeUndefined();
  });

  test('calibration statistics give nearly the share and the moments of the values themselves', () => {
    const stats = statsOf(rangeHistogram.update(rangeHistogram.start(), normal));
    const q = quant(1.5 / 128);
    expect(clippedShareOfStats(stats, q)).toBeCloseTo(clippedShare(normal, q), 2);
    expect(clippedShareOfStats(stats, quant(stats.max))).toBe(0);
    const [a, b] = [viewOfStats(stats, q), viewOfValues(normal, q)];
    expect(a.mean).toBeCloseTo(b.mean, 3);
    expect(a.std).toBeCloseTo(b.std, 3);
    expect([a.min, a.max]).toEqual([b.min, b.max]);
    expect(a.histogram.counts.reduce((x, y) => x + y, 0)).toBe(normal.length);
    expect(a.range).toEqual(b.range);
  });
});

describe('heat maps', () => {
  test('small tensors keep one cell an element', () => {
    expect(heatMap([1, -2, 3, 4, 5, 6], [2, 3])).toEqual({ width: 3, height: 2, values: [1, -2, 3, 4, 5, 6] });
  });

  test('a shrunken cell shows the element of largest magnitude with its sign', () => {
    expect(heatMap([1, -9, 3, 4, 5, 6, 7, 8], [2, 4], 2, 1)).toEqual({ width: 2, height: 1, values: [-9, 8] });
  });

  test('batch axes of 1 in front are left out', () => {
    expect(matrixShape([1, 1, 4, 5])).toEqual({ rows: 4, columns: 5 });
    expect(matrixShape([1, 8, 4, 5])).toEqual({ rows: 8, columns: 20 });
    expect(matrixShape([1, 10])).toEqual({ rows: 1, columns: 10 });
    expect(matrixShape([])).toEqual({ rows: 1, columns: 1 });
  });
});
