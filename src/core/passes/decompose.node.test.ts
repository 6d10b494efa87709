// Fused operators in ONNX Runtime as the file has them, against what passes take them apart into: in ONNX Runtime too, which
// calibration asks, and by our own float rules.
import { describe, expect, test } from 'vitest';
import { nodeRunner } from '../../adapters/onnxruntime/node';
import { quietContext } from '../base/context';
import { createRng } from '../base/rng';
import type { Model } from '../ir/model';
import type { Tensor } from '../ir/tensor';
import { withExtraOutputs } from '../onnx/extra-outputs';
import { readModel } from '../onnx/read';
import { writeModel } from '../onnx/write';
import { islandsOf } from '../ops/support';
import { canonicalise } from './canonical';
import { runtimeModel } from './runtime-model';
import { floats, interpret, ints, modelOf, ops, random, relativeError, type ModelSketch, type SketchNode } from './sketch.fixture';

const TOLERANCE = 2e-5;
const rng = createRng(71);
const MS = 'com.microsoft';
const whole = (shape: readonly number[], ...data: readonly number[]): Tensor<'int32'> => ({
  dtype: 'int32',
  shape,
  data: Int32Array.from(data),
});

async function run(model: Uint8Array, feeds: ReadonlyMap<string, Tensor>, outputs: readonly string[]): Promise<Tensor[]> {
  const session = await nodeRunner().load(model, { provider: 'wasm' });
  try {
    return await session.run(
      [...feeds].map(([name, t]) => ({ name, dtype: t.dtype, shape: t.shape, data: t.data as Float32Array })),
      outputs,
    );
  } finally {
    await session.close();
  }
}

/** `outputs` of the sketch have the shapes given; `feeds` for inputs that are no random floats. */
async function check(s: ModelSketch, expected: readonly string[], fixed: Readonly<Record<string, Tensor>> = {}): Promise<Model> {
  const sketch = modelOf(s);
  const opsets = { ...sketch.opsets, ...(s.nodes.some((n) => n.domain === MS) ? { [MS]: 1 } : {}) };
  const bare = { ...sketch, opsets };
  const typed = { ...bare, graph: { ...bare.graph, outputs: bare.graph.outputs.map((o) => ({ ...o, shape: undefined })) } };
  const file = writeModel(typed);
  const model = readModel(file, 'fused.onnx');
  const ctx = quietContext();
  const c = await canonicalise(model, {}, ctx);
  expect(ops(c)).toEqual(expected);
  const feeds = new Map<string, Tensor>(
    model.graph.inputs.map((i) => [i.name, fixed[i.name] ?? random(rng, i.shape as readonly number[])] as const), // static in the sketch
  );
  const names = model.graph.outputs.map((o) => o.name);
  const want = await run(file, feeds, names);
  // the file itself where it has a name for everything
  const apart = (await runtimeModel(model, c, ctx)) ?? model;
  // everything that the canonical model computes can be asked for, and is what our own rules say
  const asked = c.model.graph.nodes.flatMap((n) => n.outputs).filter((n) => c.model.graph.values.get(n)?.dtype === 'float32');
  const extra = asked.filter((n) => !names.includes(n));
  const bytes = withExtraOutputs(
    writeModel(apart),
    extra.map((name) => ({ name, dtype: 'float32' as const, shape: c.model.graph.values.get(name)?.shape as readonly number[] })),
  );
  const got = await run(bytes, feeds, [...names, ...extra]);
  const own = interpret(c.model, feeds);
  [...names, ...extra].forEach((name, i) => {
    const t = own.get(name) as Tensor;
    if (i < names.length) expect(relativeError(want[i] as Tensor, got[i] as Tensor)).toBeLessThan(TOLERANCE);
    expect(relativeError(got[i] as Tensor, t)).toBeLessThan(TOLERANCE);
  });
  return c.model;
}

const one = (op: string, input: string, attrs: SketchNode['attrs'] = {}, domain = MS, out = 'y'): SketchNode => ({
  op,
  in: input,
  out,
  attrs,
  domain,
});
const [B, L, H, N] = [1, 5, 8, 2];

