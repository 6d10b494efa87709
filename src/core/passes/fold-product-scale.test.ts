import { expect, test } from 'vitest';
import { createRng } from '../base/rng';
import { canonical, floats, largestError, modelOf, ops, random, scalar, type ModelSketch, type SketchNode } from './sketch.fixture';

const constants = {
  ...{ eight: scalar(8), root: scalar(0.42), big: floats([1, 1, 1, 1, 1], [3]), each: floats([5], [1, 2, 3, 4, 5]), zero: scalar(0) },
  w: random(createRng(4), [6, 5]),
};
const n = (op: string, input: string, out: string): SketchNode => ({ op, in: input, out });
const sketch = (nodes: readonly SketchNode[], outputs: string): ModelSketch => ({
  inputs: { q: [1, 2, 5, 6], k: [1, 2, 6, 5] },
  outputs,
  constants,
  nodes,
});

async function check(expected: readonly string[], nodes: readonly SketchNode[], outputs = 'y') {
  const s = sketch(nodes, outputs);
  const c = await canonical(s);
  expect(ops(c)).toEqual(expected);
  expect(largestError(modelOf(s), c)).toBeLessThan(1e-6);
  return c;
}

test('a factor before or behind a product of two activations is its own', async () => {
  const c = await check(['t2c:MatMul'], [n('MatMul', 'q k', 'p'), n('Div', 'p eight', 'y')]);
  expect(c.model.graph.nodes[0]).toMatchObject({ id: 'MatMul_0', attrs: { alpha: { value: 1 / 8 } }, sources: ['MatMul_0', 'Div_1'] });
  await check(['t2c:MatMul'], [n('MatMul', 'q k', 'p'), n('Mul', 'root p', 'y')]);
  await check(['t2c:MatMul'], [n('Mul', 'q root', 'a'), n('MatMul', 'a k', 'y')]);
  const all = [
    n('Mul', 'q root', 'a'),
    n('Div', 'k eight', 'b'),
    n('MatMul', 'a b', 'p'),
    n('Mul', 'p eight', 'r'),
    n('Mul', 'r eight', 'y'),
  ];
  expect((await check(['t2c:MatMul'], all)).model.graph.nodes[0]?.attrs['alpha']).toEqual({ type: 'float', value: Math.fround(0.42) * 8 });
});

test('other factors stay', async () => {
  await check(['MatMul', 'Mul'], [n('MatMul', 'q k', 'p'), n('Mul', 'p each', 'y')]);
  await check(['MatMul', 'Mul'], [n('MatMul', 'q k', 'p'), n('Mul', 'p big', 'y')]);
  await check(['MatMul', 'Mul'], [n('MatMul', 'q k', 'p'), n('Mul', 'p zero', 'y')]);
  await check(['MatMul', 'Mul', 'Add'], [n('MatMul', 'q k', 'p'), n('Mul', 'p root', 's'), n('Add', 's p', 'y')]);
  await check(['MatMul', 'Mul'], [n('MatMul', 'q k', 'p'), n('Mul', 'p root', 'y')], 'y p');
  await check(
    ['Mul', 'MatMul', 'MatMul', 'Add'],
    [n('Mul', 'q root', 'a'), n('MatMul', 'a k', 'p'), n('MatMul', 'a k', 'r'), n('Add', 'p r', 'y')],
  );
  await check(['MatMul', 'Div'], [n('MatMul', 'q k', 'p'), n('Div', 'eight p', 'y')]);
});

test('a layer with a constant weight takes it into its weights', async () => {
  await check(['t2c:MatMul'], [n('MatMul', 'q w', 'p'), n('Mul', 'p root', 'y')]);
});
