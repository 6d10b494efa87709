import { describe, expect, test } from 'vitest';
import { createRng } from '../base/rng';
import { cosine, klOfLogits, sqnrDb, top1 } from './metrics';

const rng = createRng(3);
const some = (n: number): number[] => Array.from({ length: n }, () => rng.normal());

describe('metrics', () => {
  test('SQNR is ten times the logarithm of signal over noise', () => {
    const r = some(200);
    const x = r.map((v) => v + 0.01 * rng.normal());
    const signal = r.reduce((a, v) => a + v * v, 0);
    const noise = r.reduce((a, v, i) => a + (v - (x[i] as number)) ** 2, 0);
    expect(sqnrDb(r, x)).toBeCloseTo(10 * Math.log10(signal / noise), 9);
    expect(sqnrDb([3, 4], [3, 4.5])).toBeCloseTo(20, 12);
    expect(sqnrDb(r, r)).toBe(Infinity);
    expect(sqnrDb([0, 0], [1, 0])).toBeUndefined();
  });

  test('halving a quantization step gains 6 dB', () => {
    const r = some(20000);
    const grid = (s: number): number[] => r.map((v) => s * Math.round(v / s));
    expect((sqnrDb(r, grid(0.01)) as number) - (sqnrDb(r, grid(0.02)) as number)).toBeCloseTo(6.02, 1);
  });

  test('cosine is 1 for the same direction, 0 for a right angle', () => {
    expect(cosine([1, 2], [2, 4])).toBeCloseTo(1, 12);
    expect(cosine([1, 0], [0, 5])).toBe(0);
    expect(cosine([0, 0], [1, 1])).toBeUndefined();
  });

  test('KL of logits is that of their softmax, and 0 for logits that differ by a constant', () => {
    const [a, b] = [some(10), some(10)];
    const softmax = (l: number[]): number[] => l.map((v) => Math.exp(v) / l.reduce((s, w) => s + Math.exp(w), 0));
    const [p, q] = [softmax(a), softmax(b)];
    expect(klOfLogits(a, b)).toBeCloseTo(
      p.reduce((s, v, i) => s + v * Math.log(v / (q[i] as number)), 0),
      12,
    );
    expect(
      klOfLogits(
        a,
        a.map((v) => v + 700),
      ),
    ).toBeCloseTo(0, 12);
    expect(klOfLogits([1000, 0], [0, 1000])).toBeCloseTo(1000, 6);
  });

  test('top-1 is the first maximum', () => {
    expect(top1([1, 5, 5, 2])).toBe(1);
    expect(top1([-3])).toBe(0);
    expect(top1([])).toBe(-1);
  });
});
