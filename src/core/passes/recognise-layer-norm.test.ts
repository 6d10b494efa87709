import { describe, expect, test } from 'vitest';
import { createRng } from '../base/rng';
import type { Tensor } from '../ir/tensor';
import { canonical, floats, ints, largestError, modelOf, ops, random, scalar, type ModelSketch, type SketchNode } from './sketch.fixture';

/** Relative to the largest magnitude; the parts are rounded to float32, the whole is not. */
const TOLERANCE = 5e-6;

const rng = createRng(21);
const constants: Record<string, Tensor> = {
  ...{ gamma: random(rng, [8], 0.3, 1), beta: random(rng, [8], 0.5), wide: random(rng, [1, 1, 8], 0.3, 1), rows: random(rng, [5, 8]) },
  ...{
    column: random(rng, [5, 1]),
    eps: scalar(1e-5),
    two: floats([1], [2]),
    three: scalar(3),
    four: scalar(4),
    half: scalar(0.5),
    minus: scalar(-0.5),
  },
  ...{ one: scalar(1), share: scalar(1 / 8), count: scalar(8), last: ints(-1), zero: scalar(0) },
};

const mean = (x: string, y: string, axes: readonly number[] = [-1]): SketchNode => ({ op: 'ReduceMean', in: x, out: y, attrs: { axes } });
const n = (op: string, input: string, out: string): SketchNode => ({ op, in: input, out });

const deviation = [mean('x', 'm'), n('Sub', 'x m', 'd')];
const variance = [...deviation, n('Pow', 'd two', 's'), mean('s', 'v'), n('Add', 'v eps', 'r')];
const core = [...variance, n('Sqrt', 'r', 'q'), n('Div', 'd q', 'n')];

const sketch = (nodes: readonly SketchNode[], more: Partial<ModelSketch> = {}): ModelSketch => ({
  inputs: { x: [1, 5, 8] },
  outputs: 'y',
  constants,
  nodes,
  ...more,
});

async function check(s: ModelSketch, expected: readonly string[]): Promise<Awaited<ReturnType<typeof canonical>>> {
  const c = await canonical(s);
  expect(ops(c)).toEqual(expected);
  expect(largestError(modelOf(s), c)).toBeLessThan(TOLERANCE);
  return c;
}

const isLayerNorm = (...nodes: readonly SketchNode[]) => check(sketch(nodes), ['t2c:LayerNormalization']);

