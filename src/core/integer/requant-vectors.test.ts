import { expect, test } from 'vitest';
import { requantizeOne } from '../base/fixed-point';
import {
  doublingHighMul,
  requantVectors,
  requantVectorText,
  type RequantVector,
  vectorModes,
  VECTORS,
  vectorWidths,
} from './requant-vectors.fixture';

const isTie = (v: bigint, n: number): boolean =>
  n > 0 && ((v % 2n ** BigInt(n)) + 2n ** BigInt(n)) % 2n ** BigInt(n) === 2n ** BigInt(n - 1);

function tiesOfSteps({ acc, M, n }: RequantVector): [boolean, boolean] {
  const left = BigInt(acc) * 2n ** BigInt(Math.max(0, 31 - n));
  return [isTie(left * BigInt(M), 31), isTie(doublingHighMul(left, BigInt(M)), Math.max(0, n - 31))];
}

test('the vectors are the same every time, and hold ties, ends and both signs in every mode', () => {
  const all = requantVectors();
  expect(requantVectorText(all)).toBe(requantVectorText());
  expect(all).toHaveLength(VECTORS * vectorModes.reduce((n, mode) => n + vectorWidths[mode].length, 0));
  for (const mode of vectorModes) {
    const mine = all.filter((v) => v.mode === mode);
    const ties = mine.filter((v) => (mode === 'tflite' ? tiesOfSteps(v).some(Boolean) : isTie(BigInt(v.acc) * BigInt(v.M), v.n)));
    const inside = mine.filter((v) => v.y > v.lo && v.y < v.hi);
    expect(ties.length, mode).toBeGreaterThan(20);
    expect(inside.length, mode).toBeGreaterThan(VECTORS * 0.2);
    expect(mine.some((v) => v.acc === -(2 ** 31)) && mine.some((v) => v.acc === 2 ** 31 - 1), mode).toBe(true);
  }
  const steps = all.filter((v) => v.mode === 'tflite').map(tiesOfSteps);
  for (const step of [0, 1] as const) expect(steps.filter((t) => t[step]).length).toBeGreaterThan(20);
});

test('one accumulator after the other gives them', () => {
  for (const v of requantVectors()) {
    if (v.mode === 'tflite') continue;
    const { M, n, zeroPoint, lo, hi, mode } = v;
    expect(requantizeOne(v.acc, { M, n, zeroPoint, lo, hi, mode }), JSON.stringify(v)).toBe(v.y);
  }
});
