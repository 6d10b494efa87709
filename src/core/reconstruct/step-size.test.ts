/** Learned steps: the losses against sums written out in float64, the paper's gradient, and the law. */
import { describe, expect, it } from 'vitest';
import { quietContext } from '../base/context';
import { roundHalfEven } from '../base/fixed-point';
import { createRng } from '../base/rng';
import { floatSteps } from './float-steps.fixture';
import { gradients } from './differentiate';
import { GraphBuilder } from './graph-builder';
import { floatsFrom, floatTensor, runOnce } from './step-runner';
import type { ValueName } from '../ir/model';
import { lsqToken } from '../quant/quantizers/lsq-token';
import { tokenScales } from '../quant/quantizers/minmax-token';
import { rowsOf } from './rows.fixture';
import { learnStep, onGrid, type StepProblem, type StepReader } from './step-size';

const rng = createRng(2);
const normals = (n: number): Float64Array => Float64Array.from({ length: n }, () => Math.fround(rng.normal()));

/** With all of its rows at hand. */
interface Whole extends StepReader {
  readonly x: Float32Array;
  readonly target: Float32Array;
}
interface Problem extends StepProblem {
  readonly readers: readonly Whole[];
}
type Plain = Omit<Whole, 'take'>;

/** Targets are what the layer gives for x. */
function whole(r: Omit<Plain, 'target'>): Whole {
  const target = Float32Array.from(outputsOf({ ...r, clamp: undefined }, r.x));
  return { ...r, target, ...rowsOf(r.groups, r.rows, r.x, target) };
}

function reader(groups: number, outputs: number, columns: number, clamp: StepReader['clamp']): Whole {
  const rows = 48;
  return whole({
    ...{ groups, outputs, columns, rows, clamp, factor: 0.5, tokens: undefined },
    weight: normals(groups * outputs * columns),
    bias: normals(groups * outputs),
    x: Float32Array.from(normals(groups * rows * columns)),
  });
}

function outputsOf(r: Omit<Plain, 'target'>, x: ArrayLike<number>): number[] {
  return Array.from({ length: r.groups * r.rows * r.outputs }, (_, i) => {
    const [g, row, o] = [Math.floor(i / (r.rows * r.outputs)), Math.floor(i / r.outputs) % r.rows, i % r.outputs];
    const at = g * r.outputs + o;
    let y = r.bias[at] as number;
    for (let k = 0; k < r.columns; k++) {
      y += r.factor * (x[(g * r.rows + row) * r.columns + k] as number) * (r.weight[at * r.columns + k] as number);
    }
    return r.clamp ? Math.min(r.clamp.hi, Math.max(r.clamp.lo, y)) : y;
  });
}

function lossOf(p: Problem, scales: Float32Array): number {
  return p.readers.reduce((sum, r) => {
    const q = Array.from(r.x, (v, i) => {
      const scale = scales[r.tokens?.[Math.floor(i / r.columns) % r.rows] ?? 0] as number;
      return scale * (Math.min(p.hi, Math.max(p.lo, roundHalfEven(Math.fround(v / scale)) + p.zeroPoint)) - p.zeroPoint);
    });
    const [lo, hi] = [r.clamp?.lo ?? -Infinity, r.clamp?.hi ?? Infinity];
    const error = outputsOf(r, q).reduce((s, y, i) => s + (y - Math.min(hi, Math.max(lo, r.target[i] as number))) ** 2, 0);
    return sum + error / r.target.reduce((s, v) => s + v * v, 0);
  }, 0);
}

const options = { iterations: 200, batch: 48, rate: 0.01 };
const relu = { lo: 0, hi: Infinity };
const one = (scale: number): Problem => ({
  readers: [reader(1, 4, 6, relu), reader(2, 1, 9, undefined)],
  scale: Float32Array.of(scale),
  zeroPoint: 7,
  lo: 0,
  hi: 15,
  seed: 1,
});

