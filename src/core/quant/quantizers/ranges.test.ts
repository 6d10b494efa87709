/**
 * The ranges that the clipping quantizers choose, held to slow readings of their definitions: percentile by sorting,
 * entropy by dense histograms, mse by trying every pair of factors on the values themselves.
 */
import { describe, expect, test } from 'vitest';
import { quietContext } from '../../base/context';
import { createRng } from '../../base/rng';
import { rangeQuantizer } from '../affine';
import { rangeHistogram, statsOf } from '../observers/range-histogram';
import type { ActivationStats, QParams, Scheme } from '../quantizer';
import { gridOf, lossOf, power } from '../range-loss';
import { entropy } from './entropy';
import { minmax } from './minmax';
import { minmaxChannel } from './minmax-weight';
import { tokenScales } from './minmax-token';
import { mse } from './mse';
import { mseChannel } from './mse-weight';
import { percentile } from './percentile';

const rng = createRng(5);
const scheme = (bits: number, symmetric = false): Scheme => ({ bits, symmetric, signed: undefined, granularity: 'tensor', narrow: false });
const statsFor = (x: Float32Array): ActivationStats => statsOf(rangeHistogram.update(rangeHistogram.start(), x));
const normal = (n: number, shift = 0): Float32Array => Float32Array.from({ length: n }, () => rng.normal() + shift);
const rangeOf = (q: QParams): readonly [number, number] => [
  (q.lo - q.zeroPoint) * (q.scale[0] as number),
  (q.hi - q.zeroPoint) * (q.scale[0] as number),
];
const lossOn = (x: Float32Array, q: QParams): number => lossOf({ x, counts: undefined }, gridOf(q));

test('the quick power is the power', () => {
  for (let i = 0; i < 500; i++) {
    const u = 2 ** rng.int(-5, 60) * rng.uniform() + 1 / 64;
    const loss = lossOf({ x: [u + 0.5], counts: undefined }, { scale: 1, least: 0, most: 0 });
    expect(Math.abs(loss / power(u + 0.5) - 1)).toBeLessThan(1e-6);
    expect(Math.abs(power(u) / Math.pow(u, 2.4) - 1)).toBeLessThan(1e-13);
  }
});

describe('percentile', () => {
  test('clips at most the share asked for at each end, and no bin less than it could', () => {
    const x = normal(20000);
    const stats = statsFor(x);
    const width = stats.histogram.limit / 1024;
    const sorted = [...x].sort((a, b) => a - b);
    for (const p of [99.99, 99.9, 99, 95]) {
      const [lo, hi] = rangeOf(percentile.fit(stats, scheme(8), { percentile: p }));
      const out = Math.floor(20000 * (1 - p / 100) + 1e-9);
      const step = (hi - lo) / 255;
      expect(x.filter((v) => v < lo - step).length).toBeLessThanOrEqual(out);
      expect(x.filter((v) => v > hi + step).length).toBeLessThanOrEqual(out);
      expect(Math.abs(lo - (sorted[out] as number))).toBeLessThanOrEqual(width + step);
      expect(Math.abs(hi - (sorted[20000 - 1 - out] as number))).toBeLessThanOrEqual(width + step);
    }
  });

  test('100 % is minmax', () => {
    const stats = statsFor(normal(500, 1));
    expect(percentile.fit(stats, scheme(8), { percentile: 100 })).toEqual(minmax.fit(stats, scheme(8), {}));
  });
});

describe('mse', () => {
  test.each([2, 4, 8])('%i bits: within 2 % of the best of all pairs of factors, tried on the values', (bits) => {
    const tensors = [normal(3000), normal(3000, 1.5), normal(3000).map(Math.abs)];
    const spiked = normal(3000);
    spiked[7] = 40;
    tensors.push(spiked);
    for (const x of tensors) {
      const stats = statsFor(x);
      const found = mse.fit(stats, scheme(bits), {});
      let best = Infinity;
      for (let a = 1; a <= 20; a++) {
        for (let b = 1; b <= 20; b++)
          best = Math.min(best, lossOn(x, rangeQuantizer((stats.min * a) / 20, (stats.max * b) / 20, scheme(bits))));
      }
      expect(lossOn(x, found)).toBeLessThanOrEqual(best * 1.02);
      expect(lossOn(x, found)).toBeLessThanOrEqual(lossOn(x, minmax.fit(stats, scheme(bits), {})) * 1.0001);
    }
  });

  test('an outlier on one side moves that side only', () => {
    const x = normal(20000).map((v) => Math.max(-2, Math.min(2, v)));
    x[3] = 20;
    const [lo, hi] = rangeOf(mse.fit(statsFor(x), scheme(4), {}));
    expect(hi).toBeLessThan(12);
    expect(lo).toBeLessThan(-1.5);
  });
});