describe('einsum', () => {
  test.each<[string, readonly number[], readonly number[], boolean]>([
    ['bhid,bhjd->bhij', [1, 2, 3, 4], [1, 2, 5, 4], false],
    ['bhij,bhjd->bhid', [1, 2, 3, 4], [1, 2, 4, 5], false],
    ['bihd,bjhd->bhij', [1, 3, 2, 4], [1, 5, 2, 4], false],
    ['bhij,bjhd->bihd', [1, 2, 3, 4], [1, 4, 2, 5], false],
    ['...ij,...jk->...ik', [1, 2, 3, 4], [1, 1, 4, 5], false],
    ['...ij,jk', [1, 2, 3, 4], [4, 5], true],
    ['abc,cd->abd', [1, 3, 4], [4, 5], true],
    ['abc,cde->abde', [1, 3, 4], [4, 2, 5], true],
    ['abcd,cde->abe', [1, 3, 2, 4], [2, 4, 5], true],
    ['bchw,oc->bohw', [1, 3, 2, 2], [4, 3], true],
    ['nkctv,kvw->nctw', [1, 2, 3, 4, 5], [2, 5, 5], true],
    ['bhwc,hkc->bhwk', [1, 3, 4, 5], [3, 6, 5], false],
    ['bi,bi->bi', [1, 6], [1, 6], false],
    ['bi,bj->bij', [1, 6], [1, 4], false],
    ['bij,bk->bik', [1, 6, 3], [1, 4], false],
  ])('%s', async (equation, a, b, constant) => {
    const nodes = [{ op: 'Relu', in: 'x', out: 'r' }, one('Einsum', 'r w', { equation }, '')];
    const w = random(rng, b);
    const s: ModelSketch = constant
      ? { inputs: { x: a }, outputs: 'y', constants: { w }, nodes }
      : { inputs: { x: a, w: b }, outputs: 'y', nodes };
    const c = await canonicalise(modelOf(s), {}, quietContext());
    expect(ops(c)).not.toContain('Einsum');
    expect([...islandsOf(c)]).toEqual([]);
    await check(s, ops(c));
  });

  test('of one operand, and of a constant on the left', async () => {
    const relu = { op: 'Relu', in: 'x', out: 'r' };
    await check({ inputs: { x: [1, 2, 3] }, outputs: 'y', nodes: [relu, one('Einsum', 'r', { equation: 'bij->bji' }, '')] }, [
      'Relu',
      'Transpose',
    ]);
    await check({ inputs: { x: [1, 2, 3] }, outputs: 'y', nodes: [relu, one('Einsum', 'r', { equation: 'bij->bj' }, '')] }, [
      'Relu',
      'ReduceSum',
    ]);
    const constants = { w: random(rng, [4, 3]) };
    const nodes = [relu, one('Einsum', 'w r', { equation: 'oc,bcl->bol' }, '')];
    const c = await canonicalise(modelOf({ inputs: { x: [1, 3, 5] }, outputs: 'y', constants, nodes }), {}, quietContext());
    expect([...islandsOf(c)]).toEqual([]);
    await check({ inputs: { x: [1, 3, 5] }, outputs: 'y', constants, nodes }, ops(c));
  });

  test('stays one node where it has a diagonal or three operands', async () => {
    const nodes = [{ op: 'Relu', in: 'x', out: 'r' }, one('Einsum', 'r', { equation: 'bii->bi' }, '')];
    const c = await canonicalise(modelOf({ inputs: { x: [1, 3, 3] }, outputs: 'y', nodes }), {}, quietContext());
    expect(ops(c)).toEqual(['Relu', 'Einsum']);
    expect([...islandsOf(c).values()]).toEqual(['Einsum has no integer form yet']);
  });
});