describe('a learned step', () => {
  it("has the paper's gradient: round(v) - v in range, the bound outside", async () => {
    const g = new GraphBuilder();
    const x = Float32Array.of(-9, -1.2, 0.3, 0.74, 1.6, 40);
    const step = g.input('step', []);
    const y = onGrid(g, { zeroPoint: 3, lo: 0, hi: 15 }, g.floats(x, [6]), step);
    // one output an element: a gradient of its own
    const found = Array.from(x, (_, i) => {
      const picked = g.floats(
        Array.from(x, (_v, k) => Number(k === i)),
        [6],
      );
      return gradients(g, new Map([[y, picked]]), [step])[0] as ValueName;
    });
    const outputs = await runOnce(
      floatSteps,
      g.model(Object.fromEntries(found.map((v, i) => [`d${i}`, v]))),
      new Map([['step', floatTensor([], Float32Array.of(0.5))]]),
    );
    const wanted = Array.from(x, (e) => {
      const v = e / 0.5;
      return v < -3 ? -3 : v > 12 ? 12 : roundHalfEven(v) - v;
    });
    wanted.forEach((w, i) => expect(floatsFrom(outputs, `d${i}`)[0]).toBeCloseTo(w, 5));
  });

  it.each([0.8, 0.12])('finds its way from %f, with the losses that it says', async (scale) => {
    const p = one(scale);
    const found = await learnStep(p, options, floatSteps, quietContext());
    expect(found.before).toBeCloseTo(lossOf(p, p.scale), 5);
    expect(found.after).toBeCloseTo(lossOf(p, found.scale), 5);
    expect(found.after).toBeLessThan(found.before / 2);
    expect(found.iterations).toBe(200);
    expect(await learnStep(p, options, floatSteps, quietContext())).toEqual(found);
  });

  it('begins at a wider step where the outputs lose less by it', async () => {
    // one row of large values among many small ones carries the outputs: a step that fits the small ones clips them
    const r = reader(1, 4, 6, undefined);
    const x = r.x.map((v, i) => v * (i < 12 ? 6 : 0.3));
    const p = { ...one(0.1), readers: [{ ...r, x, target: Float32Array.from(outputsOf(r, x)) }] };
    const found = await learnStep(p, { iterations: 10, batch: 8, rate: 1e-4 }, floatSteps, quietContext());
    expect((found.scale[0] as number) / (p.scale[0] as number)).toBeCloseTo(2, 1);
    expect(found.after).toBeLessThanOrEqual(
      Math.min(
        ...[1, 1.25, 1.6, 2].map((by) =>
          lossOf(
            p,
            p.scale.map((s) => s * by),
          ),
        ),
      ) + 1e-5,
    );
  });

  it('stays where learning has made it worse', async () => {
    const p = one(0.34);
    const found = await learnStep(p, { ...options, iterations: 10, rate: 0.5 }, floatSteps, quietContext());
    expect(found.after).toBeLessThanOrEqual(found.before);
    if (found.after === found.before) expect(found.scale).toEqual(p.scale);
  });
});

describe('learned steps of tokens', () => {
  const count = 5;
  /** Token t is larger by 2^t; one in six rows has an outlier. */
  function tokenReader(outputs: number, clamp: StepReader['clamp']): Whole {
    const r = { ...reader(1, outputs, 8, clamp), tokens: Int32Array.from({ length: 48 }, (_, i) => (i * 7) % count) };
    const x = r.x.map((v, i) => v * 2 ** (r.tokens[Math.floor(i / 8)] as number) * (i % 48 === 5 ? 6 : 1));
    return whole({ ...r, x });
  }
  const first = tokenReader(4, relu);
  const readers = [first, whole({ ...tokenReader(3, undefined), x: first.x })];
  const maxima = Array.from({ length: count }, (_, t) =>
    first.x.reduce((m, v, i) => (first.tokens?.[Math.floor(i / 8)] === t ? Math.max(m, Math.abs(v)) : m), 0),
  );
  const p: Problem = { readers, scale: tokenScales(maxima, 4), zeroPoint: 0, lo: -8, hi: 7, seed: 3 };

  it('have the losses that are said, less than those of the maxima, on multiples of one step', async () => {
    const found = await lsqToken.learn?.(p, { iterations: 100, rows: 48, rate: 0.01 }, floatSteps, quietContext());
    if (!found) throw new Error('lsq_token learns');
    expect(found.before).toBeCloseTo(lossOf(p, p.scale), 5);
    expect(found.after).toBeCloseTo(lossOf(p, found.scale), 5);
    expect(found.after).toBeLessThan(found.before * 0.7);
    expect(new Set(found.scale).size).toBe(count);
    const again = Float64Array.from(found.scale, (s) => s * p.hi);
    expect(tokenScales(again, 4)).toEqual(found.scale);
  });

  it('move each by its own gradient: a token without rows keeps its scale', async () => {
    const wide: StepProblem = { ...p, scale: Float32Array.of(...p.scale, 0.125) };
    const found = await learnStep(wide, { iterations: 20, batch: 48, rate: 0.01 }, floatSteps, quietContext());
    expect(found.scale[count]).toBe(0.125);
    expect(found.after).toBeLessThan(found.before);
    found.scale.subarray(0, count).forEach((s, t) => expect(s).not.toBe(p.scale[t]));
  });
});
