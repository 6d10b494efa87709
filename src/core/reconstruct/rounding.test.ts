/** Learned rounding on tiny layers: its losses against sums written out in float64, its laws, and what it gains. */
import { describe, expect, it } from 'vitest';
import { quietContext, type Progress } from '../base/context';
import { createRng } from '../base/rng';
import { floatSteps } from './float-steps.fixture';
import { learnRounding, type RoundingOptions, type RoundingProblem } from './rounding';
import { rowsOf } from './rows.fixture';

/** With all of its rows at hand. */
type Whole = Omit<RoundingProblem, 'take'> & { readonly x: Float32Array; readonly target: Float32Array };
const learn = (p: Whole, ...rest: Rest): ReturnType<typeof learnRounding> =>
  learnRounding({ ...p, ...rowsOf(p.groups, p.rows, p.x, p.target) }, ...rest);
type Rest = Parameters<typeof learnRounding> extends [unknown, ...infer R] ? R : never;

const options: RoundingOptions = { iterations: 200, batch: 32, lr: 0.05, lambda: 0.3, linear: false };
const relu = { lo: 0, hi: Infinity };

/** Inputs that depend on each other: two hidden numbers and a little noise. */
function problem(seed: number, groups: number, outputs: number, columns: number, clamp: RoundingProblem['clamp']): Whole {
  const rng = createRng(seed);
  const rows = 64;
  const normals = (n: number): Float64Array => Float64Array.from({ length: n }, () => rng.normal());
  const mix = normals(groups * columns * 2);
  const hidden = normals(rows * 2);
  const x = Float32Array.from({ length: groups * rows * columns }, (_, i) => {
    const [g, r, k] = [Math.floor(i / (rows * columns)), Math.floor(i / columns) % rows, i % columns];
    const at = (g * columns + k) * 2;
    return (mix[at] ?? 0) * (hidden[r * 2] ?? 0) + (mix[at + 1] ?? 0) * (hidden[r * 2 + 1] ?? 0) + 0.1 * rng.normal();
  });
  const weight = normals(groups * outputs * columns).map(Math.fround);
  const scale = new Float64Array(groups * outputs).fill(0.5);
  const bias = normals(groups * outputs).map((b) => 0.3 * b);
  const p = { groups, outputs, columns, rows, weight, scale, lo: -7, hi: 7, x, bias, clamp, seed, target: new Float32Array() };
  return { ...p, target: targetOf(p, weight) };
}

const cut = ({ clamp }: Whole, v: number): number => (clamp ? Math.min(clamp.hi, Math.max(clamp.lo, v)) : v);

const targetOf = (p: Whole, w: Float64Array): Float32Array => Float32Array.from(outputsOf({ ...p, clamp: undefined }, w));

/** [groups, rows, outputs] */
function outputsOf(p: Whole, w: ArrayLike<number>): Float64Array {
  return Float64Array.from({ length: p.groups * p.rows * p.outputs }, (_, i) => {
    const [g, r, o] = [Math.floor(i / (p.rows * p.outputs)), Math.floor(i / p.outputs) % p.rows, i % p.outputs];
    const at = g * p.outputs + o;
    let y = p.bias[at] ?? 0;
    for (let k = 0; k < p.columns; k++) y += (p.x[(g * p.rows + r) * p.columns + k] ?? 0) * (w[at * p.columns + k] ?? 0);
    return cut(p, y);
  });
}

function errorOf(p: Whole, q: ArrayLike<number>): number {
  const y = outputsOf(
    p,
    Array.from(q, (v, i) => v * (p.scale[Math.floor(i / p.columns)] ?? 1)),
  );
  return y.reduce((sum, v, i) => sum + (v - cut(p, p.target[i] ?? 0)) ** 2, 0) / y.length;
}

const nearestOf = (p: Whole): Int32Array => Int32Array.from(p.weight, (w) => Math.min(7, Math.max(-7, Math.round(w / 0.5))));

