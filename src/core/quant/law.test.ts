/**
 * The law of quantizers, run on every one in the registry: fakeQuantize == dequantize(quantize), bit for
 * bit; integers in range; idempotent; ranges usable; NaN and infinities refused; nothing changes state.
 */
import { describe, expect, test } from 'vitest';
import { quietContext } from '../base/context';
import { createRng } from '../base/rng';
import { mergeStats, rangeHistogram, statsOf, type RangeHistogram } from './observers/range-histogram';
import type { QParams, Scheme } from './quantizer';
import { activationQuantizer, activationQuantizers, weightQuantizer, weightQuantizers } from './registry';

const rng = createRng(21);
const normal = (n: number, scale: number, shift = 0): Float32Array => Float32Array.from({ length: n }, () => rng.normal() * scale + shift);

/** 24 elements each, so that they can be weights of shape [4, 2, 3]. */
const tensors: Readonly<Record<string, Float32Array>> = {
  normal: normal(24, 1),
  zeros: new Float32Array(24),
  constant: new Float32Array(24).fill(0.37),
  'negative constant': new Float32Array(24).fill(-5),
  'one-sided': normal(24, 1).map(Math.abs),
  'negative one-sided': normal(24, 1).map((v) => -Math.abs(v)),
  'huge range': Float32Array.from({ length: 24 }, (_, i) => (i % 2 === 0 ? 1 : -1) * 2 ** (i * 10 - 120)),
  largest: Float32Array.from({ length: 24 }, (_, i) => (i % 2 === 0 ? 3.4028234663852886e38 : -3.4028234663852886e38)),
  denormals: Float32Array.from({ length: 24 }, (_, i) => (i - 12) * 1.4e-45),
  'dead channel': Float32Array.from({ length: 24 }, (_, i) => (i >= 6 && i < 12 ? 0 : rng.normal())),
  ties: Float32Array.from({ length: 24 }, (_, i) => (i - 12) / 2),
  shifted: normal(24, 0.01, 3),
  'negative zero': new Float32Array(24).fill(-0),
};

function bits(a: Float32Array): number[] {
  return [...new Int32Array(a.buffer, a.byteOffset, a.length)];
}

function schemesOf(granularity: Scheme['granularity'], most: number): Scheme[] {
  const all: Scheme[] = [];
  for (let b = 2; b <= most; b += b < 8 ? 1 : 4) {
    for (const symmetric of [true, false]) {
      for (const signed of [true, false, undefined]) {
        for (const narrow of [true, false]) all.push({ bits: b, symmetric, signed, granularity, narrow });
      }
    }
  }
  return all;
}

function checkParams(q: QParams): void {
  for (const s of q.scale) {
    expect(Number.isFinite(s)).toBe(true);
    expect(s).toBeGreaterThanOrEqual(1.1754943508222875e-38);
  }
  expect(Number.isInteger(q.zeroPoint)).toBe(true);
  expect(q.zeroPoint).toBeGreaterThanOrEqual(q.lo);
  expect(q.zeroPoint).toBeLessThanOrEqual(q.hi);
  expect(q.lo).toBeGreaterThanOrEqual(q.signed ? -(2 ** (q.bits - 1)) : 0);
  expect(q.hi).toBe(q.signed ? 2 ** (q.bits - 1) - 1 : 2 ** q.bits - 1);
}

function checkIntegers(integers: Int32Array, q: QParams): void {
  // one look at the whole: a look at each of them takes most of the suite's time
  expect(integers.filter((v) => v < q.lo || v > q.hi)).toEqual(new Int32Array(0));
}

