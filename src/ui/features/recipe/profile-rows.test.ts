import { expect, test } from 'vitest';
import type { ProfileLayer } from '../../../engine/api';
import { costliest, sameArithmetic, shareText } from './profile-rows';

const layer = (id: string, changeDb: number | undefined, offByOneShare: number, offByMoreShare = 0): ProfileLayer => ({
  ...{ id, kind: 'conv', outputs: 10, maxLsb: 1, lawLsb: 1, overflows: 0, sqnrDb: 30 },
  ...{ changeDb, offByOneShare, offByMoreShare },
});

test('the dearest layers come first, those that differ in nothing not at all', () => {
  const layers = [layer('same', 0, 0), layer('little', -0.1, 0.2), layer('much', -9, 0.3, 0.5), layer('off', undefined, 0.1, 0.4)];
  expect(costliest(layers).map((l) => l.id)).toEqual(['much', 'little', 'off']);
  expect(costliest(Array.from({ length: 20 }, (_, i) => layer(String(i), -i, 0.1)))).toHaveLength(6);
});

test('shares keep small ones apart from none', () => {
  expect([0, 0.00001, 0.0123, 1].map(shareText)).toEqual(['0', '<0.1', '1.2', '100.0']);
});

test('a profile is known by what it says, not by the order of its keys', () => {
  const own = { rounding: 'half-up', multiplier: { kind: 'normalized', bits: undefined } } as const;
  expect(sameArithmetic(own, JSON.parse('{"multiplier":{"kind":"normalized"},"rounding":"half-up"}') as typeof own)).toBe(true);
  expect(sameArithmetic(own, { ...own, shift: 'layer' })).toBe(false);
  expect(sameArithmetic(own, { ...own, accumulator: { bits: 24, overflow: 'wrap' } })).toBe(false);
  expect(sameArithmetic(own, { ...own, multiplier: { kind: 'normalized', bits: 24 } })).toBe(false);
});