describe('what ONNX Runtime fuses', () => {
  const vector = (n: number): Tensor => random(rng, [n], 0.3, 0.5);

  test('products with transposes and a factor', async () => {
    const base = { inputs: { x: [1, 2, 4, 3], w: [1, 2, 4, 5] }, outputs: 'y' };
    await check({ ...base, nodes: [one('FusedMatMul', 'x w', { transA: 1, alpha: { float: 0.5 } })] }, ['Transpose', 't2c:MatMul']);
    await check({ ...base, inputs: { x: [1, 2, 3, 4], w: [1, 2, 5, 4] }, nodes: [one('FusedMatMul', 'x w', { transB: 1 })] }, [
      'Transpose',
      'MatMul',
    ]);
  });

  test('functions with a bias', async () => {
    const base = { inputs: { x: [1, 3, 8] }, outputs: 'y', constants: { b: vector(8) } };
    const gelu = ['Add', 'com.microsoft:Gelu'];
    await check({ ...base, nodes: [one('BiasGelu', 'x b')] }, gelu);
    await check({ ...base, nodes: [one('FastGelu', 'x b')] }, ['Add', 't2c:Gelu']);
    await check({ ...base, nodes: [one('QuickGelu', 'x', { alpha: { float: 1.702 } }, MS, 'q'), one('BiasGelu', 'q b')] }, [
      't2c:Swish',
      ...gelu,
    ]);
  });

  test('convolutions with an addend and an activation', async () => {
    const base = { inputs: { x: [1, 3, 6, 6] }, outputs: 'y', constants: { w: random(rng, [4, 3, 3, 3]), b: vector(4) } };
    await check({ ...base, nodes: [one('FusedConv', 'x w b', { activation: 'Relu', pads: [1, 1, 1, 1] })] }, ['Conv+']);
    await check({ ...base, nodes: [one('FusedConv', 'x w b', { activation: 'Sigmoid' })] }, ['Conv', 'Sigmoid']);
    const shortcut = [one('FusedConv', 'x w b', { activation: 'Relu', pads: [1, 1, 1, 1] }, MS, 'c')];
    const last = one('FusedConv', 'c v b c', { activation: 'Relu', pads: [1, 1, 1, 1] });
    await check({ ...base, constants: { ...base.constants, v: random(rng, [4, 4, 3, 3]) }, nodes: [...shortcut, last] }, [
      'Conv+',
      'Conv',
      'Add+',
    ]);
    const gemm = { inputs: { x: [1, 6] }, outputs: 'y', constants: { w: random(rng, [6, 4]), b: vector(4) } };
    await check({ ...gemm, nodes: [one('FusedGemm', 'x w b', { activation: 'Relu' })] }, ['Gemm+']);
  });

  const norms = { g: vector(H), n: vector(H), b: vector(H) };

  test('layer normalizations with a sum before', async () => {
    const base = { inputs: { x: [B, L, H], s: [B, L, H] }, outputs: 'y', constants: norms };
    await check({ ...base, nodes: [one('SkipLayerNormalization', 'x s g n')] }, ['Add', 'LayerNormalization']);
    await check({ ...base, nodes: [one('SkipLayerNormalization', 'x s g n b')] }, ['Add', 'Add', 'LayerNormalization']);
    const both = [
      { ...one('SkipLayerNormalization', 'x s g n b'), out: 'a m v sum' },
      { op: 'Mul', in: 'a sum', out: 'y' },
    ];
    await check({ ...base, nodes: both }, ['Add', 'Add', 'LayerNormalization', 'Mul']);
    await check({ ...base, nodes: [one('SkipSimplifiedLayerNormalization', 'x s g')] }, ['Add', 'SimplifiedLayerNormalization']);
  });

  const tokens = { ids: whole([B, L], 3, 1, 0, 6, 2), seg: whole([B, L], 0, 0, 1, 1, 1), mask: whole([B, L], 1, 1, 1, 0, 0) };
  const tables = { words: random(rng, [7, H]), places: random(rng, [12, H]), segs: random(rng, [2, H]) };
  const weights = { w: random(rng, [H, 3 * H], 0.4), wb: random(rng, [3 * H], 0.2) };
  const inputTypes = { ids: 'int32', seg: 'int32', mask: 'int32' } as const;
  const embed = { ...one('EmbedLayerNormalization', 'ids seg words places segs g n mask'), out: 'e index' };
  const parts = ['Gather', 'Add', 'Gather', 'Add', 'LayerNormalization'];
  const heads = ['MatMul', 'MatMul', 'MatMul'].map((m) => `t2c:${m}`);
  const attended = ['Reshape', 'Transpose', 'Reshape', 'Transpose', 'Reshape', 'Transpose', 't2c:MatMul'];

  test('embeddings, and attention that is masked by their count', async () => {
    const s: ModelSketch = {
      inputs: { ids: [B, L], seg: [B, L], mask: [B, L] },
      inputTypes,
      outputs: 'y',
      constants: { ...norms, ...tables, ...weights },
      nodes: [embed, one('Attention', 'e w wb index', { num_heads: N })],
    };
    const model = await check(s, [...parts, ...heads, ...attended, 'Reshape', 't2c:Softmax', 'MatMul', 'Transpose', 'Reshape'], tokens);
    expect(model.graph.nodes.find((n) => n.op === 'Softmax')?.attrs).toMatchObject({ keep: { value: 1 } });
  });

  test('attention with a mask of keys, a bias, in causal order', async () => {
    const base = {
      inputs: { x: [B, L, H], mask: [B, L] },
      inputTypes: { mask: 'int32' },
      outputs: 'y',
      constants: { ...weights, bias: random(rng, [1, N, L, L]) },
    } as const;
    const tail = ['MatMul', 'Transpose', 'Reshape'];
    const cut = { mask: whole([B, L], 1, 1, 1, 0, 0) };
    await check(
      { ...base, nodes: [one('Attention', 'x w wb mask', { num_heads: N })] },
      [...heads, ...attended, 'Reshape', 't2c:Softmax', ...tail],
      cut,
    );
    const alone = { ...base, inputs: { x: [B, L, H] }, inputTypes: {} };
    await check({ ...alone, nodes: [one('Attention', 'x w wb', { num_heads: N, unidirectional: 1 })] }, [
      ...heads,
      ...attended,
      't2c:Softmax',
      ...tail,
    ]);
    await check({ ...alone, nodes: [one('Attention', 'x w wb _ _ bias', { num_heads: N })] }, [
      ...heads,
      ...attended,
      'Add',
      'Softmax',
      ...tail,
    ]);
  });

  test('attention of a query, keys and values apart', async () => {
    const base: ModelSketch = { inputs: { q: [B, L, H], k: [B, L, H], v: [B, L, H] }, outputs: 'y', constants: weights, nodes: [] };
    const tail = ['Softmax', 'MatMul', 'Transpose', 'Reshape'];
    const sums = ['Add', 'Add', 'Add'];
    await check({ ...base, nodes: [one('MultiHeadAttention', 'q k v wb', { num_heads: N })] }, [...sums, ...attended, ...tail]);
    await check({ ...base, nodes: [one('MultiHeadAttention', 'q k v', { num_heads: N, scale: { float: 0.3 } })] }, [...attended, ...tail]);
  });
});

