import { expect, test } from 'vitest';
import { createRng } from '../base/rng';
import { canonical, largestError, modelOf, ops, random, scalar, type ModelSketch, type SketchNode } from './sketch.fixture';

const rng = createRng(8);
const constants = {
  w: random(rng, [5, 7]),
  stacked: random(rng, [1, 1, 5, 7]),
  left: random(rng, [4, 4]),
  bias: random(rng, [7]),
  rows: random(rng, [1, 4, 1]),
  full: random(rng, [1, 4, 7]),
  deep: random(rng, [1, 1, 1, 7]),
  one: scalar(3),
};
const product: SketchNode = { op: 'MatMul', in: 'x w', out: 'p' };
const sketch = (...nodes: readonly SketchNode[]): ModelSketch => ({ inputs: { x: [1, 4, 5] }, outputs: 'y', constants, nodes });

async function check(s: ModelSketch, expected: readonly string[]): Promise<void> {
  const c = await canonical(s);
  expect(ops(c)).toEqual(expected);
  expect(largestError(modelOf(s), c)).toBeLessThan(1e-6);
}

test('a product with a constant and a bias per column is one layer, whichever side the bias is on', async () => {
  await check(sketch(product, { op: 'Add', in: 'p bias', out: 'y' }), ['t2c:MatMul']);
  await check(sketch(product, { op: 'Add', in: 'bias p', out: 'y' }), ['t2c:MatMul']);
  await check(sketch(product, { op: 'Add', in: 'p one', out: 'y' }), ['t2c:MatMul']);
  await check(sketch(product, { op: 'Add', in: 'p bias', out: 's' }, { op: 'Relu', in: 's', out: 'y' }), ['t2c:MatMul+']);
  const c = await canonical(sketch(product, { op: 'Add', in: 'p bias', out: 'y' }));
  expect(c.model.opsets).toEqual({ '': 13, t2c: 1 });
  expect(c.model.graph.nodes[0]?.sources).toEqual(['MatMul_0', 'Add_1']);
});

test('a weight with leading axes of 1 is a matrix', async () => {
  const s: ModelSketch = {
    ...sketch({ op: 'MatMul', in: 'x stacked', out: 'p' }, { op: 'Add', in: 'p bias', out: 'y' }),
    inputs: { x: [1, 2, 4, 5] },
  };
  await check(s, ['t2c:MatMul']);
  // with fewer axes on the other side the product has more axes than a matrix would give it
  await check(sketch({ op: 'MatMul', in: 'x stacked', out: 'y' }), ['MatMul']);
});

test('other sums stay sums', async () => {
  await check(sketch(product, { op: 'Add', in: 'p rows', out: 'y' }), ['MatMul', 'Add']);
  await check(sketch(product, { op: 'Add', in: 'p full', out: 'y' }), ['MatMul', 'Add']);
  await check(sketch(product, { op: 'Add', in: 'p deep', out: 'y' }), ['MatMul', 'Add']);
  await check(sketch(product, { op: 'Add', in: 'p p', out: 'y' }), ['MatMul', 'Add']);
  await check(sketch(product, { op: 'Add', in: 'p bias', out: 's' }, { op: 'Mul', in: 's p', out: 'y' }), ['MatMul', 'Add', 'Mul']);
  await check(sketch({ op: 'MatMul', in: 'left x', out: 'p' }, { op: 'Add', in: 'p one', out: 'y' }), ['MatMul', 'Add']);
});
