import { describe, expect, test } from 'vitest';
import {
  fitsFast,
  multiplier,
  multipliers,
  powerOfTwo,
  productBound,
  requantizeOne,
  requantizeRun,
  roundHalfEven,
  rshift,
  rshiftFast,
  type RoundingMode,
} from './fixed-point';
import { createRng } from './rng';

const modes: readonly RoundingMode[] = ['half-up', 'half-even', 'half-away', 'floor'];

/** Written from the definitions (quotient and remainder), not from shifts. */
function slow(v: bigint, n: number, mode: RoundingMode): bigint {
  const d = 2n ** BigInt(n);
  const r = ((v % d) + d) % d;
  const q = (v - r) / d;
  const twice = 2n * r;
  if (mode === 'floor') return q;
  if (twice !== d) return twice > d ? q + 1n : q;
  if (mode === 'half-up') return q + 1n;
  if (mode === 'half-away') return v >= 0n ? q + 1n : q;
  return q % 2n === 0n ? q : q + 1n;
}

describe('rounding right shift', () => {
  test('agrees with its definition for every 11-bit value, shift and mode', () => {
    for (const mode of modes) {
      for (let n = 0; n <= 12; n++) {
        for (let v = -1024; v <= 1024; v++) {
          const want = slow(BigInt(v), n, mode);
          expect(rshift(BigInt(v), n, mode)).toBe(want);
          expect(BigInt(rshiftFast(v, n, mode))).toBe(want);
        }
      }
    }
  });

  test('the float64 path is exact at random, at ties and at the edge of its proof', () => {
    const rng = createRng(1);
    for (let i = 0; i < 6000; i++) {
      const n = rng.int(0, 52);
      const mode = modes[i % 4] as RoundingMode;
      const top = 2 ** 53 - (n > 0 ? 2 ** (n - 1) : 0) - 1;
      const size = 2 ** rng.int(1, 53);
      let v = Math.max(-top, Math.min(top, rng.int(0, size) - Math.floor(size / 2)));
      if (i % 3 === 0 && n > 0) v = Math.min(top, (Math.floor(v / 2 ** n) + 0.5) * 2 ** n); // a tie
      if (i % 97 === 0) v = i % 2 === 0 ? top : -top;
      if (!Number.isSafeInteger(v) || !fitsFast(Math.abs(v), n)) continue;
      expect(BigInt(rshiftFast(v, n, mode))).toBe(slow(BigInt(v), n, mode));
    }
    expect(fitsFast(2 ** 53 - 1, 0)).toBe(true);
    expect(fitsFast(2 ** 53, 0)).toBe(false);
    expect(fitsFast(2 ** 52, 53)).toBe(false);
    expect(fitsFast(0, 54)).toBe(false);
  });
});

test('roundHalfEven rounds ties to even, keeps large numbers and never gives -0', () => {
  for (let k = -50; k <= 50; k++) {
    const want = Number(slow(BigInt(k), 1, 'half-even'));
    expect(roundHalfEven(k / 2)).toBe(want === 0 ? 0 : want);
  }
  expect(roundHalfEven(2 ** 52 - 0.5)).toBe(2 ** 52);
  expect(roundHalfEven(0.49999999999999994)).toBe(0);
  expect(roundHalfEven(-0.2)).toBe(0);
  expect(Object.is(roundHalfEven(-0.2), -0)).toBe(false);
  expect(roundHalfEven(1e300)).toBe(1e300);
  expect(roundHalfEven(-Infinity)).toBe(-Infinity);
});

