import { expect, test } from 'vitest';
import { quietContext } from '../base/context';
import { createRng } from '../base/rng';
import { canonicalModel, type Sketch } from '../integer/canonical.fixture';
import { execute } from '../integer/execute';
import { convert, randomInputs, type Ranges } from '../integer/lawful.fixture';
import { nodesByStem } from './float-form';
import { functionView } from './function-view';
import type { FunctionView } from './types';

async function viewsOf(sketch: Sketch, ranges: Ranges): Promise<(FunctionView | undefined)[]> {
  const { model } = await convert(sketch, ranges);
  const c = canonicalModel(sketch);
  const inputs = randomInputs(model, createRng(2));
  if (inputs.has('mask')) inputs.set('mask', { dtype: 'uint8', shape: [1, 4], data: Uint8Array.of(1, 1, 1, 0) });
  const tensors = await execute(model, inputs, { keep: 'all' }, quietContext());
  return model.ops.map((op) => functionView(op, nodesByStem(c).get(op.name), c, model, tensors));
}

test('a softmax shows its table, its row sums and the input that its mask comes from', async () => {
  const [, , view] = await viewsOf(
    {
      inputs: ['x', 'mask'],
      outputs: ['y'],
      whole: ['mask', 'm'],
      shapes: { x: [2, 3, 4], mask: [1, 4], m: [1, 1, 4], y: [2, 3, 4] },
      nodes: [
        { op: 'Unsqueeze', inputs: ['mask'], outputs: ['m'], attrs: { axes: [1] } },
        { op: 'Softmax', domain: 't2c', inputs: ['x', 'm'], outputs: ['y'], attrs: { keep: 1 } },
      ],
    },
    { x: [-4, 5] },
  );
  expect(view).toMatchObject({ kind: 'softmax', row: 4, rows: 6, masked: 0, inputBits: 8, pb: 16, mode: 'divide' });
  if (view?.kind !== 'softmax') throw new Error('no softmax');
  expect(view.mask).toEqual({ name: 'mask', constant: false, share: 0.25 });
  expect(view.table[0]).toBe(65535);
  expect(view.table[10]).toBe(Math.round(65535 * Math.exp(-10 * view.inputScale)));
  expect(view.worst).toBeLessThan(1e-3);
});

test('a table lies on its function, half a step away at most, and a fused clamp is in both', async () => {
  const [view] = await viewsOf(
    {
      inputs: ['x'],
      outputs: ['y'],
      shapes: { x: [2, 4], y: [2, 4] },
      nodes: [{ op: 'Silu', domain: 't2c', inputs: ['x'], outputs: ['y'], clamp: { lo: 0, hi: 3, op: 'Clip' } }],
    },
    { x: [-4, 5], y: [0, 3] },
  );
  if (view?.kind !== 'table') throw new Error('no table');
  expect(view.entries).toHaveLength(256);
  view.x.forEach((x, i) => {
    expect(view.real?.[i]).toBeCloseTo(Math.min(3, Math.max(0, x / (1 + Math.exp(-x)))), 5);
    expect(Math.abs((view.y[i] ?? NaN) - (view.real?.[i] ?? NaN)) / view.outputScale).toBeLessThan(0.501);
  });
});

test('a layer norm shows its gains, an embedding how many of its rows are used, a product nothing', async () => {
  const views = await viewsOf(
    {
      inputs: ['ids'],
      outputs: ['y'],
      whole: ['ids'],
      opset: 17,
      shapes: { ids: [1, 6], e: [1, 6, 4], n: [1, 6, 4], y: [1, 6, 2] },
      constants: {
        table: { shape: [9, 4], data: Float32Array.from({ length: 36 }, (_, i) => Math.sin(i)) },
        gamma: { shape: [4], data: [1, 2, 0.5, 1] },
        w: { shape: [4, 2], data: [1, 0, 0, 1, 1, 0, 0, 1] },
      },
      nodes: [
        { op: 'Gather', inputs: ['table', 'ids'], outputs: ['e'] },
        { op: 'LayerNormalization', inputs: ['e', 'gamma'], outputs: ['n'] },
        { op: 'MatMul', inputs: ['n', 'w'], outputs: ['y'] },
      ],
    },
    { n: [-3, 3], y: [-4, 4] },
  );
  expect(views[0]).toMatchObject({ kind: 'embedding', rows: 9, width: 4 });
  if (views[0]?.kind !== 'embedding' || views[1]?.kind !== 'layernorm') throw new Error('other kinds');
  expect(views[0].used).toBeGreaterThan(1);
  expect(views[0].used).toBeLessThanOrEqual(6);
  expect(views[1]).toMatchObject({ C: 4, k: 16, rms: false, mode: 'divide' });
  const [a = 0, b = 0, c = 0] = views[1].gain;
  expect([Math.round(b / a), Math.round(a / c)]).toEqual([2, 2]);
  expect(views[2]).toBeUndefined();
});
