import { describe, expect, test } from 'vitest';
import { createRng } from '../base/rng';
import { composed, type Clamp } from './fuse-activation';
import { canonical, floats, largestError, modelOf, ops, random, scalar, type ModelSketch, type SketchNode } from './sketch.fixture';

const rng = createRng(6);
const constants = {
  w: random(rng, [3, 3, 1, 1]),
  w3: random(rng, [3, 3, 1, 1, 1]),
  zero: scalar(0),
  one: scalar(1),
  six: scalar(6),
  nan: scalar(NaN),
  vector: floats([1, 3, 1, 1], [0, 1, 2]),
};
const conv: SketchNode = { op: 'Conv', in: 'x w', out: 'c' };

function after(producer: SketchNode, ...nodes: readonly SketchNode[]): ModelSketch {
  return { inputs: { x: [1, 3, 4, 4] }, outputs: 'y', constants, nodes: [producer, ...nodes] };
}

async function clampOf(s: ModelSketch): Promise<Clamp | undefined> {
  const c = await canonical(s);
  expect(largestError(modelOf(s), c)).toBeLessThan(1e-6);
  const last = c.model.graph.nodes.at(-1);
  expect(last?.outputs).toEqual(['y']);
  expect(c.model.graph.nodes).toHaveLength(1);
  return last?.clamp;
}

describe('an activation is the clamp of the node before it, which makes its output', () => {
  test('Relu, Clip in every form, Max and Min with one number', async () => {
    expect(await clampOf(after(conv, { op: 'Relu', in: 'c', out: 'y' }))).toEqual({ lo: 0, hi: Infinity, op: 'Relu' });
    expect(await clampOf(after(conv, { op: 'Clip', in: 'c zero six', out: 'y' }))).toEqual({ lo: 0, hi: 6, op: 'Clip' });
    expect(await clampOf(after(conv, { op: 'Clip', in: 'c _ six', out: 'y' }))).toEqual({ lo: -Infinity, hi: 6, op: 'Clip' });
    const attributes = { ...after(conv, { op: 'Clip', in: 'c', out: 'y', attrs: { min: { float: -1 }, max: { float: 2 } } }), opset: 6 };
    expect(await clampOf(attributes)).toEqual({ lo: -1, hi: 2, op: 'Clip' });
    expect(await clampOf(after(conv, { op: 'Max', in: 'zero c', out: 'y' }))).toEqual({ lo: 0, hi: Infinity, op: 'Max' });
    expect(await clampOf(after(conv, { op: 'Min', in: 'c six', out: 'y' }))).toEqual({ lo: -Infinity, hi: 6, op: 'Min' });
  });

  test('bounds that leave out 0, and an empty range, where everything becomes max', async () => {
    expect(await clampOf(after(conv, { op: 'Clip', in: 'c one six', out: 'y' }))).toEqual({ lo: 1, hi: 6, op: 'Clip' });
    expect(await clampOf(after(conv, { op: 'Clip', in: 'c six one', out: 'y' }))).toEqual({ lo: 1, hi: 1, op: 'Clip' });
  });

  test('bounds in Constant nodes, and several activations in a row', async () => {
    const bounds: SketchNode = { op: 'Constant', in: '', out: 'k', attrs: { value_float: { float: 4 } } };
    expect(await clampOf(after(conv, bounds, { op: 'Clip', in: 'c zero k', out: 'y' }))).toEqual({ lo: 0, hi: 4, op: 'Clip' });
    const two = after(conv, { op: 'Clip', in: 'c one six', out: 'a' }, { op: 'Min', in: 'a zero', out: 'y' });
    expect(await clampOf(two)).toEqual({ lo: 0, hi: 0, op: 'Min' });
  });

  test('of sums, products, pools, means and functions', async () => {
    const relu: SketchNode = { op: 'Relu', in: 'c', out: 'y' };
    expect(await clampOf(after({ op: 'Add', in: 'x x', out: 'c' }, relu))).toBeDefined();
    expect(await clampOf(after({ op: 'Sub', in: 'x vector', out: 'c' }, relu))).toBeDefined();
    expect(await clampOf(after({ op: 'Mul', in: 'x x', out: 'c' }, relu))).toBeDefined();
    expect(await clampOf(after({ op: 'AveragePool', in: 'x', out: 'c', attrs: { kernel_shape: [2, 2] } }, relu))).toBeDefined();
    expect(await clampOf(after({ op: 'GlobalAveragePool', in: 'x', out: 'c' }, relu))).toBeDefined();
    expect(await clampOf(after({ op: 'ReduceMean', in: 'x', out: 'c', attrs: { axes: [2, 3] } }, relu))).toBeDefined();
    expect(await clampOf(after({ op: 'Tanh', in: 'x', out: 'c' }, relu))).toBeDefined();
  });
});

describe('an activation stays a node of its own', () => {
  const relu: SketchNode = { op: 'Relu', in: 'c', out: 'y' };

  test('where the value before it is read by others, or is an output', async () => {
    expect(ops(await canonical(after(conv, { op: 'Relu', in: 'c', out: 'r' }, { op: 'Add', in: 'c r', out: 'y' })))).toEqual([
      'Conv',
      'Relu',
      'Add',
    ]);
    expect(ops(await canonical({ ...after(conv, relu), outputs: 'y c' }))).toEqual(['Conv', 'Relu']);
  });

  test('behind what has no clamp in integers: a maximum, a reshape, a layer without an integer form', async () => {
    expect(ops(await canonical(after({ op: 'MaxPool', in: 'x', out: 'c', attrs: { kernel_shape: [2, 2] } }, relu)))).toEqual([
      'MaxPool',
      'Relu',
    ]);
    expect(ops(await canonical(after({ op: 'Flatten', in: 'x', out: 'c' }, relu)))).toEqual(['Flatten', 'Relu']);
    const volume = { ...after({ op: 'Conv', in: 'x w3', out: 'c' }, relu), inputs: { x: [1, 3, 2, 4, 4] } };
    expect(ops(await canonical(volume))).toEqual(['Conv', 'Relu']);
  });

  test('where its bounds are no single number', async () => {
    expect(ops(await canonical(after(conv, { op: 'Max', in: 'c vector', out: 'y' })))).toEqual(['Conv', 'Max']);
  });
});

test('composing two clamps is doing one after the other', () => {
  const bounds = [-Infinity, -2, 0, 1, 3, Infinity];
  const clamps = bounds.flatMap((lo) =>
    bounds.filter((hi) => hi >= lo && !(lo === hi && !Number.isFinite(lo))).map((hi) => ({ lo, hi, op: 'Clip' })),
  );
  const apply = (c: Clamp, x: number): number => Math.min(Math.max(x, c.lo), c.hi);
  for (const a of clamps) {
    for (const b of clamps) for (const x of [-5, -1, 0.5, 2, 7]) expect(apply(composed(a, b), x)).toBe(apply(b, apply(a, x)));
  }
});
