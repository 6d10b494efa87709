import { describe, expect, test } from 'vitest';
import { quietContext } from '../base/context';
import { createRng } from '../base/rng';
import type { CanonicalModel, Model } from '../ir/model';
import { canonicalise } from './canonical';
import { runtimeModel } from './runtime-model';
import { floats, interpret, ints, modelOf, ops, random, randomInputs, relativeError, type ModelSketch } from './sketch.fixture';

const rng = createRng(31);

/** The canonical model computes the outputs of the original, and the runtime's model has all its values. */
async function checked(sketch: ModelSketch): Promise<CanonicalModel> {
  const original = modelOf(sketch);
  const c = await canonicalise(original, {}, quietContext());
  const inputs = randomInputs(c, 5);
  const [before, after] = [interpret(original, inputs), interpret(c.model, inputs)];
  for (const { name } of c.model.graph.outputs) expect(relativeError(before.get(name)!, after.get(name)!)).toBeLessThan(1e-6);
  const runtime: Model = (await runtimeModel(original, c, quietContext())) ?? original;
  const known = interpret(runtime, inputs);
  for (const name of c.model.graph.nodes.flatMap((n) => n.outputs)) {
    expect(relativeError(known.get(name)!, after.get(name)!), name).toBeLessThan(1e-5);
  }
  return c;
}

const equation = (text: string) => ({ op: 'Einsum', attrs: { equation: text } });

describe('Einsum that is a product', () => {
  test.each([
    ['abc,cde->abde', [2, 5, 6], [6, 2, 3], ['t2c:MatMul', 'Reshape']],
    ['abcd,cde->abe', [2, 5, 2, 3], [2, 3, 4], ['Reshape', 't2c:MatMul']],
    ['bac,dc->abd', [3, 2, 4], [5, 4], ['Transpose', 't2c:MatMul']],
    ['ab,bc->ac', [3, 4], [4, 5], ['t2c:MatMul']],
  ] as const)('%s with a constant, and the bias behind it', async (text, x, w, expected) => {
    const columns = [...(text.split('->')[1] ?? '')].filter((l) => !text.split(',')[0]?.includes(l));
    const own = [...(text.split(/,|->/)[1] ?? '')];
    const bias = columns.map((l) => w[own.indexOf(l)] as number);
    const c = await checked({
      inputs: { x: [1, ...x.slice(1)] },
      outputs: 'y',
      constants: { w: random(rng, w), b: random(rng, bias) },
      nodes: [
        { ...equation(text), in: 'x w', out: 'p', name: 'model/dense/einsum/Einsum' },
        { op: 'Add', in: 'b p', out: 'y', name: 'model/dense/add' },
      ],
    });
    expect(ops(c).filter((op) => op !== 'Transpose' || expected.includes('Transpose' as never))).toEqual(expected);
    for (const stem of c.stems.values()) expect(stem).toMatch(/^model\.dense/);
  });

  test('a constant on the left is the weight too', async () => {
    const c = await checked({
      inputs: { x: [1, 5, 6] },
      outputs: 'y',
      constants: { w: random(rng, [6, 4]) },
      nodes: [{ ...equation('ce,abc->abe'), in: 'w x', out: 'y' }],
    });
    expect(ops(c)).toEqual(['MatMul']);
  });

  test.each([
    ['aecd,abcd->acbe', [1, 4, 2, 3], [1, 5, 2, 3], ['Transpose', 'Transpose', 'MatMul']],
    ['acbe,aecd->abcd', [1, 2, 5, 4], [1, 4, 2, 3], ['Transpose', 'MatMul', 'Transpose']],
    ['bhqd,bhkd->bhqk', [1, 2, 5, 3], [1, 2, 4, 3], ['Transpose', 'MatMul']],
    ['bhqk,bhkd->bhqd', [1, 2, 5, 4], [1, 2, 4, 3], ['MatMul']],
  ] as const)('%s of two activations', async (text, x, y, expected) => {
    const c = await checked({ inputs: { x, y }, outputs: 'z', nodes: [{ ...equation(text), in: 'x y', out: 'z' }] });
    expect(ops(c)).toEqual(expected);
  });

  // sums of one operand and products element by element are taken apart later, when shapes are known (decompose-einsum.ts)
  test.each(['ab,bc->c', 'aab,bc->ac', 'ab,ab->ab', 'ab,cb->ca'])('%s is one, or stays where it has a diagonal', async (text) => {
    const c = await checked({
      inputs: { x: text.startsWith('aab') ? [3, 3, 3] : [1, 3], y: text === 'ab,ab->ab' ? [1, 3] : [3, 3] },
      outputs: 'z',
      nodes: [{ ...equation(text), in: 'x y', out: 'z' }],
    });
    expect(ops(c).includes('Einsum')).toBe(text === 'aab,bc->ac');
  });
});

test('Sum of several is Add after Add', async () => {
  const c = await checked({
    inputs: { a: [1, 4], b: [1, 4], c: [1, 1] },
    outputs: 'y',
    nodes: [{ op: 'Sum', in: 'a b c', out: 'y', name: '/block/Sum' }],
  });
  expect(ops(c)).toEqual(['Add', 'Add']);
});

describe('moves with an operator of their own', () => {
  test.each([
    ['asymmetric', 'floor', [1, 1, 2, 2]],
    ['half_pixel', 'round_prefer_floor', [1, 1, 3, 2]],
    ['half_pixel', 'round_prefer_ceil', [1, 1, 1.5, 1]],
    ['align_corners', 'floor', [1, 1, 1, 2.4]],
  ] as const)('nearest Resize, %s and %s by %j', async (mode, nearest, scales) => {
    const c = await checked({
      inputs: { x: [1, 2, 4, 5] },
      outputs: 'y',
      constants: { scales: floats([4], scales) },
      nodes: [
        {
          op: 'Resize',
          in: 'x _ scales',
          out: 'y',
          attrs: { mode: 'nearest', coordinate_transformation_mode: mode, nearest_mode: nearest },
        },
      ],
    });
    expect(ops(c)).toEqual(scales.filter((s) => s !== 1).map(() => 'Gather'));
  });

  test('what interpolates stays', async () => {
    const c = await checked({
      inputs: { x: [1, 2, 4, 5] },
      outputs: 'y',
      constants: { scales: floats([4], [1, 1, 2, 2]) },
      nodes: [{ op: 'Resize', in: 'x _ scales', out: 'y', attrs: { mode: 'linear' } }],
    });
    expect(ops(c)).toEqual(['Resize']);
  });

  test('Tile repeats positions, in its scope', async () => {
    const c = await checked({
      inputs: { x: [1, 2, 3] },
      outputs: 'y',
      constants: { repeats: ints(1, 3, 2) },
      nodes: [{ op: 'Tile', in: 'x repeats', out: 'y', name: '/up/Tile' }],
    });
    expect(ops(c)).toEqual(['Gather', 'Gather']);
    for (const stem of c.stems.values()) expect(stem).toMatch(/^up/);
  });

  test.each([
    ['DepthToSpace', 'DCR'],
    ['DepthToSpace', 'CRD'],
    ['SpaceToDepth', 'DCR'],
    ['SpaceToDepth', 'CRD'],
  ])('%s, %s', async (op, mode) => {
    const c = await checked({
      inputs: { x: [1, 8, 4, 6] },
      outputs: 'y',
      nodes: [{ op, in: 'x', out: 'y', attrs: { blocksize: 2, mode } }],
    });
    expect(ops(c)).toEqual(['Reshape', 'Transpose', 'Reshape']);
  });
});