describe('multiplier', () => {
  test('normalized multipliers have their word width and are as close as it allows', () => {
    const rng = createRng(2);
    for (let i = 0; i < 4000; i++) {
      const scale = 2 ** (rng.uniform() * 40 - 30);
      for (const bits of [8, 16, 24, 31]) {
        if (scale >= 2 ** (bits - 1) / 2) continue;
        const { M, n } = multiplier(scale, { kind: 'normalized', bits });
        expect(M).toBeGreaterThanOrEqual(2 ** (bits - 2));
        expect(M).toBeLessThan(2 ** (bits - 1));
        expect(n).toBeGreaterThanOrEqual(0);
        expect(n).toBeLessThanOrEqual(62);
        expect(Math.abs((M * 2 ** -n) / scale - 1)).toBeLessThanOrEqual(2 ** -(bits - 1));
      }
    }
  });

  test('the edges: zero, carry, tiny and large scales, negative scales', () => {
    const normal = { kind: 'normalized', bits: 16 } as const;
    expect(multiplier(0, normal)).toMatchObject({ M: 0, n: 0 });
    expect(multiplier(1, normal)).toMatchObject({ M: 16384, n: 14 });
    expect(multiplier(1 - 2 ** -30, normal)).toMatchObject({ M: 16384, n: 14 });
    expect(multiplier(2 ** -48, normal)).toMatchObject({ M: 16384, n: 62 });
    expect(multiplier(2 ** -49, normal)).toMatchObject({ M: 8192, n: 62 });
    expect(multiplier(2 ** -62, normal)).toMatchObject({ M: 1, n: 62 });
    expect(multiplier(1.5 * 2 ** -63, normal)).toMatchObject({ M: 1, n: 62 });
    expect(multiplier(2 ** -200, normal)).toMatchObject({ M: 0, n: 62, note: 'zero' });
    expect(multiplier(2 ** 20, normal)).toMatchObject({ M: 2 ** 20, n: 0, note: 'wide' });
    expect(multiplier(-0.75, normal)).toMatchObject({ M: -24576, n: 15 });
    expect(() => multiplier(2 ** 40, normal)).toThrow(/too large/);
    expect(() => multiplier(NaN, normal)).toThrow(/finite/);
  });

  test('qformat keeps its fraction, saturates in its word and says what it lost', () => {
    const q = { kind: 'qformat', swl: 16, sfl: 12 } as const;
    expect(multiplier(1, q)).toEqual({ M: 4096, n: 12, note: undefined });
    expect(multiplier(0.0001, q)).toMatchObject({ M: 0, n: 12, note: 'zero' });
    expect(multiplier(0.001, q)).toMatchObject({ M: 4, n: 12, note: 'coarse' });
    expect(multiplier(9, q)).toMatchObject({ M: 32767, note: 'coarse' });
    expect(multiplier(0.5 / 4096, q).M).toBe(0); // ties to even
    expect(multiplier(1.5 / 4096, q).M).toBe(2);
  });

  test('tflite is QuantizeMultiplier of TensorFlow Lite: 31 bits, halves away from zero, 0 below 2^-32', () => {
    const t = { kind: 'tflite' } as const;
    expect(multiplier(0.5, t)).toEqual({ M: 2 ** 30, n: 31, note: undefined });
    expect(multiplier(1, t)).toEqual({ M: 2 ** 30, n: 30, note: undefined });
    expect(multiplier(1 - 2 ** -40, t)).toEqual({ M: 2 ** 30, n: 30, note: undefined });
    expect(multiplier(0.75, t)).toMatchObject({ M: 3 * 2 ** 29, n: 31 });
    expect(multiplier(0.5 + 2 ** -32, t)).toMatchObject({ M: 2 ** 30 + 1, n: 31 }); // a tie; to even would be 2^30
    expect(multiplier(3.5, t)).toMatchObject({ M: 7 * 2 ** 28, n: 29 });
    expect(multiplier(2 ** -32, t)).toMatchObject({ M: 2 ** 30, n: 62 });
    expect(multiplier(2 ** -33, t)).toEqual({ M: 0, n: 31, note: 'zero' });
    expect(multiplier(0, t)).toEqual({ M: 0, n: 31, note: undefined });
    expect(multiplier(-0.75, t)).toMatchObject({ M: -3 * 2 ** 29, n: 31 });
    expect(() => multiplier(2 ** 32, t)).toThrow(/too large/);
  });

  test.each([
    { kind: 'normalized', bits: 8 },
    { kind: 'normalized', bits: 31 },
    { kind: 'qformat', swl: 32, sfl: 20 },
    { kind: 'tflite' },
  ] as const)('the channels of a layer share the shift of the largest scale: %j', (form) => {
    const rng = createRng(8);
    for (let round = 0; round < 200; round++) {
      const scales = Array.from({ length: rng.int(1, 9) }, () =>
        rng.int(0, 9) === 0 ? 0 : (rng.int(0, 5) === 0 ? -1 : 1) * 2 ** rng.int(-14, 1) * rng.uniform(),
      );
      const own = multipliers(scales, form, false);
      const shared = multipliers(scales, form, true);
      expect(own).toEqual(scales.map((s) => multiplier(s, form)));
      const largest = scales.reduce((a, s) => (Math.abs(s) > Math.abs(a) ? s : a), 0);
      expect(new Set(shared.map((m) => m.n))).toEqual(new Set([multiplier(largest, form).n]));
      shared.forEach(({ M, n }, i) => {
        // nearest with this shift; ties are none of random scales
        if (form.kind !== 'qformat') expect(Math.abs(M * 2 ** -n - (scales[i] as number))).toBeLessThanOrEqual(2 ** (-n - 1));
        expect(Math.abs(M)).toBeLessThan(2 ** 31);
      });
    }
  });

  test('pow2 is the nearest power in the logarithm', () => {
    expect(multiplier(0.5, { kind: 'pow2' })).toMatchObject({ M: 1, n: 1 });
    expect(multiplier(0.71, { kind: 'pow2' })).toMatchObject({ M: 1, n: 0 });
    expect(multiplier(0.7, { kind: 'pow2' })).toMatchObject({ M: 1, n: 1 });
    expect(multiplier(3, { kind: 'pow2' })).toMatchObject({ M: 4, n: 0, note: 'wide' });
    for (let i = 1; i < 500; i++) {
      const s = i / 501;
      expect(multiplier(s, { kind: 'pow2' }).n).toBe(Math.round(-Math.log2(s)) + 0);
    }
  });
});

