import { expect, test } from 'vitest';
import { createRng } from '../../base/rng';
import { BINS, mergeStats, rangeHistogram, statsOf, type RangeHistogram } from './range-histogram';

function observe(parts: readonly Float32Array[]): RangeHistogram {
  return parts.reduce((s, x) => rangeHistogram.update(s, x), rangeHistogram.start());
}

/** Straight from the definition, all values at once. */
function direct(values: readonly number[]): number[] {
  const most = Math.max(...values.map(Math.abs));
  let limit = 2 ** -160;
  while (limit <= most) limit *= 2;
  const bins = new Array<number>(BINS).fill(0);
  for (const v of values) {
    const i = Math.floor((v / limit) * 1024) + 1024;
    bins[i] = (bins[i] as number) + 1;
  }
  return bins;
}

test('any split, order and merge gives the same state, bit for bit', () => {
  const rng = createRng(11);
  for (let round = 0; round < 60; round++) {
    const values = Array.from({ length: rng.int(1, 400) }, () => {
      const kind = rng.int(0, 9);
      if (kind === 0) return rng.int(0, 1) === 0 ? 0 : -0;
      if (kind === 1) return 2 ** rng.int(-140, 127);
      if (kind === 2) return -(2 ** rng.int(-149, 10));
      return Math.fround(rng.normal() * 2 ** rng.int(-8, 8));
    });
    const whole = observe([Float32Array.from(values)]);
    const shuffled = [...values].sort(() => rng.uniform() - 0.5);
    const cut = rng.int(0, values.length);
    const a = observe([Float32Array.from(shuffled.slice(0, cut))]);
    const b = observe(shuffled.slice(cut).map((v) => Float32Array.of(v)));
    for (const other of [rangeHistogram.merge(a, b), rangeHistogram.merge(b, a), observe(shuffled.map((v) => Float32Array.of(v)))]) {
      expect(other.count).toBe(whole.count);
      expect(Object.is(other.min, whole.min)).toBe(true);
      expect(Object.is(other.max, whole.max)).toBe(true);
      expect(other.limit).toBe(whole.limit);
      expect([...other.bins]).toEqual([...whole.bins]);
    }
    if (values.some((v) => v !== 0)) expect([...whole.bins]).toEqual(direct(values));
  }
});

test('zeros and nothing at all leave usable statistics', () => {
  const empty = statsOf(rangeHistogram.start());
  expect(empty).toMatchObject({ count: 0, min: 0, max: 0 });
  const zeros = statsOf(observe([new Float32Array(5)]));
  expect(zeros).toMatchObject({ count: 5, min: 0, max: 0 });
  expect(zeros.histogram.bins[1024]).toBe(5);
  const both = mergeStats([zeros, statsOf(observe([Float32Array.of(-3, 2)]))]);
  expect(both).toMatchObject({ count: 7, min: -3, max: 2 });
  expect(both.histogram.limit).toBe(4);
});

test('NaN and infinities are refused', () => {
  for (const bad of [NaN, Infinity, -Infinity]) {
    expect(() => observe([Float32Array.of(1, bad)])).toThrow(/NaN or infinite/);
  }
});
