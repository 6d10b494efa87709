import { expect, test } from 'vitest';
import { highMulShift, requantizeOne, requantizeRun } from '../base/fixed-point';
import type { IntegerModel, Rounding } from '../ir/integer-model';
import { withKernel } from '../kernel/kernel';
import { heldBy, limitAll, limitSum } from './accumulator';
import { requantizer } from './execute/requantizer';
import {
  accumulatorVectors,
  divideByPowerOfTwo,
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

const rounding = ({ mode }: RequantVector): Rounding => (mode === 'tflite' ? 'half-away' : mode);

test('one accumulator after the other gives them', () => {
  for (const v of requantVectors()) {
    const { M, n, zeroPoint, lo, hi } = v;
    const params = { M, n, zeroPoint, lo, hi, mode: rounding(v), highMul: v.mode === 'tflite' };
    expect(requantizeOne(v.acc, params) - v.y, JSON.stringify(v)).toBe(0);
    const out = [0];
    requantizeRun(Int32Array.of(v.acc), 0, 1, 1, out, 0, 1, params);
    expect((out[0] as number) - v.y, JSON.stringify(v)).toBe(0);
  }
});

/** The only parts of a model that requantization reads. */
function modelOf(v: RequantVector, count: number): IntegerModel {
  const constants = new Map([
    ['mul', { name: 'mul', dtype: 'int32', shape: [count], quant: undefined, data: new Int32Array(count).fill(v.M) } as const],
    ['shift', { name: 'shift', dtype: 'uint8', shape: [count], quant: undefined, data: new Uint8Array(count).fill(v.n) } as const],
  ]);
  const multiplier = { kind: v.mode === 'tflite' ? 'tflite' : 'pow2' };
  return { arithmetic: { rounding: rounding(v), multiplier }, constants } as unknown as IntegerModel;
}

test('the kernel gives them, by row and by column, in the two ways that it computes', async () => {
  await withKernel(async (kernel) => {
    for (const v of requantVectors()) {
      const r = { mul: 'mul', shift: 'shift', zeroPoint: v.zeroPoint, lo: v.lo, hi: v.hi };
      for (const way of ['rows', 'columns'] as const) {
        kernel.reset();
        const scaled = requantizer(kernel, modelOf(v, 4), r, 4);
        const block = kernel.put(new Int32Array(4).fill(v.acc));
        scaled[way](block, 4, 1, 4, 0);
        const got = new Int32Array(4);
        kernel.take(block, got);
        expect([...got], `${way} ${JSON.stringify(v)}`).toEqual([v.y, v.y, v.y, v.y]);
      }
    }
  });
});

test('gemmlowp in two shifts is gemmlowp as it is written, for small sums, hard multipliers and every shift', () => {
  const muls = [2 ** 30, 2 ** 30 + 1, 3 * 2 ** 29, 2 ** 31 - 1, -(2 ** 30), 1 - 2 ** 31, -(2 ** 31), 5, 0].map(BigInt);
  for (const M of muls) {
    for (const n of [24, 29, 30, 31, 32, 33, 34, 37, 41, 62]) {
      for (let acc = -70n; acc <= 70n; acc++) {
        const want = divideByPowerOfTwo(doublingHighMul(acc * 2n ** BigInt(Math.max(0, 31 - n)), M), Math.max(0, n - 31));
        expect(highMulShift(acc, M, n, 'half-away')).toBe(want);
      }
    }
  }
});

test('an accumulator holds what its register can, in every place where it is cut', async () => {
  const all = accumulatorVectors();
  for (const v of all) {
    expect(limitSum(BigInt(v.total), v)).toBe(BigInt(v.acc));
    const sums = Int32Array.of(v.total);
    limitAll(sums, v);
    expect(sums[0]).toBe(v.acc);
    const bound = BigInt(Math.abs(v.total));
    expect(BigInt(Math.abs(v.acc))).toBeLessThanOrEqual(heldBy(v, bound));
  }
  await withKernel(async (kernel) => {
    for (const v of all) {
      kernel.reset();
      const block = kernel.put(new Int32Array(8).fill(v.total));
      kernel.limit(block, 4, 2, 3, v.bits, v.overflow === 'saturate' ? 1 : 0);
      const got = new Int32Array(8);
      kernel.take(block, got);
      expect(new Set(got)).toEqual(new Set([v.acc]));
    }
  });
});

test('wrapping takes sums beyond 32 bits as they are modulo 2^32', () => {
  for (const total of [2 ** 31, -(2 ** 31) - 1, 2 ** 40 + 12345, 5 - 2 ** 45]) {
    for (const bits of [8, 20, 32]) {
      const sums = Int32Array.of(total);
      limitAll(sums, { bits, overflow: 'wrap' });
      expect(BigInt(sums[0] as number)).toBe(limitSum(BigInt(total), { bits, overflow: 'wrap' }));
    }
  }
});
