/** A step of learning on ONNX Runtime: the tensors of our own float rules, and the same bytes every time. */
import { expect, it } from 'vitest';
import { nodeRunner } from '../adapters/onnxruntime/node';
import { quietContext } from '../core/base/context';
import { createRng } from '../core/base/rng';
import { learnBlock } from '../core/reconstruct/block';
import { blockProblem } from '../core/reconstruct/block.fixture';
import { floatSteps } from '../core/reconstruct/float-steps.fixture';
import { learnRounding } from '../core/reconstruct/rounding';
import { rowsOf } from '../core/reconstruct/rows.fixture';
import { stepRunner } from './step-runner';

it.each([undefined, { lo: 0, hi: Infinity }])('learns a rounding behind the clamp %o', async (clamp) => {
  const rng = createRng(4);
  const normals = (n: number): Float64Array => Float64Array.from({ length: n }, () => Math.fround(rng.normal()));
  const p = {
    ...{ groups: 2, outputs: 3, columns: 9, rows: 64, lo: -7, hi: 7, seed: 5, clamp },
    ...{ weight: normals(54), scale: new Float64Array(6).fill(0.5), bias: normals(6) },
    ...rowsOf(
      2,
      64,
      Float32Array.from(normals(2 * 64 * 9)),
      Float32Array.from(normals(2 * 64 * 3)).map((v) => (clamp ? Math.max(0, v) : v)),
    ),
  };
  const options = { iterations: 40, batch: 32, lr: 0.01, lambda: 1, linear: false };
  const curve: number[] = [];
  const ctx = { ...quietContext(), progress: (e: { loss?: number }) => void curve.push(e.loss ?? NaN) };
  const steps = stepRunner(nodeRunner(), 'wasm', undefined);
  const found = await learnRounding(p, options, steps, ctx);
  const again = await learnRounding(p, options, steps, ctx);
  const own = await learnRounding(p, options, floatSteps, ctx);
  expect(again).toEqual(found);
  expect(curve.slice(4, 8)).toEqual(curve.slice(0, 4));
  // float32 sums in another order, through 40 steps of Adam
  curve.slice(8).forEach((loss, i) => expect(Math.abs(loss - (curve[i] as number))).toBeLessThan(1e-3 * loss));
  expect(own.before).toBeCloseTo(found.before, 5);
});

it('learns a block, with the losses of our own float rules', async () => {
  const p = blockProblem([0.6, 1]);
  const options = { iterations: 40, batch: 4, probability: 0.5, rate: 0.01 };
  const steps = stepRunner(nodeRunner(), 'wasm', undefined);
  const found = await learnBlock(p, options, steps, quietContext());
  expect(await learnBlock(p, options, steps, quietContext())).toEqual(found);
  const own = await learnBlock(p, options, floatSteps, quietContext());
  expect(Math.abs(found.before - own.before)).toBeLessThan(1e-5);
  // float32 sums in another order, through 40 steps of Adam
  expect(Math.abs(found.after - own.after)).toBeLessThan(1e-2 * own.after);
});
