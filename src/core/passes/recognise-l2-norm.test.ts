import { describe, expect, test } from 'vitest';
import { createRng } from '../base/rng';
import type { Tensor } from '../ir/tensor';
import { islandsOf } from '../ops/support';
import {
  canonical,
  floats,
  interpret,
  ints,
  modelOf,
  ops,
  random,
  randomInputs,
  relativeError,
  scalar,
  type ModelSketch,
  type SketchNode,
} from './sketch.fixture';

const TOLERANCE = 5e-6;
const rng = createRng(8);
const constants: Record<string, Tensor> = {
  ...{ least: scalar(1e-12), eps: scalar(1e-6), two: scalar(2), half: scalar(0.5), last: ints(-1), full: ints(1, 5, 8), one: ints(1) },
  ...{ g: random(rng, [6, 1, 1], 0.3, 1), b: random(rng, [1, 6, 1, 1], 0.5), three: floats([1], [3]) },
};
const n = (op: string, input: string, out: string, attrs: SketchNode['attrs'] = {}): SketchNode => ({ op, in: input, out, attrs });

async function check(expected: readonly string[], nodes: readonly SketchNode[], more: Partial<ModelSketch> = {}): Promise<void> {
  const s: ModelSketch = { inputs: { x: [1, 5, 8] }, outputs: 'y', constants, nodes, ...more };
  const c = await canonical(s);
  expect(ops(c)).toEqual(expected);
  const feeds = randomInputs(c);
  const [before, after] = [interpret(modelOf(s), feeds), interpret(c.model, feeds)];
  for (const { name } of c.model.graph.outputs)
    expect(relativeError(before.get(name) as Tensor, after.get(name) as Tensor)).toBeLessThan(TOLERANCE);
  expect([...islandsOf(c).values()].filter((r) => !r.startsWith('Reduce') && !r.startsWith('Div'))).toEqual([]);
}

describe('a vector over its length', () => {
  const length = n('ReduceL2', 'x', 'l', { axes: [-1], keepdims: 1 });
  const norm = ['t2c:RMSNormalization'];

  test('with a bound, an addend, spread or not', async () => {
    await check(norm, [length, n('Div', 'x l', 'y')]);
    await check(norm, [length, n('Clip', 'l least', 'c'), n('Expand', 'c full', 'e'), n('Div', 'x e', 'y')]);
    await check(norm, [length, n('Max', 'l least', 'c'), n('Div', 'x c', 'y')]);
    await check(norm, [length, n('Add', 'least l', 'c'), n('Div', 'x c', 'y')]);
    await check(norm, [n('LpNormalization', 'x', 'y', { axis: -1, p: 2 })]);
  });

  test('of squares that are summed', async () => {
    const sum = n('ReduceSum', 's last', 't', { keepdims: 1 });
    await check(norm, [n('Mul', 'x x', 's'), sum, n('Sqrt', 't', 'l'), n('Div', 'x l', 'y')]);
    await check(norm, [n('Pow', 'x two', 's'), sum, n('Add', 't least', 'a'), n('Sqrt', 'a', 'l'), n('Div', 'x l', 'y')]);
    await check(norm, [
      n('ReduceSumSquare', 'x', 't', { axes: [2] }),
      n('Sqrt', 't', 'l'),
      n('Clip', 'l least', 'c'),
      n('Div', 'x c', 'y'),
    ]);
  });

  test('stays where it is over other axes, of another value or bounded for real', async () => {
    await check(['ReduceL2', 'Div'], [n('ReduceL2', 'x', 'l', { axes: [1] }), n('Div', 'x l', 'y')]);
    await check(['Relu', 'ReduceL2', 'Div'], [n('Relu', 'x', 'r'), length, n('Div', 'r l', 'y')]);
    await check(['ReduceL2', 'Clip', 'Div'], [length, n('Clip', 'l half', 'c'), n('Div', 'x c', 'y')]);
  });
});

describe('layer normalization over channels that are not last', () => {
  const mean = (x: string, y: string, axes: readonly number[]): SketchNode => n('ReduceMean', x, y, { axes });
  const core = (axes: readonly number[]): SketchNode[] => [
    mean('x', 'm', axes),
    n('Sub', 'x m', 'd'),
    n('Pow', 'd two', 's'),
    mean('s', 'v', axes),
    n('Add', 'v eps', 'r'),
    n('Sqrt', 'r', 'q'),
    n('Div', 'd q', 'n'),
  ];
  const image = { inputs: { x: [1, 6, 4, 4] } };
  const expected = ['Transpose', 't2c:LayerNormalization', 'Transpose'].map((o) =>
    o === 't2c:LayerNormalization' ? 'LayerNormalization' : o,
  );

  test('with its scale and bias per channel', async () => {
    await check(expected, [...core([1]), n('Mul', 'n g', 'p'), n('Add', 'p b', 'y')], image);
    await check(expected, [...core([1]), n('Mul', 'g n', 'p'), n('Add', 'b p', 'y')], image);
    await check(expected, [...core([-3]).map((k) => (k.out === 'n' ? { ...k, out: 'y' } : k))], image);
    await check(expected, [...core([1]), n('Mul', 'n three', 'y')], image);
  });

  test('a part that others read is still computed', async () => {
    const nodes = [...core([1]), n('Mul', 'n g', 'p'), n('Add', 'p b', 'o'), n('Add', 'o d', 'y')];
    await check(['ReduceMean', 'Sub', ...expected, 'Add'], nodes, image);
  });
});