test('whole arrays are requantized exactly, on both sides of the float64 proof', () => {
  const rng = createRng(3);
  for (let round = 0; round < 400; round++) {
    const mode = modes[round % 4] as RoundingMode;
    const bits = rng.int(8, 31);
    const M = rng.int(-(2 ** (bits - 1)), 2 ** (bits - 1) - 1);
    const n = round % 10 === 0 ? 0 : rng.int(0, 62);
    const width = 2 ** rng.int(1, 31);
    const zeroPoint = rng.int(-128, 255);
    const lo = rng.int(-32768, 0);
    const hi = rng.int(0, 65535);
    const p = { M, n, zeroPoint, lo, hi, mode };
    const acc = Int32Array.from({ length: 40 }, (_, i) => (i === 0 ? width - 1 : i === 1 ? -width : rng.int(-width, width - 1)));
    const out = new Float64Array(80).fill(7);
    requantizeRun(acc, 0, 2, 20, out, 1, 3, p);
    for (let i = 0; i < 20; i++) {
      const v = slow(BigInt(acc[i * 2] as number) * BigInt(M), n, mode) + BigInt(zeroPoint);
      const want = v < BigInt(lo) ? lo : v > BigInt(hi) ? hi : Number(v);
      expect(out[1 + i * 3]).toBe(want === 0 ? 0 : want);
      expect(requantizeOne(acc[i * 2] as number, p) - want).toBe(0);
    }
    expect(out[0]).toBe(7);
    expect(out[2]).toBe(7);
  }
});

test('the product bound counts the rounding term', () => {
  expect(productBound(5n, -3, 0)).toBe(15n);
  expect(productBound(5n, 3, 4)).toBe(23n);
  expect(powerOfTwo(-1074)).toBe(5e-324);
  expect(powerOfTwo(1023)).toBe(2 ** 1023);
});
