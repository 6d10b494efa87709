import { expect, test } from 'vitest';
import { measuredAt, scaledTo, sqnrOf, sumOf, type TensorError } from './estimate';
import type { SweepPoint } from './types';

const reference = { noise: 1, kl: 0.01 };
const points: readonly SweepPoint[] = [
  { kind: 'weights', bits: 6, noise: 0.9, kl: 0.02 },
  { kind: 'weights', bits: 4, noise: 17, kl: 0.21 },
  { kind: 'weights', bits: 2, noise: 257, kl: 1.01 },
];
/** The textbook quantizer: a quarter of the error for every bit. */
const uniform = (chosen: number): TensorError => ({ swept: async (b) => 4 ** -b, chosen: async () => 4 ** -chosen });

test('bits that were swept add what was measured, and never less than nothing', () => {
  expect(measuredAt(points, reference, 4)).toEqual({ noise: 16, kl: 0.21 - 0.01 });
  expect(measuredAt(points, reference, 6)).toEqual({ noise: 0, kl: 0.02 - 0.01 });
  expect(measuredAt(points, reference, 8)).toEqual({ noise: 0, kl: 0 });
  expect(measuredAt(points, reference, 3)).toBeUndefined();
});

test('bits that were not swept are scaled from the nearest by the errors of the tensor', async () => {
  const three = await scaledTo(points, reference, 3, uniform(3));
  // from 2 bits, of two that are as near the coarser one
  expect(three?.noise).toBeCloseTo(256 * ((4 ** -3 - 4 ** -8) / (4 ** -2 - 4 ** -8)), 9);
  const five = await scaledTo(points.slice(1), reference, 5, uniform(5));
  expect(five?.noise).toBeCloseTo(16 * ((4 ** -5 - 4 ** -8) / (4 ** -4 - 4 ** -8)), 9);
});

test('another quantizer adds as much more as its own error is larger, and nothing where it is as good as 8 bits', async () => {
  const worse = await scaledTo(points, reference, 4, {
    swept: async (b) => 4 ** -b,
    chosen: async () => 4 ** -8 + 3 * (4 ** -4 - 4 ** -8),
  });
  expect(worse?.noise).toBeCloseTo(48, 9);
  expect(worse?.kl).toBeCloseTo(0.6, 9);
  expect(await scaledTo(points, reference, 4, uniform(9))).toEqual({ noise: 0, kl: 0 });
});

test('nothing is said where nothing was measured, or the measured bits made no error to scale by', async () => {
  expect(await scaledTo([], reference, 4, uniform(4))).toBeUndefined();
  expect(await scaledTo(points, reference, 4, { swept: async () => 0, chosen: async () => 1 })).toBeUndefined();
});

test('losses add to that of the reference, and their SQNR is that of the sum', () => {
  const sum = sumOf(reference, [
    { noise: 3, kl: 0.1 },
    { noise: 6, kl: 0.2 },
  ]);
  expect(sum.noise).toBe(10);
  expect(sum.kl).toBeCloseTo(0.31, 12);
  expect(sqnrOf({ signal: 1000 }, sum)).toBeCloseTo(20, 12);
  expect(sqnrOf({ signal: 0 }, sum)).toBeUndefined();
});
