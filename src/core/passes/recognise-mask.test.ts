import { describe, expect, test } from 'vitest';
import { quietContext } from '../base/context';
import { createRng } from '../base/rng';
import type { Tensor } from '../ir/tensor';
import { canonicalise } from './canonical';
import { floats, interpret, ints, modelOf, ops, random, relativeError, scalar, type ModelSketch, type SketchNode } from './sketch.fixture';

/** Weights are at most 1; what is masked has at most exp(-50) before. */
const TOLERANCE = 1e-6;

const LENGTH = 6;
const rng = createRng(33);
const bools = (shape: readonly number[], bit: (i: number) => boolean): Tensor<'bool'> => ({
  dtype: 'bool',
  shape,
  data: Uint8Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => (bit(i) ? 1 : 0)),
});
const isAhead = (i: number): boolean => i % LENGTH > Math.floor(i / LENGTH);
const int64 = (shape: readonly number[], ...data: readonly number[]): Tensor => ({ ...ints(...data), shape });

const constants: Record<string, Tensor> = {
  ...{ rows: ints(1, 1, LENGTH), square: ints(1, 1, LENGTH, LENGTH) },
  ...{ ones: floats([1, LENGTH, 1], [1, 1, 1, 1, 1, 1]), columns: floats([1, 1, LENGTH, 1], [1, 1, 1, 1, 1, 1]) },
  ...{
    one: scalar(1),
    zero: scalar(0),
    big: scalar(-10000),
    plus: scalar(10000),
    low: scalar(-3.4028234663852886e38),
    inf: scalar(-Infinity),
  },
  ...{ small: scalar(-3), none: int64([], 0), four: ints(1, 1, 1, LENGTH), full: ints(1, 2, LENGTH, LENGTH) },
  ...{
    causal: floats(
      [1, 1, LENGTH, LENGTH],
      Array.from({ length: 36 }, (_, i) => (isAhead(i) ? -100 : 0)),
    ),
  },
  ...{
    weak: floats(
      [1, 1, LENGTH, LENGTH],
      Array.from({ length: 36 }, (_, i) => (isAhead(i) ? -20 : 0)),
    ),
  },
  ...{
    bias: random(rng, [1, 2, LENGTH, LENGTH]),
    ahead: bools([LENGTH, LENGTH], isAhead),
    behind: bools([1, 1, LENGTH, LENGTH], (i) => !isAhead(i)),
  },
  ...{
    windows: floats(
      [1, 4, 1, 3, 3],
      Array.from({ length: 36 }, (_, i) => (i >= 27 && i % 3 === 2 ? -100 : 0)),
    ),
  },
  ...{ apart: ints(1, 4, 2, 3, 3), together: ints(4, 2, 3, 3), heads: ints(8, 3, 3), table: random(rng, [2, 4]) },
};

const n = (op: string, input: string, out: string, attrs: SketchNode['attrs'] = {}): SketchNode => ({ op, in: input, out, attrs });
const toFloat = { to: 1 };
const softmax = (x: string): SketchNode => n('Softmax', x, 'y', { axis: -1 });

const sketch = (nodes: readonly SketchNode[], more: Partial<ModelSketch> = {}): ModelSketch => ({
  inputs: { x: [1, 2, LENGTH, LENGTH], mask: [1, LENGTH] },
  inputTypes: { mask: 'int64' },
  outputs: 'y',
  constants,
  nodes,
  ...more,
});

/** Every value that is left and that the original has, for a mask that keeps some of each. */
async function check(expected: readonly string[], nodes: readonly SketchNode[], more: Partial<ModelSketch> = {}) {
  const s = sketch(nodes, more);
  const model = modelOf(s);
  const c = await canonicalise(model, {}, quietContext());
  expect(ops(c)).toEqual(expected);
  const feeds = new Map<string, Tensor>();
  for (const input of c.model.graph.inputs) {
    const shape = input.shape as readonly number[]; // static after passes
    feeds.set(input.name, input.dtype === 'float32' ? random(rng, shape, 3) : { ...int64(shape, 1, 1, 0, 1, 1, 0), dtype: 'int64' });
  }
  if (!feeds.has('mask')) feeds.set('mask', int64([1, LENGTH], 1, 1, 0, 1, 1, 0));
  const [before, after] = [interpret(model, feeds), interpret(c.model, feeds)];
  for (const name of c.model.graph.nodes.flatMap((node) => node.outputs)) {
    const [a, b] = [before.get(name), after.get(name)];
    if (b && a) expect(relativeError(a, b)).toBeLessThan(TOLERANCE);
    else expect(name.endsWith('.mask')).toBe(true);
  }
  return c.model.graph;
}

