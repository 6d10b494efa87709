import { expect, test } from 'vitest';
import { erf, exp, expm1, log, log1p, sigmoid, tanh } from './math';
import { createRng } from './rng';

// V8's own functions are within 1 ulp: an independent oracle up to that.
function near(got: number, want: number, relative: number): void {
  if (got === want) return;
  expect(Math.abs(got - want)).toBeLessThanOrEqual(Math.abs(want) * relative + 5e-324);
}

test('exp, log and tanh agree with the platform to a few units in the last place', () => {
  const rng = createRng(5);
  for (let i = 0; i < 20000; i++) {
    const x = (rng.uniform() - 0.5) * 10 ** rng.int(-6, 3);
    near(exp(x), Math.exp(x), 1e-15);
    near(expm1(x), Math.expm1(x), 2e-15);
    near(tanh(x), Math.tanh(x), 2e-15);
    near(sigmoid(x), 1 / (1 + Math.exp(-x)), 2e-15);
    const p = Math.exp((rng.uniform() - 0.5) * 1000);
    near(log(p), Math.log(p), 1e-15);
    near(log1p(Math.abs(x)), Math.log1p(Math.abs(x)), 2e-15);
  }
});

test('edges are as IEEE functions have them', () => {
  expect(exp(0)).toBe(1);
  expect(exp(1000)).toBe(Infinity);
  expect(exp(-1000)).toBe(0);
  expect(log(1)).toBe(0);
  expect(log(0)).toBe(-Infinity);
  expect(log(-1)).toBeNaN();
  expect(tanh(50)).toBe(1);
  expect(tanh(0)).toBe(0);
  expect(erf(0)).toBe(0);
  expect(erf(-7)).toBe(-1);
  near(exp(-744), Math.exp(-744), 0.5);
});

test('erf agrees with values from Python (math.erf)', () => {
  const table: [number, number][] = [
    [1e-8, 1.1283791670955126e-8],
    [0.1, 0.1124629160182849],
    [0.5, 0.5204998778130465],
    [1, 0.8427007929497149],
    [1.5, 0.9661051464753108],
    [2, 0.9953222650189527],
    [3, 0.9999779095030014],
    [4.5, 0.9999999998033839],
    [5.9, 0.9999999999999999],
  ];
  for (const [x, want] of table) {
    near(erf(x), want, 3e-15);
    near(erf(-x), -want, 3e-15);
  }
});

test('the tables of these functions never change: bits of a few values', () => {
  const bits = (x: number): string => new BigUint64Array(Float64Array.of(x).buffer)[0]?.toString(16) ?? '';
  expect([exp(-3.3), log(7.7), erf(0.77), tanh(0.33), sigmoid(-2.2)].map(bits)).toMatchInlineSnapshot(`
    [
      "3fa2e259bb85be84",
      "4000546b52e30f62",
      "3fe7298bf203be86",
      "3fd462a4f7f935df",
      "3fb9893f80876feb",
    ]
  `);
});
