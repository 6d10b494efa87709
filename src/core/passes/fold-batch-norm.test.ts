import { describe, expect, test } from 'vitest';
import { createRng } from '../base/rng';
import { StudioError } from '../base/errors';
import type { Tensor } from '../ir/tensor';
import { canonical, floats, largestError, modelOf, ops, random, type ModelSketch, type SketchNode } from './sketch.fixture';

const rng = createRng(5);
const BN = { epsilon: { float: 1e-3 } };

function norm(prefix: string, channels: number): Record<string, Tensor> {
  return {
    [`${prefix}.g`]: random(rng, [channels], 0.5, 1),
    [`${prefix}.b`]: random(rng, [channels]),
    [`${prefix}.m`]: random(rng, [channels]),
    [`${prefix}.v`]: floats(
      [channels],
      Array.from({ length: channels }, () => 0.1 + rng.uniform()),
    ),
  };
}

const bn = (x: string, y: string, prefix = 'n', attrs: SketchNode['attrs'] = BN): SketchNode => ({
  op: 'BatchNormalization',
  in: `${x} ${prefix}.g ${prefix}.b ${prefix}.m ${prefix}.v`,
  out: y,
  attrs,
});

async function check(s: ModelSketch, expected: readonly string[]): Promise<void> {
  const c = await canonical(s);
  expect(ops(c)).toEqual(expected);
  expect(largestError(modelOf(s), c)).toBeLessThan(2e-6);
}

describe('batch normalization is folded into the layer before it, and nothing else changes', () => {
  test.each([1, 6, 7, 9, 14, 15])('of a Conv without a bias, opset %i', async (opset) => {
    const attrs = opset === 1 ? { ...BN, is_test: 1 } : opset < 9 ? { ...BN } : BN;
    await check(
      {
        opset,
        inputs: { x: ['n', 3, 6, 6] },
        outputs: 'y',
        constants: { w: random(rng, [4, 3, 3, 3]), ...norm('n', 4) },
        nodes: [{ op: 'Conv', in: 'x w', out: 'c', attrs: { pads: [1, 1, 1, 1] } }, bn('c', 'y', 'n', attrs)],
      },
      ['Conv'],
    );
  });

  test('of a grouped Conv with a bias, and of a ConvTranspose in groups', async () => {
    await check(
      {
        inputs: { x: [1, 4, 5, 5] },
        outputs: 'y',
        constants: { w: random(rng, [6, 2, 3, 3]), b: random(rng, [6]), ...norm('n', 6) },
        nodes: [{ op: 'Conv', in: 'x w b', out: 'c', attrs: { group: 2 } }, bn('c', 'y')],
      },
      ['Conv'],
    );
    await check(
      {
        inputs: { x: [1, 4, 5, 5] },
        outputs: 'y',
        constants: { w: random(rng, [4, 3, 2, 2]), b: random(rng, [6]), ...norm('n', 6) },
        nodes: [{ op: 'ConvTranspose', in: 'x w b', out: 'c', attrs: { group: 2, strides: [2, 2] } }, bn('c', 'y')],
      },
      ['ConvTranspose'],
    );
  });

  test.each([0, 1])('of a Gemm with alpha and beta, transB %i', async (transB) => {
    await check(
      {
        inputs: { x: [1, 5] },
        outputs: 'y',
        constants: { w: random(rng, transB === 1 ? [7, 5] : [5, 7]), b: random(rng, [1, 7]), ...norm('n', 7) },
        nodes: [{ op: 'Gemm', in: 'x w b', out: 'c', attrs: { transB, alpha: { float: 0.5 }, beta: { float: -2 } } }, bn('c', 'y')],
      },
      ['Gemm'],
    );
  });

  test('of a MatMul and of a MatMul with an Add behind it', async () => {
    const constants = { w: random(rng, [5, 7]), b: random(rng, [7]), ...norm('n', 7) };
    const product: SketchNode = { op: 'MatMul', in: 'x w', out: 'p' };
    await check({ inputs: { x: [1, 5] }, outputs: 'y', constants, nodes: [product, bn('p', 'y')] }, ['t2c:MatMul']);
    const nodes: SketchNode[] = [product, { op: 'Add', in: 'b p', out: 's' }, bn('s', 'y')];
    await check({ inputs: { x: [1, 5] }, outputs: 'y', constants, nodes }, ['t2c:MatMul']);
  });

  test('through Identity, and twice in a row; a weight shared by two layers is folded for each', async () => {
    await check(
      {
        inputs: { x: [1, 3, 6, 6] },
        outputs: 'y',
        constants: { w: random(rng, [3, 3, 1, 1]), ...norm('n', 3), ...norm('m', 3), ...norm('k', 3) },
        nodes: [
          { op: 'Conv', in: 'x w', out: 'c' },
          { op: 'Identity', in: 'c', out: 'i' },
          bn('i', 'd'),
          bn('d', 'e', 'm'),
          { op: 'Conv', in: 'e w', out: 'f' },
          bn('f', 'y', 'k'),
        ],
      },
      ['Conv', 'Conv'],
    );
  });
});

