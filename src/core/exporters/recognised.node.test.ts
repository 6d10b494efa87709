// Blocks as exporters write them, the whole way: no island, integers that mean the same, the integer ONNX file bit for bit.
import { expect, test } from 'vitest';
import { createRng } from '../base/rng';
import type { Tensor } from '../ir/tensor';
import { random, type ModelSketch, type SketchNode } from '../passes/sketch.fixture';
import { parseRecipe } from '../recipe/validate';
import { wholeWay } from './whole-way.fixture';

const rng = createRng(5);
const MS = 'com.microsoft';
const [L, H, N] = [6, 16, 2];

const node = (op: string, input: string, out: string, attrs: SketchNode['attrs'] = {}, domain = ''): SketchNode => ({
  op,
  in: input,
  out,
  attrs,
  domain,
});
const matrix = (from: number, to: number): Tensor => random(rng, [from, to], 1 / Math.sqrt(from));
const norm = (p: string): Record<string, Tensor> => ({ [`${p}.g`]: random(rng, [H], 0.2, 1), [`${p}.b`]: random(rng, [H], 0.2) });
const int32 = (shape: readonly number[], data: readonly number[]): Tensor => ({ dtype: 'int32', shape, data: Int32Array.from(data) });

test('an encoder layer of BERT as ONNX Runtime fuses it', async () => {
  const s: ModelSketch = {
    inputs: { ids: [1, L], seg: [1, L], mask: [1, L] },
    inputTypes: { ids: 'int32', seg: 'int32', mask: 'int32' },
    outputs: 'y',
    constants: {
      ...{ words: random(rng, [20, H]), places: random(rng, [8, H], 0.3), segs: random(rng, [2, H], 0.3) },
      ...norm('e'),
      ...norm('a'),
      ...norm('o'),
      ...{ wqkv: matrix(H, 3 * H), bqkv: random(rng, [3 * H], 0.2), wo: matrix(H, H), bo: random(rng, [H], 0.2) },
      ...{ up: matrix(H, 32), bup: random(rng, [32], 0.2), down: matrix(32, H), bdown: random(rng, [H], 0.2) },
    },
    nodes: [
      node('EmbedLayerNormalization', 'ids seg words places segs e.g e.b mask', 'h index', {}, MS),
      node('Attention', 'h wqkv bqkv index', 'a', { num_heads: N }, MS),
      node('MatMul', 'a wo', 'ao'),
      node('SkipLayerNormalization', 'ao h a.g a.b bo', 'h1', { epsilon: { float: 1e-12 } }, MS),
      node('MatMul', 'h1 up', 'u'),
      node('BiasGelu', 'u bup', 'g', {}, MS),
      node('MatMul', 'g down', 'd'),
      node('SkipLayerNormalization', 'd h1 o.g o.b bdown', 'y', { epsilon: { float: 1e-12 } }, MS),
    ],
  };
  const { sqnrDb, integer } = await wholeWay(s, (i) => {
    const some = createRng(i + 1);
    const kept = some.int(2, L);
    return {
      ids: int32(
        [1, L],
        Array.from({ length: L }, () => some.int(0, 19)),
      ),
      seg: int32([1, L], [0, 0, 0, 1, 1, 1]),
      mask: int32(
        [1, L],
        Array.from({ length: L }, (_, j) => (j < kept ? 1 : 0)),
      ),
    };
  });
  expect(sqnrDb).toBeGreaterThan(25);
  expect(integer.ops.filter((o) => o.kind === 'softmax').every((o) => o.softmax.mask !== undefined)).toBe(true);
});

test('attention by Einsum, also with its division deferred', async () => {
  const s: ModelSketch = {
    inputs: { x: [1, L, H] },
    outputs: 'y',
    constants: {
      wq: random(rng, [H, N, H / N], 0.3),
      wk: random(rng, [H, N, H / N], 0.3),
      wv: random(rng, [H, N, H / N], 0.3),
      wo: random(rng, [N, H / N, H], 0.3),
      bq: random(rng, [N, H / N], 0.2),
      scale: { dtype: 'float32', shape: [], data: Float32Array.of(0.35) },
    },
    nodes: [
      node('Einsum', 'x wq', 'q0', { equation: 'abc,cde->abde' }),
      node('Add', 'q0 bq', 'q1'),
      node('Mul', 'q1 scale', 'q'),
      node('Einsum', 'x wk', 'k', { equation: 'abc,cde->abde' }),
      node('Einsum', 'x wv', 'v', { equation: 'abc,cde->abde' }),
      node('Einsum', 'k q', 's', { equation: 'aecd,abcd->acbe' }),
      node('Softmax', 's', 'p', { axis: -1 }),
      node('Einsum', 'p v', 'm', { equation: 'acbe,aecd->abcd' }),
      node('Einsum', 'm wo', 'o', { equation: 'abcd,cde->abe' }),
      node('Add', 'o x', 'y'),
    ],
  };
  const plain = await wholeWay(s);
  expect(plain.sqnrDb).toBeGreaterThan(25);

  const deferred = await wholeWay(s, undefined, parseRecipe({ nonlinear: { softmax: 'deferred' } }));
  expect(deferred.sqnrDb).toBeGreaterThan(25);
  expect(deferred.integer.ops.some((o) => o.kind === 'matmul' && o.deferred)).toBe(true);
});
