import { describe, expect, test } from 'vitest';
import { multiplier, type MultiplierForm } from '../base/fixed-point';
import { createRng } from '../base/rng';
import type { QuantInfo } from '../ir/integer-model';
import { exactScales, raiseScales } from './plan-weights';

const rng = createRng(11);
const channels = 200;
const drawn = (): QuantInfo => ({
  bits: 8,
  signed: true,
  scale: Float32Array.from({ length: channels }, () => 2 ** (rng.uniform() * 20 - 16)),
  axis: 0,
  zeroPoint: 0,
  lo: -127,
  hi: 127,
});
const forms: readonly MultiplierForm[] = [
  { kind: 'normalized', bits: 16 },
  { kind: 'normalized', bits: 24 },
  { kind: 'qformat', swl: 32, sfl: 19 },
];

describe('exact scales', () => {
  test.each(forms)('$kind $bits: the multiplier is the scale to the last bits, and no accumulator lies on a tie', (form) => {
    const q = drawn();
    const unit = Math.fround(0.0235) / Math.fround(0.1);
    const moved = exactScales(q, [], unit, form);
    moved.scale.forEach((s, o) => {
      const before = q.scale[o] as number;
      expect(Math.abs(s - before)).toBeLessThanOrEqual(before * 2 ** -13);
      if (s === before) return; // too short a multiplier for so small a scale
      const { M, n } = multiplier(unit * s, form);
      expect(Math.abs((M * 2 ** -n) / (unit * s) - 1)).toBeLessThan(2 ** -23);
      // M = odd * 2^k: acc * M is an odd multiple of 2^(n-1) only where acc is a multiple of 2^(n-1-k)
      const k = Math.log2(M & -M);
      expect(2 ** (n - 1 - k)).toBeGreaterThanOrEqual(2 ** (n - 2));
    });
    expect(moved.scale.filter((s, o) => s !== q.scale[o]).length).toBeGreaterThan(channels / 4);
  });

  test('a raised scale goes up only, so that the bias still fits', () => {
    const bias = Array.from({ length: channels }, () => 5000 * rng.normal());
    const unit = 2 ** -7;
    const { q, raised } = raiseScales(drawn(), bias, unit);
    expect(raised.length).toBeGreaterThan(0);
    const moved = exactScales(q, raised, unit * 8, { kind: 'normalized', bits: 16 });
    for (const o of raised) {
      expect(moved.scale[o]).toBeGreaterThanOrEqual(q.scale[o] as number);
      expect(Math.abs(bias[o] as number) / (unit * (moved.scale[o] as number))).toBeLessThanOrEqual(2 ** 30);
    }
  });

  test('powers of two keep their scale: half of it would be another quantizer', () => {
    const q = drawn();
    const kept = exactScales(q, [], 0.3, { kind: 'pow2' }).scale.filter((s, o) => s === q.scale[o]);
    expect(kept.length).toBeGreaterThan(channels * 0.98);
  });
});