describe.each([
  ['X^T X', 'gram', problem(1, 1, 8, 24, undefined), options],
  ['X^T X of groups', 'gram', problem(2, 3, 1, 9, undefined), options],
  ['rows behind a ReLU', 'rows', problem(3, 1, 8, 24, relu), options],
  ['rows of groups behind a ReLU6', 'rows', problem(4, 2, 4, 18, { lo: 0, hi: 6 }), options],
  ['X^T X behind a ReLU, on purpose', 'gram', problem(5, 1, 8, 24, relu), { ...options, linear: true }],
] as const)('by %s', (_title, form, p, o) => {
  it('ends far below nearest rounding, with the losses that it says', async () => {
    const { integers, before, after, moved, ...rest } = await learn(p, o, floatSteps, quietContext());
    const nearest = nearestOf(p);
    expect(moved).toBe(integers.reduce((n, q, i) => n + Number(q !== nearest[i]), 0));
    expect(rest).toEqual({ form, iterations: 200 });
    expect(before).toBeCloseTo(errorOf(p, nearestOf(p)), 5);
    expect(after).toBeCloseTo(errorOf(p, integers), 5);
    expect(after).toBeLessThan(before / 2);
    integers.forEach((q, i) => expect(Math.abs(q - (p.weight[i] ?? 0) / 0.5)).toBeLessThan(1));
  });
});

describe('learned rounding', () => {
  it('keeps nearest, channel by channel, where learning has made it worse', async () => {
    const p = problem(6, 1, 6, 12, undefined);
    // no data term: every weight goes where the noise of a few steps has left it
    const bad = { ...options, iterations: 20, lr: 0.1, lambda: 100 };
    const { integers, before, after } = await learn(p, bad, floatSteps, quietContext());
    const nearest = nearestOf(p);
    const channel = (q: Int32Array, o: number): number => {
      const one = nearest.slice();
      one.set(q.subarray(o * 12, (o + 1) * 12), o * 12);
      return errorOf(p, one);
    };
    for (let o = 0; o < 6; o++) expect(channel(integers, o)).toBeLessThanOrEqual(errorOf(p, nearest) * (1 + 1e-6));
    expect(after).toBeLessThanOrEqual(before);
  });

  it('gives the same integers for the same seed, and tells its loss as it goes', async () => {
    const p = problem(7, 1, 3, 8, relu);
    const told: Progress[] = [];
    const first = await learn(p, options, floatSteps, { ...quietContext(), progress: (e) => told.push(e) });
    expect(await learn(p, options, floatSteps, quietContext())).toEqual(first);
    expect(told.map((e) => e.done)).toEqual(Array.from({ length: 20 }, (_, i) => 10 * (i + 1)));
    expect(told.every((e) => e.total === 200 && Number.isFinite(e.loss))).toBe(true);
  });

  it('leaves weights beyond the range at its ends, and inputs that are always 0 at nearest', async () => {
    const p = problem(8, 1, 2, 6, undefined);
    const wide = { ...p, weight: p.weight.map((w) => 10 * w) };
    const far = await learn({ ...wide, target: targetOf(wide, wide.weight) }, options, floatSteps, quietContext());
    expect(far.integers.every((q) => q >= -7 && q <= 7)).toBe(true);
    const dead = { ...p, x: p.x.map(() => 0), bias: p.bias.map(() => 0), target: p.target.map(() => 0) };
    expect((await learn(dead, options, floatSteps, quietContext())).integers).toEqual(nearestOf(p));
    // a tie is rounded to even, and that is no flip
    const ties = { ...dead, weight: dead.weight.map((_, i) => 0.5 * (i - 5 + 0.5)) };
    const tied = await learn(ties, options, floatSteps, quietContext());
    expect([[...tied.integers], tied.moved]).toEqual([[-4, -4, -2, -2, 0, 0, 2, 2, 4, 4, 6, 6], 0]);
  });

  it('ends when it is cancelled', async () => {
    const signal = { aborted: false };
    const ctx = { ...quietContext(), signal, progress: () => void (signal.aborted = true) };
    await expect(learn(problem(9, 1, 2, 6, undefined), options, floatSteps, ctx)).rejects.toThrow();
  });
});