test('an operator set above 21 reads, and its attention is taken apart', async () => {
  const base: ModelSketch = { opset: 23, inputs: { q: [1, 2, 3, 4], k: [1, 2, 5, 4], v: [1, 2, 5, 6] }, outputs: 'y', nodes: [] };
  const nodes = [one('Attention', 'q k v', { is_causal: 0 }, '')];
  const c = await canonicalise(modelOf({ ...base, nodes }), {}, quietContext());
  expect(ops(c)).toEqual(['Transpose', 't2c:MatMul', 'Softmax', 'MatMul']);
  const feeds = new Map<string, Tensor>([
    ['q', random(rng, [1, 2, 3, 4])],
    ['k', random(rng, [1, 2, 5, 4])],
    ['v', random(rng, [1, 2, 5, 6])],
  ]);
  const [q, k, v] = ['q', 'k', 'v'].map((n) => feeds.get(n)?.data as Float32Array) as [Float32Array, Float32Array, Float32Array];
  const want = new Float32Array(2 * 3 * 6);
  for (let h = 0; h < 2; h++) {
    for (let i = 0; i < 3; i++) {
      const e = Array.from({ length: 5 }, (_, j) => {
        let dot = 0;
        for (let d = 0; d < 4; d++) dot += (q[(h * 3 + i) * 4 + d] as number) * (k[(h * 5 + j) * 4 + d] as number);
        return Math.exp(dot / 2);
      });
      const sum = e.reduce((a, b) => a + b, 0);
      for (let d = 0; d < 6; d++) want[(h * 3 + i) * 6 + d] = e.reduce((a, w, j) => a + (w / sum) * (v[(h * 5 + j) * 6 + d] as number), 0);
    }
  }
  const y = interpret(c.model, feeds).get('y') as Tensor;
  expect(relativeError(floats([1, 2, 3, 6], want), y)).toBeLessThan(1e-5);
  expect([...islandsOf(c)]).toEqual([]);
});

test.each([
  ['com.microsoft', 0, [1, 2, 5, 8]],
  ['com.microsoft', 1, [1, 2, 5, 8]],
  ['com.microsoft', 0, [1, 5, 16]],
] as const)('a rotary embedding of %s, interleaved %i, of %j', async (domain, interleaved, shape) => {
  const angle = random(rng, [9, 4]).data;
  const constants = {
    cos: floats([9, 4], angle.map(Math.cos)),
    sin: floats([9, 4], angle.map(Math.sin)),
    at: { ...ints(0, 1, 2, 3, 4), shape: [1, 5] },
  };
  const attrs = { interleaved, ...(shape.length === 3 ? { num_heads: 2 } : {}) };
  const s: ModelSketch = { inputs: { x: shape }, outputs: 'y', constants, nodes: [one('RotaryEmbedding', 'x at cos sin', attrs, domain)] };
  const c = await canonicalise(modelOf(s), {}, quietContext());
  await check(s, ops(c));
  expect([...islandsOf(c)]).toEqual([]);
});