describe('layer normalization is recognised in its parts', () => {
  test('as PyTorch writes it, and keeps the names of all its sources', async () => {
    const c = await isLayerNorm(...core, n('Mul', 'n gamma', 'g'), n('Add', 'g beta', 'y'));
    expect(c.model.graph.nodes[0]?.sources).toHaveLength(9);
    expect(c.model.graph.nodes[0]?.inputs).toEqual(['x', 'gamma', 'beta']);
    expect(c.model.opsets).toEqual({ '': 13, t2c: 1 });
  });

  test('with operands in every order, and parameters of more axes', async () => {
    await isLayerNorm(...core, n('Mul', 'gamma n', 'g'), n('Add', 'beta g', 'y'));
    await isLayerNorm(...core, n('Mul', 'n wide', 'g'), n('Add', 'g wide', 'y'));
    await isLayerNorm(...core, n('Mul', 'n three', 'g'), n('Add', 'g three', 'y'));
    await isLayerNorm(
      ...deviation,
      n('Mul', 'd d', 's'),
      mean('s', 'v', [2]),
      n('Add', 'eps v', 'r'),
      n('Sqrt', 'r', 'q'),
      n('Div', 'd q', 'y'),
    );
  });

  test('without scale, without bias, without both', async () => {
    await isLayerNorm(...variance, n('Sqrt', 'r', 'q'), n('Div', 'd q', 'y'));
    await isLayerNorm(...core, n('Mul', 'n gamma', 'y'));
    await isLayerNorm(...core, n('Add', 'n beta', 'y'));
  });

  test('whatever the root and the quotient are made of', async () => {
    await isLayerNorm(...variance, n('Pow', 'r half', 'q'), n('Div', 'd q', 'y'));
    await isLayerNorm(...variance, n('Pow', 'r minus', 'q'), n('Mul', 'q d', 'y'));
    await isLayerNorm(...variance, n('Sqrt', 'r', 'q'), n('Reciprocal', 'q', 'i'), n('Mul', 'd i', 'n'), n('Mul', 'n gamma', 'y'));
    await isLayerNorm(...variance, n('Sqrt', 'r', 'q'), n('Div', 'one q', 'i'), n('Mul', 'd i', 'y'));
    await isLayerNorm(
      ...variance,
      n('Sqrt', 'r', 'q'),
      n('Reciprocal', 'q', 'i'),
      n('Mul', 'gamma i', 'g'),
      n('Mul', 'd g', 'h'),
      n('Add', 'h beta', 'y'),
    );
  });

  test('whatever the means are made of', async () => {
    const sum = (x: string, y: string): SketchNode => ({ op: 'ReduceSum', in: `${x} last`, out: y });
    const sums = [
      sum('x', 't'),
      n('Mul', 't share', 'm'),
      n('Sub', 'x m', 'd'),
      n('Mul', 'd d', 's'),
      sum('s', 'w'),
      n('Div', 'w count', 'v'),
    ];
    await isLayerNorm(...sums, n('Add', 'v eps', 'r'), n('Sqrt', 'r', 'q'), n('Div', 'd q', 'y'));
    const fast = [mean('x', 'm'), n('Mul', 'x x', 's'), mean('s', 'w'), n('Mul', 'm m', 'z'), n('Sub', 'w z', 'v'), n('Add', 'v eps', 'r')];
    await isLayerNorm(...fast, n('Sqrt', 'r', 'q'), n('Sub', 'x m', 'd'), n('Div', 'd q', 'y'));
    // the deviation computed twice
    await isLayerNorm(...variance, n('Sqrt', 'r', 'q'), mean('x', 'm2'), n('Sub', 'x m2', 'd2'), n('Div', 'd2 q', 'y'));
    const axes = (x: string, y: string): SketchNode => ({ op: 'ReduceMean', in: `${x} last`, out: y });
    const modern = [
      axes('x', 'm'),
      n('Sub', 'x m', 'd'),
      n('Mul', 'd d', 's'),
      axes('s', 'v'),
      n('Add', 'v eps', 'r'),
      n('Sqrt', 'r', 'q'),
    ];
    await check(sketch([...modern, n('Div', 'd q', 'y')], { opset: 18 }), ['t2c:LayerNormalization']);
  });

  test('with scale and bias multiplied in, as TensorFlow writes it', async () => {
    const inverse = [...variance, n('Sqrt', 'r', 'q'), n('Reciprocal', 'q', 'i')];
    const scaled = [...inverse, n('Mul', 'i gamma', 'g')];
    await isLayerNorm(...scaled, n('Mul', 'x g', 'a'), n('Mul', 'm g', 'b'), n('Sub', 'beta b', 'c'), n('Add', 'a c', 'y'));
    await isLayerNorm(...scaled, n('Mul', 'g x', 'a'), n('Mul', 'g m', 'b'), n('Sub', 'beta b', 'c'), n('Add', 'c a', 'y'));
    await isLayerNorm(...inverse, n('Mul', 'x i', 'a'), n('Mul', 'm i', 'b'), n('Sub', 'a b', 'y'));
  });

  test('over several trailing axes', async () => {
    const both = [mean('x', 'm', [1, 2]), n('Sub', 'x m', 'd'), n('Pow', 'd two', 's'), mean('s', 'v', [-1, -2]), n('Add', 'v eps', 'r')];
    await isLayerNorm(...both, n('Sqrt', 'r', 'q'), n('Div', 'd q', 'n'), n('Mul', 'n rows', 'g'), n('Add', 'g beta', 'y'));
  });

  test('between other nodes, and twice where two scales share one quotient', async () => {
    const tail = [n('Mul', 'n gamma', 'g'), n('Add', 'g beta', 'h'), n('Mul', 'n wide', 'k'), n('Mul', 'h k', 'y')];
    await check(sketch([...core, ...tail]), ['t2c:LayerNormalization', 't2c:LayerNormalization', 'Mul']);
  });
});

