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
    const given = { fmask: [1, 1, 0, 1, 1, 0], amask: [0, 0, -10000, 0, 0, -10000] }[input.name as string];
    if (given) feeds.set(input.name, floats(shape, given));
    else feeds.set(input.name, input.dtype === 'float32' ? random(rng, shape, 3) : { ...int64(shape, 1, 1, 0, 1, 1, 0), dtype: 'int64' });
  }
  if (!feeds.has('mask')) feeds.set('mask', int64([1, LENGTH], 1, 1, 0, 1, 1, 0));
  const [before, after] = [interpret(model, feeds), interpret(c.model, feeds)];
  for (const name of c.model.graph.nodes.flatMap((node) => node.outputs)) {
    const [a, b] = [before.get(name), after.get(name)];
    if (b && a) expect(relativeError(a, b)).toBeLessThan(TOLERANCE);
    else expect(name).toMatch(/\.mask(_\d+)?$/);
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

  test('may be a comparison of what something is looked up by', async () => {
    const nodes = [
      n('Gather', 'table mask', 'g'),
      n('Equal', 'mask none', 'e'),
      n('Reshape', 'e four', 'u'),
      n('Where', 'u low x', 's'),
      softmax('s'),
    ];
    const graph = await check(['Gather', 'Equal', 'Reshape', 't2c:Softmax'], nodes, { outputs: 'y g' });
    expect(last(graph)?.attrs).not.toHaveProperty('keep');
    // the tokens themselves are none
    const direct = [n('Gather', 'table mask', 'g'), n('Reshape', 'mask four', 'u'), n('Cast', 'u', 'f', toFloat), n('Sub', 'one f', 'i')];
    const rest = ['Gather', 'Reshape', 'Cast', 'Sub', 'Mul', 'Add', 'Softmax'];
    await check(rest, [...direct, n('Mul', 'i big', 'b'), n('Add', 'x b', 's'), softmax('s')], { outputs: 'y g' });
  });

  test('comes together with a constant one, in any order and before or after a bias', async () => {
    for (const nodes of [
      [...arithmetic, n('Add', 'x b', 'a'), n('Add', 'a causal', 's'), softmax('s')],
      [...arithmetic, n('Add', 'x causal', 'a'), n('Add', 'a b', 's'), softmax('s')],
      [...arithmetic, n('Where', 'ahead low x', 'a'), n('Add', 'a b', 's'), softmax('s')],
    ]) {
      const graph = await check(['Reshape', 't2c:Softmax'], nodes);
      expect(last(graph)?.inputs.slice(0, 2)).toEqual(['x', 'u']);
      expect(graph.initializers.get(last(graph)?.inputs[2] ?? ('' as never))?.shape).toEqual([1, 1, LENGTH, LENGTH]);
    }
    await check(
      ['Reshape', 'Add', 't2c:Softmax'],
      [...arithmetic, n('Add', 'x bias', 'a'), n('Add', 'a b', 'c'), n('Add', 'c causal', 's'), softmax('s')],
    );
  });

  test('is one sum, choice or truth with a constant one', async () => {
    const added = [...arithmetic, n('Add', 'causal b', 'c'), n('Add', 'x c', 's'), softmax('s')];
    expect(last(await check(['Reshape', 't2c:Softmax'], added))?.inputs).toHaveLength(3);
    const truth = [n('Cast', 'mask', 't', { to: 9 }), n('Reshape', 't four', 'u'), n('And', 'u behind', 'c')];
    expect(last(await check(['Reshape', 't2c:Softmax'], [...truth, n('Where', 'c x low', 's'), softmax('s')]))?.inputs).toHaveLength(3);
    expect(
      last(await check(['Reshape', 't2c:Softmax'], [...truth, n('Where', 'c zero low', 'd'), n('Add', 'x d', 's'), softmax('s')]))?.inputs,
    ).toHaveLength(3);
    // as causal decoders make it: where the sum is 0, minus a lot
    const decoder = [n('Reshape', 'mask four', 'u'), n('Cast', 'u', 'f', toFloat), n('Add', 'late f', 'c'), n('Equal', 'c zero', 'e')];
    const late = {
      late: floats(
        [1, 1, LENGTH, LENGTH],
        Array.from({ length: 36 }, (_, i) => (isAhead(i) ? -3.4e38 : 0)),
      ),
    };
    const filled = [n('Where', 'e low late', 'd'), n('Add', 'x d', 's'), softmax('s')];
    expect(
      last(await check(['Reshape', 't2c:Softmax'], [...decoder, ...filled], { constants: { ...constants, ...late } }))?.inputs,
    ).toHaveLength(3);
    // one key that is always seen
    const first = { seen: bools([1, 1, 1, LENGTH], (i) => i === 0) };
    const or = [
      n('Cast', 'mask', 't', { to: 9 }),
      n('Reshape', 't four', 'u'),
      n('Or', 'u seen', 'c'),
      n('Where', 'c x inf', 's'),
      softmax('s'),
    ];
    expect(last(await check(['Reshape', 't2c:Softmax'], or, { constants: { ...constants, ...first } }))?.inputs).toHaveLength(4);
  });

  test('is gathered by indices that are arithmetic, and spread', async () => {
    const at = { at: int64([1, 1, LENGTH, LENGTH, 2], ...Array.from({ length: 36 }, (_, i) => [0, i % LENGTH]).flat()) };
    const gathered = [n('Cast', 'mask', 't', { to: 9 }), n('GatherND', 't at', 'g'), n('And', 'g behind', 'c')];
    const nodes = [...gathered, n('Where', 'c zero inf', 'd'), n('Add', 'x d', 's'), softmax('s')];
    const graph = await check(['Reshape', 't2c:Softmax'], nodes, { constants: { ...constants, ...at } });
    expect(graph.initializers.get(last(graph)?.inputs[2] ?? ('' as never))?.shape).toEqual([1, 1, LENGTH, LENGTH]);
    // keys in the other order: a gather remains
    const back = { back: int64([LENGTH], 5, 4, 3, 2, 1, 0) };
    const turned = [
      n('Gather', 'mask back', 'g', { axis: 1 }),
      n('Reshape', 'g four', 'u'),
      n('Equal', 'u none', 'e'),
      n('Where', 'e low x', 's'),
    ];
    const moved = await check(['Reshape', 'Gather', 't2c:Softmax'], [...turned, softmax('s')], { constants: { ...constants, ...back } });
    expect(last(moved)?.attrs).toMatchObject({ keep: { value: 1 } });
  });

  test('may be real numbers of the input that are 0 and 1, but is no sum with an input', async () => {
    const inputs = { x: [1, 2, LENGTH, LENGTH], fmask: [1, 1, 1, LENGTH] };
    const nodes = [n('Sub', 'one fmask', 'i'), n('Mul', 'i big', 'b'), n('Add', 'x b', 's'), softmax('s')];
    expect(last(await check(['Less', 't2c:Softmax'], nodes, { inputs, inputTypes: {} }))?.attrs).not.toHaveProperty('keep');
    const added = { inputs: { x: [1, 2, LENGTH, LENGTH], amask: [1, 1, 1, LENGTH] }, inputTypes: {} };
    await check(['Add', 'Softmax'], [n('Add', 'x amask', 's'), softmax('s')], added);
  });

  test('is none that counts', async () => {
    const count = { inputs: { x: [1, 2, LENGTH, LENGTH], count: [1, 1] }, inputTypes: { count: 'int64' } } as const;
    const more = { ...constants, keys: int64([1, LENGTH], 0, 1, 2, 3, 4, 5) };
    const nodes = [n('Less', 'keys count', 'l'), n('Reshape', 'l four', 'u'), n('Where', 'u x low', 's'), softmax('s')];
    await check(['Less', 'Reshape', 'Where', 'Softmax'], nodes, { ...count, constants: more });
  });

  test('lies between reshapes', async () => {
    const shapes = { apart4: ints(1, 2, LENGTH, LENGTH), flat3: ints(2, LENGTH, LENGTH) };
    const inputs = { x: [2, LENGTH, LENGTH], mask: [1, LENGTH] };
    const nodes = [
      ...arithmetic,
      n('Relu', 'x', 'r'),
      n('Reshape', 'r apart4', 'a'),
      n('Add', 'a b', 'm'),
      n('Reshape', 'm flat3', 's'),
      softmax('s'),
    ];
    const graph = await check(['Relu', 'Reshape', 't2c:Softmax'], nodes, { inputs, constants: { ...constants, ...shapes } });
    expect(last(graph)?.inputs[0]).toBe('r');
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

  test('from triangles, ranges and comparisons', async () => {
    const more = {
      ...constants,
      shape2: ints(LENGTH, LENGTH),
      l: int64([], LENGTH),
      z: int64([], 0),
      i1: int64([], 1),
      col: ints(LENGTH, 1),
    };
    const ones = n('ConstantOfShape', 'shape2', 'o', { value: { tensor: floats([1], [1]) } });
    const triangle = [ones, n('Trilu', 'o', 't', { upper: 0 }), n('Equal', 't zero', 'e'), n('Where', 'e inf x', 's'), softmax('s')];
    await check(['t2c:Softmax'], triangle, { ...alone, opset: 14, constants: more });
    const places = [n('Range', 'z l i1', 'r'), n('Reshape', 'r col', 'c'), n('Greater', 'r c', 'g'), n('Cast', 'g', 'f', toFloat)];
    await check(['t2c:Softmax'], [...places, n('Mul', 'f low', 'b'), n('Add', 'x b', 's'), softmax('s')], { ...alone, constants: more });
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
