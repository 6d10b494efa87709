import { expect, test } from 'vitest';
import { quietContext } from '../base/context';
import { createRng } from '../base/rng';
import { canonicalModel, type Sketch } from '../integer/canonical.fixture';
import { execute } from '../integer/execute';
import { convert, randomInputs, type Ranges } from '../integer/lawful.fixture';
import type { IntegerModel } from '../ir/integer-model';
import { dequantizeAffine } from '../quant/affine';
import { parseRecipe } from '../recipe/validate';
import { sqnrDb } from './metrics';
import { nonlinearCost, type CostSample } from './nonlinear-cost';

const sketch: Sketch = {
  inputs: ['x'],
  outputs: ['y'],
  shapes: { x: [2, 16], n: [2, 16], g: [2, 16], p: [2, 16], y: [2, 3] },
  constants: {
    gamma: { shape: [16], data: Float32Array.from({ length: 16 }, (_, i) => 0.5 + i / 16) },
    beta: { shape: [16], data: Float32Array.from({ length: 16 }, (_, i) => (i - 8) / 20) },
    w: { shape: [16, 3], data: Float32Array.from({ length: 48 }, (_, i) => ((i * 13) % 17) / 8 - 1) },
  },
  opset: 17,
  nodes: [
    { op: 'LayerNormalization', inputs: ['x', 'gamma', 'beta'], outputs: ['n'] },
    { op: 'Gelu', domain: 't2c', inputs: ['n'], outputs: ['g'] },
    { op: 'Softmax', inputs: ['g'], outputs: ['p'] },
    { op: 'MatMul', inputs: ['p', 'w'], outputs: ['y'] },
  ],
};
const ranges: Ranges = { x: [-4, 5], n: [-4, 4], g: [-0.2, 4], p: [0, 1], y: [-1, 1] };
const logits = Float32Array.from({ length: 6 }, (_, i) => Math.sin(i));

function samplesOf(model: IntegerModel): CostSample[] {
  return [1, 2].map((index) => ({ index, inputs: randomInputs(model, createRng(index)), tensors: undefined, logits }));
}

test('a table costs nothing, softmax and layer norm next to nothing, and every number has its samples', async () => {
  const { model } = await convert(sketch, ranges);
  const report = await nonlinearCost(canonicalModel(sketch), model, samplesOf(model), true, quietContext());
  expect(report?.samples).toEqual([1, 2]);
  expect(report?.ops.map(({ id, kind }) => [id, kind])).toEqual([
    ['layernormalization0', 'LayerNorm'],
    ['gelu1', 'GELU'],
    ['softmax2', 'Softmax'],
  ]);
  expect(report?.ops[1]?.costDb).toBe(0);
  for (const op of report?.ops ?? []) {
    expect(op.integerDb).toBeGreaterThan(25);
    expect(Math.abs(op.costDb ?? NaN)).toBeLessThan(0.2);
  }
  expect(report?.kinds.map((k) => [k.kind, k.ops, k.integerDb])).toEqual(report?.ops.map((op) => [op.kind, 1, op.integerDb]));
});

test('the SQNR of an op is that of its integers against its function in plain floats', async () => {
  const { model } = await convert(sketch, ranges);
  const [sample] = samplesOf(model);
  const report = await nonlinearCost(canonicalModel(sketch), model, [sample as CostSample], false, quietContext());
  const all = await execute(model, (sample as CostSample).inputs, { keep: 'all' }, quietContext());
  const real = (name: string): Float32Array => {
    const q = model.values.get(name)?.quant;
    if (!q) throw new Error(name);
    return dequantizeAffine(all.get(name)?.data as Uint8Array, q);
  };
  const g = real('g');
  const want = [0, 16].flatMap((at) => {
    const e = [...g.slice(at, at + 16)].map(Math.exp);
    return e.map((v) => v / e.reduce((a, b) => a + b, 0));
  });
  expect(report?.ops[2]?.integerDb).toBeCloseTo(sqnrDb(want, real('p')) ?? NaN, 1);
  expect(report?.kinds[2]?.logitsSqnrDb).toBeUndefined();
});

test.each([
  ['LayerNorm', 'layernormalization0'],
  ['GELU', 'gelu1'],
  ['Softmax', 'softmax2'],
])('what %s in float would give is what keeping it in float gives', async (kind, stem) => {
  const { model } = await convert(sketch, ranges);
  const report = await nonlinearCost(canonicalModel(sketch), model, samplesOf(model), true, quietContext());
  const kept = await convert(sketch, ranges, parseRecipe({ layers: [{ match: stem, keep: 'float' }] }));
  expect(kept.model.islands).toMatchObject([{ reason: 'kept in float by the recipe' }]);
  expect(kept.model.ops).toHaveLength(3);
  const changed = await nonlinearCost(canonicalModel(sketch), kept.model, samplesOf(kept.model), false, quietContext());
  expect(report?.kinds.find((k) => k.kind === kind)?.logitsSqnrDb).toBe(changed?.logitsSqnrDb);
});

test('a worse table of exp is seen in the cost of softmax and nowhere else', async () => {
  const { model } = await convert(sketch, ranges);
  const constants = new Map(model.constants);
  const table = constants.get('softmax2_lut');
  if (!table) throw new Error('no table');
  constants.set('softmax2_lut', { ...table, data: Uint16Array.from(table.data as Uint16Array, (e) => (e >> 13) << 13) });
  const report = await nonlinearCost(canonicalModel(sketch), { ...model, constants }, samplesOf(model), false, quietContext());
  expect(report?.ops[2]?.costDb).toBeGreaterThan(6);
  expect(report?.ops[1]?.costDb).toBe(0);
});

test('a softmax that defers its division counts as the product divides it', async () => {
  const attention: Sketch = {
    inputs: ['x', 'v'],
    outputs: ['y'],
    shapes: { x: [1, 2, 6, 12], v: [1, 2, 12, 4], p: [1, 2, 6, 12], y: [1, 2, 6, 4] },
    nodes: [
      { op: 'Softmax', inputs: ['x'], outputs: ['p'] },
      { op: 'MatMul', inputs: ['p', 'v'], outputs: ['y'] },
    ],
  };
  const { model } = await convert(attention, { x: [-3, 3], v: [-1, 1], y: [-1, 1] }, parseRecipe({ nonlinear: { softmax: 'deferred' } }));
  expect(model.ops[0]).toMatchObject({ kind: 'softmax', softmax: { mode: 'deferred' } });
  const report = await nonlinearCost(canonicalModel(attention), model, samplesOf(model), true, quietContext());
  expect(report?.ops[0]?.integerDb).toBeGreaterThan(35);
  expect(report?.ops[0]?.floatDb).toBeGreaterThan(25);
});

test('a model without such operators has no report', async () => {
  const plain: Sketch = {
    inputs: ['x'],
    outputs: ['y'],
    shapes: { x: [2, 4], y: [2, 4] },
    nodes: [{ op: 'Relu', inputs: ['x'], outputs: ['y'] }],
  };
  const { model } = await convert(plain, { x: [-1, 1], y: [0, 1] });
  expect(await nonlinearCost(canonicalModel(plain), model, samplesOf(model), true, quietContext())).toBeUndefined();
});