const last = (graph: Awaited<ReturnType<typeof check>>) => graph.nodes.at(-1);

describe('a mask that is computed from an input', () => {
  const arithmetic = [n('Reshape', 'mask four', 'u'), n('Cast', 'u', 'f', toFloat), n('Sub', 'one f', 'i'), n('Mul', 'i big', 'b')];

  test('as BERT exports it, keeps the tokens where it is 1', async () => {
    const graph = await check(['Reshape', 't2c:Softmax'], [...arithmetic, n('Add', 'x b', 's'), softmax('s')]);
    expect(last(graph)).toMatchObject({
      inputs: ['x', 'u'],
      attrs: { keep: { value: 1 } },
      sources: expect.arrayContaining(['Cast_1', 'Add_4']) as string[],
    });
    await check(['Reshape', 't2c:Softmax'], [...arithmetic, n('Add', 'b x', 's'), softmax('s')]);
    const other = [n('Reshape', 'mask four', 'u'), n('Cast', 'u', 'f', toFloat), n('Sub', 'f one', 'i'), n('Mul', 'i plus', 'b')];
    await check(['Reshape', 't2c:Softmax'], [...other, n('Add', 'x b', 's'), softmax('s')]);
    await check(
      ['Reshape', 't2c:Softmax'],
      [n('Reshape', 'mask four', 'u'), n('Cast', 'u', 'f', toFloat), n('Mul', 'f plus', 'b'), n('Sub', 'x b', 's'), softmax('s')],
    );
  });

  test('as newer exporters write it, with Where', async () => {
    const inverted = [
      n('Reshape', 'mask four', 'u'),
      n('Expand', 'u full', 'w'),
      n('Cast', 'w', 'f', toFloat),
      n('Sub', 'one f', 'i'),
      n('Cast', 'i', 'c', { to: 9 }),
    ];
    await check(['Reshape', 'Expand', 't2c:Softmax'], [...inverted, n('Where', 'c low i', 'b'), n('Add', 'x b', 's'), softmax('s')]);
    const truth = [n('Reshape', 'mask four', 'u'), n('Cast', 'u', 'c', { to: 9 })];
    await check(['Reshape', 'Cast', 't2c:Softmax'], [...truth, n('Where', 'c zero inf', 'b'), n('Add', 'x b', 's'), softmax('s')]);
    await check(['Reshape', 'Cast', 't2c:Softmax'], [...truth, n('Where', 'c x inf', 's'), softmax('s')]);
    await check(['Reshape', 'Cast', 't2c:Softmax'], [...truth, n('Not', 'c', 'd'), n('Where', 'd low x', 's'), softmax('s')]);
  });

  test('that is moved after a comparison is moved before it', async () => {
    const nodes = [
      n('Equal', 'mask none', 'e'),
      n('Reshape', 'e four', 'u'),
      n('Expand', 'u full', 'w'),
      n('Where', 'w low x', 's'),
      softmax('s'),
    ];
    const graph = await check(['Reshape', 't2c:Softmax'], nodes);
    expect(last(graph)?.inputs).toEqual(['x', 'mask.mask']);
    expect(graph.values.get(last(graph)?.inputs[1] ?? ('' as never))).toMatchObject({ dtype: 'int64', shape: [1, 1, 1, LENGTH] });
  });

  test('that arithmetic spreads over the queries, as TensorFlow writes it', async () => {
    const spread = [n('Reshape', 'mask rows', 'u'), n('Cast', 'u', 'f', toFloat), n('Mul', 'ones f', 'w'), n('Reshape', 'w square', 'z')];
    const nodes = [...spread, n('Sub', 'one z', 'i'), n('Mul', 'i big', 'b'), n('Add', 'x b', 's'), softmax('s')];
    await check(['Reshape', 'Expand', 'Reshape', 't2c:Softmax'], nodes);
    // without a reshape behind it, broadcasting is enough
    const flat = [n('Reshape', 'mask four', 'u'), n('Cast', 'u', 'f', toFloat), n('Mul', 'columns f', 'w'), n('Sub', 'one w', 'i')];
    await check(['Reshape', 't2c:Softmax'], [...flat, n('Mul', 'i big', 'b'), n('Add', 'x b', 's'), softmax('s')]);
  });

  test('is shared by all layers', async () => {
    const layers = [n('Add', 'x b', 's'), n('Softmax', 's', 'p'), n('Add', 'p b', 't'), softmax('t')];
    await check(['Reshape', 't2c:Softmax', 't2c:Softmax'], [...arithmetic, ...layers]);
  });

  test('stays arithmetic where it is not low, not 0, or read by others too', async () => {
    const weak = [n('Reshape', 'mask four', 'u'), n('Cast', 'u', 'f', toFloat), n('Sub', 'one f', 'i'), n('Mul', 'i small', 'b')];
    await check(['Reshape', 'Cast', 'Sub', 'Mul', 'Add', 'Softmax'], [...weak, n('Add', 'x b', 's'), softmax('s')]);
    const shifted = [n('Reshape', 'mask four', 'u'), n('Cast', 'u', 'f', toFloat), n('Mul', 'f small', 'i'), n('Add', 'i big', 'b')];
    await check(['Reshape', 'Cast', 'Mul', 'Add', 'Add', 'Softmax'], [...shifted, n('Add', 'x b', 's'), softmax('s')]);
    const graph = await check(
      ['Reshape', 'Cast', 'Sub', 'Mul', 'Add', 't2c:Softmax'],
      [...arithmetic, n('Add', 'x b', 's'), softmax('s')],
      { outputs: 'y s' },
    );
    expect(last(graph)?.inputs).toEqual(['x', 'u']);
  });

  test('is none where something is looked up by it', async () => {
    const nodes = [
      n('Gather', 'table mask', 'g'),
      n('Equal', 'mask none', 'e'),
      n('Reshape', 'e four', 'u'),
      n('Where', 'u low x', 's'),
      softmax('s'),
    ];
    await check(['Gather', 'Equal', 'Reshape', 'Where', 'Softmax'], nodes, { outputs: 'y g' });
  });
});