describe.each(activationQuantizers.map((q) => [q.id, q] as const))('activations %s', (_, quantizer) => {
  const schemes = schemesOf('tensor', 16).filter((s) => quantizer.supports(s) === true);

  test.each(Object.entries(tensors))('both paths meet: %s', (_name, x) => {
    expect(schemes.length).toBeGreaterThan(0);
    for (const t of [x, x.slice(0, 1), x.slice(5, 6)]) {
      const stats = statsOf(rangeHistogram.update(rangeHistogram.start(), t));
      for (const scheme of schemes) {
        const q = quantizer.fit(stats, scheme, {});
        checkParams(q);
        for (const probe of [t, tensors['normal'] as Float32Array, tensors['largest'] as Float32Array]) {
          const before = bits(probe);
          const integers = quantizer.quantize(probe, q);
          checkIntegers(integers, q);
          const fake = quantizer.fakeQuantize(probe, q);
          expect(bits(quantizer.dequantize(integers, q))).toEqual(bits(fake));
          expect(bits(quantizer.fakeQuantize(probe, q))).toEqual(bits(fake));
          expect(bits(probe)).toEqual(before);
        }
        expect([...quantizer.quantize(Float32Array.of(0), q)]).toEqual([q.zeroPoint]);
      }
    }
  });

  test('values inside the range are at most half a step (and a rounding) away', () => {
    for (const x of [tensors['normal'], tensors['one-sided'], tensors['shifted'], tensors['ties']] as Float32Array[]) {
      const stats = statsOf(rangeHistogram.update(rangeHistogram.start(), x));
      for (const scheme of schemes) {
        if (scheme.signed === false && scheme.symmetric && stats.min < 0) continue;
        const q = quantizer.fit(stats, scheme, {});
        const s = q.scale[0] as number;
        const [least, most] = [(q.lo - q.zeroPoint) * s, (q.hi - q.zeroPoint) * s];
        quantizer.fakeQuantize(x, q).forEach((v, i) => {
          // what a clipped range leaves out becomes its end
          const kept = Math.min(most, Math.max(least, x[i] as number));
          expect(Math.abs(v - kept)).toBeLessThanOrEqual(s * 0.51);
        });
      }
    }
  });

  test('the quantizer depends on the set of values alone: not on their order, not on batches, not on shards', () => {
    const observe = (parts: readonly Float32Array[]): RangeHistogram =>
      parts.reduce((s, x) => rangeHistogram.update(s, x), rangeHistogram.start());
    const shuffle = (x: Float32Array): Float32Array =>
      Float32Array.from(
        [...x].map((v) => [rng.uniform(), v] as const).sort((a, b) => a[0] - b[0]),
        ([, v]) => v,
      );
    for (const x of [normal(600, 1), normal(600, 3, 5).map(Math.abs), normal(600, 0.01, -1)]) {
      const y = shuffle(x);
      const whole = statsOf(observe([x]));
      const kept = whole.histogram.bins.slice();
      const others = [
        statsOf(observe(Array.from({ length: 600 }, (_, i) => y.slice(i, i + 1)))),
        statsOf(rangeHistogram.merge(observe([y.slice(0, 77)]), observe([y.slice(77, 300), y.slice(300)]))),
        mergeStats([statsOf(observe([y.slice(450)])), statsOf(observe([y.slice(0, 450)]))]),
      ];
      for (const scheme of schemes) {
        const q = quantizer.fit(whole, scheme, {});
        for (const other of others) expect(quantizer.fit(other, scheme, {})).toEqual(q);
      }
      expect(whole.histogram.bins).toEqual(kept);
    }
  });

  test('NaN and infinities are refused', () => {
    const q = quantizer.fit(statsOf(rangeHistogram.update(rangeHistogram.start(), Float32Array.of(1, -1))), schemes[0] as Scheme, {});
    for (const bad of [NaN, Infinity, -Infinity]) {
      expect(() => quantizer.quantize(Float32Array.of(bad), q)).toThrow(/NaN or infinit/);
      expect(() => quantizer.fakeQuantize(Float32Array.of(bad), q)).toThrow(/NaN or infinit/);
    }
  });
});

describe.each(weightQuantizers.map((q) => [q.id, q] as const))('weights %s', (_, quantizer) => {
  const schemes = schemesOf('channel', 8).filter((s) => quantizer.supports(s) === true);
  const cases: [readonly number[], number][] = [
    [[4, 2, 3], 0],
    [[4, 6], 1],
    [[24, 1], 1],
    [[1, 24], 0],
  ];

  test.each(Object.entries(tensors))('both paths meet: %s', async (_name, w) => {
    expect(schemes.length).toBeGreaterThan(0);
    for (const [shape, axis] of cases) {
      for (const scheme of schemes) {
        const q = await quantizer.fit(w, shape, axis, scheme, {}, quietContext());
        checkParams(q);
        const integers = quantizer.quantize(w, shape, q);
        checkIntegers(integers, q);
        expect(bits(quantizer.dequantize(integers, shape, q))).toEqual(bits(quantizer.fakeQuantize(w, shape, q)));
      }
    }
  });

  test('a dead channel has scale 1, a live one meets its largest weight', async () => {
    const scheme: Scheme = { bits: 8, symmetric: true, signed: true, granularity: 'channel', narrow: true };
    const w = tensors['dead channel'] as Float32Array;
    const q = await quantizer.fit(w, [4, 6], 0, scheme, {}, quietContext());
    if (q.axis !== undefined) expect(q.scale[1]).toBe(1);
    const integers = quantizer.quantize(w, [4, 6], q);
    expect(Math.max(...integers.map(Math.abs))).toBe(127);
    const dead = await quantizer.fit(new Float32Array(24), [4, 6], 0, scheme, {}, quietContext());
    expect([...dead.scale].every((s) => s === 1)).toBe(true);
  });

  test('NaN and infinities are refused', async () => {
    for (const bad of [NaN, Infinity, -Infinity]) {
      const fit = async (): Promise<unknown> => quantizer.fit(Float32Array.of(1, bad), [2, 1], 0, schemes[0] as Scheme, {}, quietContext());
      await expect(fit()).rejects.toThrow(/NaN or infinite/);
    }
  });
});

test('names find their quantizers, unknown names say what there is', () => {
  for (const q of weightQuantizers) expect(weightQuantizer(q.id)).toBe(q);
  for (const q of activationQuantizers) expect(activationQuantizer(q.id)).toBe(q);
  expect(() => weightQuantizer('none')).toThrow(/minmax_channel/);
  expect(() => activationQuantizer('none')).toThrow(/minmax/);
});
