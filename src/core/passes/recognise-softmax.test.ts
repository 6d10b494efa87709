import { expect, test } from 'vitest';
import { canonical, ints, largestError, modelOf, ops, scalar, type ModelSketch, type SketchNode } from './sketch.fixture';

const TOLERANCE = 2e-6;

const n = (op: string, input: string, out: string, axes?: readonly number[]): SketchNode => ({
  op,
  in: input,
  out,
  ...(axes ? { attrs: { axes } } : {}),
});
const sketch = (nodes: readonly SketchNode[], more: Partial<ModelSketch> = {}): ModelSketch => ({
  inputs: { x: [1, 3, 5, 7] },
  outputs: 'y',
  constants: { last: ints(-1), second: ints(2), one: scalar(1), two: scalar(2), zero: scalar(0) },
  nodes,
  ...more,
});

async function check(expected: readonly string[], nodes: readonly SketchNode[], more: Partial<ModelSketch> = {}) {
  const s = sketch(nodes, more);
  const c = await canonical(s);
  expect(ops(c)).toEqual(expected);
  expect(largestError(modelOf(s), c)).toBeLessThan(TOLERANCE);
  return c;
}

const exp = [n('ReduceMax', 'x', 'm', [-1]), n('Sub', 'x m', 'd'), n('Exp', 'd', 'e')];
const sum = [...exp, n('ReduceSum', 'e last', 's')];

test('the exponential of a difference over its sum is a softmax, quotient or product, axes as attribute or input', async () => {
  const c = await check(['t2c:Softmax'], [...sum, n('Div', 'e s', 'y')]);
  expect(c.model.graph.nodes[0]?.sources).toHaveLength(5);
  expect(c.model.graph.nodes[0]?.attrs).toEqual({ axis: { type: 'int', value: -1 } });
  await check(['t2c:Softmax'], [...exp, n('ReduceSum', 'e', 's', [3]), n('Div', 'e s', 'y')], { opset: 11 });
  await check(['t2c:Softmax'], [...sum, n('Reciprocal', 's', 'r'), n('Mul', 'r e', 'y')]);
  await check(['t2c:Softmax'], [...sum, n('Div', 'one s', 'r'), n('Mul', 'e r', 'y')]);
  const modern = [
    n('ReduceMax', 'x last', 'm'),
    n('Sub', 'x m', 'd'),
    n('Exp', 'd', 'e'),
    n('ReduceSum', 'e last', 's'),
    n('Div', 'e s', 'y'),
  ];
  await check(['t2c:Softmax'], modern, { opset: 18 });
});

test('without a maximum, and along another axis', async () => {
  await check(['t2c:Softmax'], [n('Exp', 'x', 'e'), n('ReduceSum', 'e last', 's'), n('Div', 'e s', 'y')]);
  const other = [
    n('ReduceMax', 'x', 'm', [2]),
    n('Sub', 'x m', 'd'),
    n('Exp', 'd', 'e'),
    n('ReduceSum', 'e second', 's'),
    n('Div', 'e s', 'y'),
  ];
  const c = await check(['t2c:Softmax'], other);
  expect(c.model.graph.nodes[0]?.attrs).toEqual({ axis: { type: 'int', value: -2 } });
});

test('what only looks like it stays', async () => {
  await check(['ReduceMax', 'Sub', 'Exp', 'ReduceSum', 'Div'], [...sum, n('Div', 's e', 'y')]);
  await check(['ReduceMax', 'Sub', 'Exp', 'ReduceSum', 'Div'], [...sum, n('Div', 'd s', 'y')]);
  await check(['Exp', 'ReduceSum', 'Div'], [n('Exp', 'x', 'e'), n('ReduceSum', 'e', 's', [2, 3]), n('Div', 'e s', 'y')], { opset: 11 });
  const shifted = [
    n('ReduceMax', 'x', 'm', [2]),
    n('Sub', 'x m', 'd'),
    n('Exp', 'd', 'e'),
    n('ReduceSum', 'e last', 's'),
    n('Div', 'e s', 'y'),
  ];
  await check(['ReduceMax', 'Sub', 't2c:Softmax'], shifted);
});

test('a part that others read is still computed', async () => {
  await check(['ReduceMax', 'Sub', 'Exp', 't2c:Softmax', 'Add'], [...sum, n('Div', 'e s', 'p'), n('Add', 'p e', 'y')]);
});

test('a guard against rows without elements leaves', async () => {
  const guard = [n('IsNaN', 'p', 'b'), n('Where', 'b zero p', 'y')];
  const c = await check(['Softmax'], [n('Softmax', 'x', 'p'), ...guard]);
  expect(c.model.graph.nodes[0]).toMatchObject({ id: 'Softmax_0', sources: ['Softmax_0', 'Where_2', 'IsNaN_1'] });
  await check(['t2c:Softmax'], [...sum, n('Div', 'e s', 'p'), ...guard]);
  await check(['Softmax', 'IsNaN', 'Where'], [n('Softmax', 'x', 'p'), n('IsNaN', 'p', 'b'), n('Where', 'b one p', 'y')]);
  await check(['Softmax', 'IsNaN', 'Where'], [n('Softmax', 'x', 'p'), ...guard], { outputs: 'y p' });
});

test('over one element', async () => {
  const one = { inputs: { x: [1, 3, 1, 1] } };
  const c = await check(['t2c:Softmax'], [...sum, n('Div', 'e s', 'y')], one);
  expect(c.model.graph.nodes[0]?.attrs).toEqual({ axis: { type: 'int', value: -1 } });
});