/** The definition, bin by bin. */
function slowDivergence(bins: readonly number[], from: number, to: number, levels: number): number {
  const total = bins.reduce((a, b) => a + b, 0);
  const filled = bins.map((n, i) => (n > 0 && i >= from && i < to ? i : -1)).filter((i) => i >= 0);
  const [first, last] = [filled[0] as number, filled.at(-1) as number];
  const p = bins.slice(from, to);
  const inside = p.reduce((a, b) => a + b, 0);
  const q = new Array<number>(to - from).fill(0);
  for (let l = 0; l < levels; l++) {
    const mine = q.map((_, i) => i).filter((i) => Math.floor((i * levels) / (to - from)) === l && (p[i] as number) > 0);
    const mass = mine.reduce((a, i) => a + (p[i] as number), 0);
    for (const i of mine) q[i] = mass / mine.length / inside;
  }
  p[first - from] = (p[first - from] as number) + bins.slice(0, from).reduce((a, b) => a + b, 0);
  p[last - from] = (p[last - from] as number) + bins.slice(to).reduce((a, b) => a + b, 0);
  return p.reduce((sum, n, i) => (n === 0 ? sum : sum + (n / total) * Math.log(n / total / (q[i] as number))), 0);
}

test('entropy finds the range with the least divergence, as dense histograms give it', () => {
  for (const bits of [2, 4, 6]) {
    const x = Float32Array.from({ length: 4000 }, () => Math.abs(rng.normal()) ** 3);
    const stats = statsFor(x);
    const bins = [...stats.histogram.bins];
    bins[1024] = Math.min(bins[1024] as number, bins[1025] as number);
    const width = stats.histogram.limit / 1024;
    const top = Math.floor(stats.max / width) + 1;
    let best = Infinity;
    let at = 0;
    for (let reach = top; reach >= 2 ** bits; reach--) {
      const d = slowDivergence(bins, 1024, 1024 + reach, 2 ** bits);
      if (d < best - 1e-12) [best, at] = [d, reach];
    }
    const [, hi] = rangeOf(entropy.fit(stats, scheme(bits), {}));
    expect(hi).toBeCloseTo(Math.min(stats.max, at * width), 5);
  }
});

test.each([percentile, entropy, mse])('$id keeps the whole range of tensors of more than 8 bits', (quantizer) => {
  const x = normal(5000);
  x[0] = 90;
  expect(quantizer.fit(statsFor(x), scheme(16), {})).toEqual(minmax.fit(statsFor(x), scheme(16), {}));
});

test('mse_channel loses no more than minmax_channel in any channel, and less in most at 4 bits', async () => {
  for (const [shape, axis] of [[[16, 9], 0] as const, [[9, 16], 1] as const, [[4, 16, 3], 1] as const]) {
    const size = shape.reduce((a, b) => a * b, 1);
    const w = normal(size);
    const s: Scheme = { bits: 4, symmetric: true, signed: true, granularity: 'channel', narrow: true };
    const [a, b] = [
      await mseChannel.fit(w, shape, axis, s, {}, quietContext()),
      await minmaxChannel.fit(w, shape, axis, s, {}, quietContext()),
    ];
    const inner = shape.slice(axis + 1).reduce((m, d) => m * d, 1);
    const loss = (q: QParams, c: number): number =>
      lossOf(
        { x: w.filter((_, i) => Math.floor(i / inner) % 16 === c), counts: undefined },
        { scale: q.scale[c] as number, least: -7, most: 7 },
      );
    let better = 0;
    for (let c = 0; c < 16; c++) {
      expect(loss(a, c)).toBeLessThanOrEqual(loss(b, c) * (1 + 1e-9));
      better += Number(loss(a, c) < loss(b, c));
    }
    expect(better).toBeGreaterThan(8);
  }
});

test('token scales are whole multiples of one step, reach every maximum, and come back as themselves', () => {
  for (const bits of [2, 4, 8]) {
    const hi = 2 ** (bits - 1) - 1;
    for (let n = 0; n < 200; n++) {
      const maxima = Float64Array.from({ length: 1 + (n % 9) }, (_, i) => ((n + i) % 7 === 0 ? 0 : Math.abs(rng.normal()) * 4 ** (i - 3)));
      const scale = tokenScales(maxima, bits);
      const largest = Math.max(...scale);
      scale.forEach((s, t) => {
        expect(Math.abs((s / largest) * 2 ** 14 - Math.round((s / largest) * 2 ** 14))).toBeLessThan(2 ** -9);
        expect(s * hi).toBeGreaterThanOrEqual((maxima[t] as number) * (1 - 2 ** -22));
      });
      expect(
        tokenScales(
          Float64Array.from(scale, (s) => s * hi),
          bits,
        ),
      ).toEqual(scale);
    }
  }
});