describe('a constant mask', () => {
  const alone = { inputs: { x: [1, 2, LENGTH, LENGTH] } };

  test('added, or chosen by, is one of 0 and 1 with no more axes than it needs', async () => {
    const graph = await check(['t2c:Softmax'], [n('Add', 'causal x', 's'), softmax('s')], alone);
    const mask = graph.initializers.get(last(graph)?.inputs[1] ?? ('' as never));
    expect(mask).toMatchObject({ dtype: 'uint8', shape: [1, 1, LENGTH, LENGTH] });
    expect(last(graph)?.inputs[0]).toBe('x');
    await check(['t2c:Softmax'], [n('Where', 'ahead low x', 's'), softmax('s')], alone);
    await check(['t2c:Softmax'], [n('Where', 'behind x inf', 's'), softmax('s')], alone);
  });

  test('behind a bias, or twice', async () => {
    await check(['Add', 't2c:Softmax'], [n('Add', 'x bias', 'a'), n('Add', 'a causal', 's'), softmax('s')], alone);
    await check(['t2c:Softmax'], [n('Add', 'x causal', 'a'), n('Where', 'ahead low a', 's'), softmax('s')], alone);
  });

  test('between reshapes, as window attention has it', async () => {
    const inputs = { x: [4, 2, 3, 3] };
    const nodes = [
      n('Relu', 'x', 'r'),
      n('Reshape', 'r apart', 'a'),
      n('Add', 'a windows', 'b'),
      n('Reshape', 'b together', 's'),
      softmax('s'),
    ];
    const graph = await check(['Relu', 't2c:Softmax'], nodes, { inputs });
    expect(last(graph)?.inputs[0]).toBe('r');
    expect(graph.initializers.get(last(graph)?.inputs[1] ?? ('' as never))?.shape).toEqual([4, 1, 1, 3]);
    // the scores had another shape before: there is no value to read
    const other = [
      n('Relu', 'x', 'r'),
      n('Reshape', 'r apart', 'a'),
      n('Add', 'a windows', 'b'),
      n('Reshape', 'b heads', 's'),
      softmax('s'),
    ];
    await check(['Relu', 'Reshape', 'Add', 'Reshape', 'Softmax'], other, { inputs });
  });

  test('is none where it is weak, other than 0, or before a softmax over several axes', async () => {
    await check(['Add', 'Softmax'], [n('Add', 'x weak', 's'), softmax('s')], alone);
    await check(['Add', 'Softmax'], [n('Add', 'x bias', 's'), softmax('s')], alone);
    await check(['Where', 'Softmax'], [n('Where', 'ahead small x', 's'), softmax('s')], alone);
    await check(['Add', 'Softmax'], [n('Add', 'x causal', 's'), n('Softmax', 's', 'y', { axis: 2 })], { ...alone, opset: 11 });
    await check(['t2c:Softmax'], [n('Add', 'x causal', 's'), n('Softmax', 's', 'y', { axis: 3 })], { ...alone, opset: 11 });
  });
});
