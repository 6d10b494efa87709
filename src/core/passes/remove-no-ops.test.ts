import { describe, expect, test } from 'vitest';
import { createRng } from '../base/rng';
import { keepsOrder } from './no-ops';
import { canonical, floats, ints, largestError, modelOf, ops, random, scalar, type ModelSketch, type SketchNode } from './sketch.fixture';

const rng = createRng(7);
const constants = {
  same: ints(1, 3, 4, 4),
  zeros: ints(0, 0, 0, 0, 0, 0, 0, 0),
  pads: ints(0, 0, 1, 0, 0, 0, 0, 0),
  start: ints(0),
  end: ints(9),
  axis: ints(2),
  last: ints(-1),
  before: ints(-9),
  back: ints(-1),
  halfRate: scalar(0.5),
  training: { dtype: 'bool', shape: [], data: Uint8Array.of(1) } as const,
  nought: scalar(0),
  unit: floats([3, 1, 1], [1, 1, 1]),
  wide: floats([2, 1, 1, 1], [0, 0]),
  w: random(rng, [3, 3, 1, 1]),
};

const sketch = (outputs: string, ...nodes: readonly SketchNode[]): ModelSketch => ({
  inputs: { x: [1, 3, 4, 4] },
  outputs,
  constants,
  nodes,
});
const conv: SketchNode = { op: 'Conv', in: 'x w', out: 'c' };

async function check(s: ModelSketch, expected: readonly string[]): Promise<void> {
  const c = await canonical(s);
  expect(ops(c)).toEqual(expected);
  expect(largestError(modelOf(s), c)).toBeLessThan(1e-6);
  expect(c.model.graph.outputs.map((o) => o.name)).toEqual(s.outputs.split(' '));
}

describe('what changes nothing is taken out', () => {
  test.each<[string, SketchNode]>([
    ['Identity', { op: 'Identity', in: 'c', out: 'd' }],
    ['Dropout', { op: 'Dropout', in: 'c halfRate', out: 'd mask' }],
    ['Cast to float', { op: 'Cast', in: 'c', out: 'd', attrs: { to: 1 } }],
    ['Reshape to the same shape', { op: 'Reshape', in: 'c same', out: 'd' }],
    ['Expand to the same shape', { op: 'Expand', in: 'c same', out: 'd' }],
    ['Pad by 0', { op: 'Pad', in: 'c zeros', out: 'd' }],
    ['Slice of everything', { op: 'Slice', in: 'c start end axis', out: 'd' }],
    ['Transpose that moves nothing', { op: 'Transpose', in: 'c', out: 'd', attrs: { perm: [0, 1, 2, 3] } }],
    ['Concat of one', { op: 'Concat', in: 'c', out: 'd', attrs: { axis: 1 } }],
    ['AveragePool of one element', { op: 'AveragePool', in: 'c', out: 'd', attrs: { kernel_shape: [1, 1], strides: [1, 1] } }],
    ['Add of 0', { op: 'Add', in: 'nought c', out: 'd' }],
    ['Mul by 1', { op: 'Mul', in: 'c unit', out: 'd' }],
  ])('%s', async (_, node) => {
    await check(sketch('y', conv, node, { op: 'Tanh', in: 'd', out: 'y' }), ['Conv', 'Tanh']);
    // as the output: the Conv makes it under its name
    await check(sketch('d', conv, node), ['Conv']);
  });

  test.each<[string, SketchNode]>([
    ['Pad by 1', { op: 'Pad', in: 'c pads', out: 'd' }],
    ['Slice that runs backwards', { op: 'Slice', in: 'c last before axis back', out: 'd' }],
    ['Transpose of equal extents', { op: 'Transpose', in: 'c', out: 'd', attrs: { perm: [0, 1, 3, 2] } }],
    ['0 - x', { op: 'Sub', in: 'nought c', out: 'd' }],
    ['an Add of 0 that broadcasts', { op: 'Add', in: 'c wide', out: 'd' }],
    ['MaxPool of one element that skips', { op: 'MaxPool', in: 'c', out: 'd', attrs: { kernel_shape: [1, 1], strides: [2, 2] } }],
  ])('but not %s', async (_, node) => {
    await check(sketch('y', conv, node, { op: 'Tanh', in: 'd', out: 'y' }), ['Conv', node.op, 'Tanh']);
  });
});