describe('batch normalization that has no layer to go to becomes a depthwise layer of its own', () => {
  test('after an Add, a Relu, a Conv that others read, a product over the wrong axis', async () => {
    const x = { inputs: { x: [1, 3, 6, 6] }, outputs: 'y' } as const;
    const constants = { w: random(rng, [3, 3, 1, 1]), ...norm('n', 3) };
    const conv: SketchNode = { op: 'Conv', in: 'x w', out: 'c' };
    await check({ ...x, constants, nodes: [conv, { op: 'Add', in: 'c x', out: 's' }, bn('s', 'y')] }, ['Conv', 'Add', 'Conv']);
    await check({ ...x, constants, nodes: [conv, { op: 'Relu', in: 'c', out: 's' }, bn('s', 'y')] }, ['Conv+', 'Conv']);
    await check({ ...x, constants, nodes: [conv, bn('c', 's'), { op: 'Add', in: 'c s', out: 'y' }] }, ['Conv', 'Conv', 'Add']);
    await check({ ...x, outputs: 'c y', constants, nodes: [conv, bn('c', 'y')] }, ['Conv', 'Conv']);
    const wrong = { w: random(rng, [6, 3]), ...norm('n', 3) };
    await check(
      { inputs: { x: [1, 3, 6] }, outputs: 'y', constants: wrong, nodes: [{ op: 'MatMul', in: 'x w', out: 'p' }, bn('p', 'y')] },
      ['MatMul', 'Conv'],
    );
  });

  test('a Relu behind it is its clamp, and a vector is multiplied by a diagonal matrix', async () => {
    const nodes: SketchNode[] = [bn('x', 'd'), { op: 'Relu', in: 'd', out: 'y' }];
    await check({ inputs: { x: [1, 3, 6, 6] }, outputs: 'y', constants: norm('n', 3), nodes }, ['Conv+']);
    await check({ inputs: { x: [1, 3] }, outputs: 'y', constants: norm('n', 3), nodes }, ['t2c:MatMul+']);
  });
});

test('training mode is refused, a variance that makes no finite weight too', async () => {
  const training = { inputs: { x: [1, 3, 4, 4] }, outputs: 'y', constants: norm('n', 3), nodes: [bn('x', 'y', 'n', { training_mode: 1 })] };
  await expect(canonical({ ...training, opset: 15 })).rejects.toThrow(/training mode/);
  const constants = { ...norm('n', 3), w: random(rng, [3, 3, 1, 1]), 'n.v': floats([3], [1, -1, 1]) };
  const failure = await canonical({
    inputs: { x: [1, 3, 4, 4] },
    outputs: 'y',
    constants,
    nodes: [{ op: 'Conv', in: 'x w', out: 'c' }, bn('c', 'y')],
  }).catch((e: unknown) => e);
  expect(failure).toBeInstanceOf(StudioError);
  expect((failure as StudioError).code).toBe('not-finite');
  expect((failure as StudioError).message).toContain('tensor w');
});

describe('constants per channel behind a layer are part of it', () => {
  const constants = {
    w: random(rng, [4, 3, 3, 3]),
    s: random(rng, [4, 1, 1]),
    t: random(rng, [1, 4, 1, 1]),
    d: floats([4, 1, 1], [1, -2, 3, 4]),
    z: floats([4, 1, 1], [1, 0, 3, 4]),
    plane: random(rng, [4, 4]),
    one: floats([1], [0.5]),
    wide: random(rng, [2, 1, 1, 1]),
  };
  const behind = (...nodes: SketchNode[]): ModelSketch => ({
    inputs: { x: [1, 3, 6, 6] },
    outputs: 'y',
    constants,
    nodes: [{ op: 'Conv', in: 'x w', out: 'c' }, ...nodes],
  });

  test('Mul then Add, constants on either side; Sub, Div, one number', async () => {
    await check(behind({ op: 'Mul', in: 's c', out: 'm' }, { op: 'Add', in: 'm t', out: 'y' }), ['Conv']);
    await check(behind({ op: 'Sub', in: 'c t', out: 'm' }, { op: 'Div', in: 'm d', out: 'n' }, { op: 'Mul', in: 'n one', out: 'y' }), [
      'Conv',
    ]);
  });

  test('not a division by zero, c - x, a constant along other axes, one that broadens, a value that others read', async () => {
    await check(behind({ op: 'Sub', in: 't c', out: 'y' }), ['Conv', 'Sub']);
    await check(behind({ op: 'Add', in: 'c plane', out: 'y' }), ['Conv', 'Add']);
    await check(behind({ op: 'Add', in: 'c wide', out: 'y' }), ['Conv', 'Add']);
    await check(behind({ op: 'Mul', in: 'c s', out: 'm' }, { op: 'Add', in: 'm c', out: 'y' }), ['Conv', 'Mul', 'Add']);
    expect(ops(await canonical(behind({ op: 'Div', in: 'c z', out: 'y' })))).toEqual(['Conv', 'Div']);
  });

  test('columns of a Gemm and of a MatMul over three axes', async () => {
    const columns = { w: random(rng, [5, 7]), s: random(rng, [7]), t: random(rng, [1, 1, 7]), r: random(rng, [4, 1]) };
    const x = { inputs: { x: [1, 4, 5] }, outputs: 'y', constants: columns } as const;
    const product: SketchNode = { op: 'MatMul', in: 'x w', out: 'p' };
    await check({ ...x, nodes: [product, { op: 'Mul', in: 'p s', out: 'm' }, { op: 'Add', in: 'm t', out: 'y' }] }, ['t2c:MatMul']);
    await check({ ...x, nodes: [product, { op: 'Mul', in: 'p r', out: 'y' }] }, ['MatMul', 'Mul']);
  });
});