describe('RMS normalization is recognised in its parts', () => {
  const raised = [n('Pow', 'x two', 's'), mean('s', 'v'), n('Add', 'v eps', 'r')];

  test('with and without scale', async () => {
    const expected = ['t2c:RMSNormalization'];
    await check(
      sketch([...raised, n('Sqrt', 'r', 'q'), n('Reciprocal', 'q', 'i'), n('Mul', 'x i', 'n'), n('Mul', 'gamma n', 'y')]),
      expected,
    );
    await check(sketch([...raised, n('Sqrt', 'r', 'q'), n('Div', 'x q', 'y')]), expected);
    await check(sketch([...raised, n('Pow', 'r minus', 'q'), n('Mul', 'q x', 'y')]), expected);
  });

  test('a sum behind it is no bias of it', async () => {
    const c = [...raised, n('Sqrt', 'r', 'q'), n('Div', 'x q', 'n'), n('Mul', 'n gamma', 'g'), n('Add', 'g beta', 'y')];
    await check(sketch(c), ['t2c:RMSNormalization', 'Add']);
  });
});

describe('what only looks like it stays as it is', () => {
  const stays = async (...nodes: readonly SketchNode[]): Promise<void> => {
    const s = sketch(nodes);
    const c = await canonical(s);
    expect(ops(c)).toEqual(nodes.map((node) => node.op));
    expect(largestError(modelOf(s), c)).toBeLessThan(TOLERANCE);
  };

  test('an epsilon beside the root, or none', async () => {
    const root = [...deviation, n('Pow', 'd two', 's'), mean('s', 'v'), n('Sqrt', 'v', 'q')];
    await stays(...root, n('Add', 'q eps', 'r'), n('Div', 'd r', 'y'));
    await stays(...root, n('Div', 'd q', 'y'));
  });

  test('another power, other axes, another mean', async () => {
    await stays(...deviation, n('Pow', 'd four', 's'), mean('s', 'v'), n('Add', 'v eps', 'r'), n('Sqrt', 'r', 'q'), n('Div', 'd q', 'y'));
    const first = [mean('x', 'm', [0, 2]), n('Sub', 'x m', 'd'), n('Pow', 'd two', 's'), mean('s', 'v', [0, 2]), n('Add', 'v eps', 'r')];
    await stays(...first, n('Sqrt', 'r', 'q'), n('Div', 'd q', 'y'));
    await stays(...variance, n('Sqrt', 'r', 'q'), n('Div', 'x q', 'y'));
  });

  test('a deviation from another mean is divided by its own root', async () => {
    const parts = [mean('x', 'm', [1]), n('Sub', 'x m', 'd'), n('Pow', 'd two', 's'), mean('s', 'v'), n('Add', 'v eps', 'r')];
    await check(sketch([...parts, n('Sqrt', 'r', 'q'), n('Div', 'd q', 'y')]), ['ReduceMean', 'Sub', 't2c:RMSNormalization']);
  });

  test('a scale per row is a product of its own', async () => {
    await check(sketch([...core, n('Mul', 'n column', 'y')]), ['t2c:LayerNormalization', 'Mul']);
  });

  test('a part that others read, or that is an output, is still computed', async () => {
    const s = sketch([...core, n('Mul', 'n gamma', 'g'), n('Add', 'g beta', 'z'), n('Mul', 'z q', 'y')], { outputs: 'y d' });
    const c = await canonical(s);
    expect(ops(c).filter((op) => op === 't2c:LayerNormalization')).toHaveLength(1);
    expect(c.model.graph.nodes.flatMap((node) => node.outputs)).toEqual(expect.arrayContaining(['d', 'q', 'y']));
    expect(largestError(modelOf(s), c)).toBeLessThan(TOLERANCE);
  });
});

test('of one channel it is a layer normalization still, and RMS too', async () => {
  const one = { inputs: { x: [1, 5, 1] } };
  await check(sketch([...core, n('Mul', 'n three', 'g'), n('Add', 'g half', 'y')], one), ['t2c:LayerNormalization']);
  const square = [n('Mul', 'x x', 's'), mean('s', 'v'), n('Add', 'v eps', 'r'), n('Sqrt', 'r', 'q'), n('Div', 'x q', 'y')];
  await check(sketch(square, one), ['t2c:RMSNormalization']);
});
