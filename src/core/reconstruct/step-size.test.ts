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
import { learnStep, onGrid, type StepProblem, type StepReader } from './step-size';

const rng = createRng(2);
const normals = (n: number): Float64Array => Float64Array.from({ length: n }, () => Math.fround(rng.normal()));

function reader(groups: number, outputs: number, columns: number, clamp: StepReader['clamp']): StepReader {
  const rows = 48;
  const r = {
    ...{ groups, outputs, columns, rows, clamp, factor: 0.5 },
    weight: normals(groups * outputs * columns),
    bias: normals(groups * outputs),
    x: Float32Array.from(normals(groups * rows * columns)),
    target: new Float32Array(),
  };
  return { ...r, target: Float32Array.from(outputsOf({ ...r, clamp: undefined }, r.x)) };
}

function outputsOf(r: StepReader, x: ArrayLike<number>): number[] {
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

function lossOf(p: StepProblem, scale: number): number {
  return p.readers.reduce((sum, r) => {
    const q = Array.from(
      r.x,
      (v) => scale * (Math.min(p.hi, Math.max(p.lo, roundHalfEven(Math.fround(v / scale)) + p.zeroPoint)) - p.zeroPoint),
    );
    const [lo, hi] = [r.clamp?.lo ?? -Infinity, r.clamp?.hi ?? Infinity];
    const error = outputsOf(r, q).reduce((s, y, i) => s + (y - Math.min(hi, Math.max(lo, r.target[i] as number))) ** 2, 0);
    return sum + error / r.target.reduce((s, v) => s + v * v, 0);
  }, 0);
}

const options = { iterations: 200, batch: 48, rate: 0.01 };
const relu = { lo: 0, hi: Infinity };
const one = (scale: number): StepProblem => ({
  readers: [reader(1, 4, 6, relu), reader(2, 1, 9, undefined)],
  scale,
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
    const p = one(Math.fround(scale));
    const found = await learnStep(p, options, floatSteps, quietContext());
    expect(found.before).toBeCloseTo(lossOf(p, p.scale), 5);
    expect(found.after).toBeCloseTo(lossOf(p, found.scale), 5);
    expect(found.after).toBeLessThan(found.before / 2);
    expect(found.iterations).toBe(200);
    expect(await learnStep(p, options, floatSteps, quietContext())).toEqual(found);
  });

  it('stays where learning has made it worse', async () => {
    const p = one(Math.fround(0.34));
    const found = await learnStep(p, { ...options, iterations: 10, rate: 0.5 }, floatSteps, quietContext());
    expect(found.after).toBeLessThanOrEqual(found.before);
    if (found.after === found.before) expect(found.scale).toBe(p.scale);
  });
});