describe('outputs keep their names', () => {
  test('one value as two outputs keeps one Identity', async () => {
    await check(sketch('a b', conv, { op: 'Identity', in: 'c', out: 'a' }, { op: 'Identity', in: 'c', out: 'b' }), ['Conv', 'Identity']);
    await check(sketch('c b', conv, { op: 'Identity', in: 'c', out: 'b' }), ['Conv', 'Identity']);
  });

  test('an input handed through, and an output that other nodes read on', async () => {
    await check(sketch('y', { op: 'Identity', in: 'x', out: 'y' }), ['Identity']);
    await check(
      sketch('d y', conv, { op: 'Identity', in: 'c', out: 'd' }, { op: 'Tanh', in: 'c', out: 't' }, { op: 'Add', in: 'd t', out: 'y' }),
      ['Conv', 'Tanh', 'Add'],
    );
  });
});

describe('moves in a row are one', () => {
  const flat = { ...constants, flat: ints(1, -1), rows: ints(0, 12, -1), axes: ints(0) };
  const moves = (outputs: string, ...nodes: SketchNode[]): ModelSketch => ({ ...sketch(outputs, ...nodes), constants: flat });

  test('reshapes of all kinds', async () => {
    await check(
      moves(
        'y',
        conv,
        { op: 'Flatten', in: 'c', out: 'd' },
        { op: 'Unsqueeze', in: 'd axes', out: 'e' },
        { op: 'Reshape', in: 'e flat', out: 'y' },
      ),
      ['Conv', 'Reshape'],
    );
    await check(moves('y', conv, { op: 'Reshape', in: 'c flat', out: 'd' }, { op: 'Reshape', in: 'd same', out: 'y' }), ['Conv']);
  });

  test('transposes; those that undo each other vanish', async () => {
    const turn = (x: string, y: string, perm: readonly number[]): SketchNode => ({ op: 'Transpose', in: x, out: y, attrs: { perm } });
    await check(moves('y', conv, turn('c', 'd', [0, 2, 3, 1]), turn('d', 'y', [0, 2, 1, 3])), ['Conv', 'Transpose']);
    await check(moves('y', conv, turn('c', 'd', [0, 2, 3, 1]), turn('d', 'y', [0, 3, 1, 2])), ['Conv']);
  });

  test('not where somebody reads the value in between', async () => {
    await check(
      moves(
        'y g',
        conv,
        { op: 'Reshape', in: 'c flat', out: 'd' },
        { op: 'Identity', in: 'd', out: 'e' },
        { op: 'Reshape', in: 'e same', out: 'f' },
        { op: 'Reshape', in: 'e rows', out: 'y' },
        { op: 'Tanh', in: 'f', out: 'g' },
      ),
      ['Conv', 'Reshape', 'Reshape', 'Reshape', 'Tanh'],
    );
    await check(moves('d y', conv, { op: 'Flatten', in: 'c', out: 'd' }, { op: 'Reshape', in: 'd rows', out: 'y' }), [
      'Conv',
      'Flatten',
      'Reshape',
    ]);
  });
});

test('a Sum of two is an Add, a Sum of one is nothing', async () => {
  await check(sketch('y', conv, { op: 'Sum', in: 'c x', out: 's' }, { op: 'Sum', in: 's', out: 'y' }), ['Conv', 'Add']);
});

test('a permutation that only moves axes of extent 1 moves no element', () => {
  expect(keepsOrder([1, 0, 2], [1, 5, 6])).toBe(true);
  expect(keepsOrder([0, 2, 1], [1, 5, 6])).toBe(false);
  expect(keepsOrder(undefined, [1, 7, 1])).toBe(true);
});
