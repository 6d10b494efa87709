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

const scalar = (v: number): Tensor => ({ dtype: 'float32', shape: [], data: Float32Array.of(v) });
const whole = (shape: readonly number[], ...data: readonly number[]): Tensor => ({
  dtype: 'int64',
  shape,
  data: BigInt64Array.from(data, BigInt),
});
const isAhead = (i: number): boolean => i % L > Math.floor(i / L);
const square = (f: (i: number) => number): Tensor => ({
  dtype: 'float32',
  shape: [1, 1, L, L],
  data: Float32Array.from({ length: L * L }, (_, i) => f(i)),
});

/** One head-split attention over `x`; `masked` makes `s` of the scores `s0`. */
const attention = (masked: readonly SketchNode[]): SketchNode[] => [
  node('MatMul', 'x wq', 'q0'),
  node('Reshape', 'q0 heads', 'q1'),
  node('Transpose', 'q1', 'q', { perm: [0, 2, 1, 3] }),
  node('MatMul', 'x wk', 'k0'),
  node('Reshape', 'k0 heads', 'k1'),
  node('Transpose', 'k1', 'k', { perm: [0, 2, 3, 1] }),
  node('MatMul', 'x wv', 'v0'),
  node('Reshape', 'v0 heads', 'v1'),
  node('Transpose', 'v1', 'v', { perm: [0, 2, 1, 3] }),
  node('MatMul', 'q k', 's00'),
  node('Mul', 's00 scale', 's0'),
  ...masked,
  node('Softmax', 's', 'p', { axis: -1 }),
  node('MatMul', 'p v', 'm0'),
  node('Transpose', 'm0', 'm1', { perm: [0, 2, 1, 3] }),
  node('Reshape', 'm1 flat', 'y'),
];

const parts: Record<string, Tensor> = {
  ...{
    wq: matrix(H, H),
    wk: matrix(H, H),
    wv: matrix(H, H),
    heads: whole([4], 1, L, N, H / N),
    flat: whole([3], 1, L, H),
    scale: scalar(0.35),
  },
  ...{
    one: scalar(1),
    zero: scalar(0),
    big: scalar(-10000),
    low: scalar(-3.4028234663852886e38),
    inf: scalar(-Infinity),
    none: whole([], 0),
  },
  ...{ four: whole([4], 1, 1, 1, L), causal: square((i) => (isAhead(i) ? -1e9 : 0)), bias: random(rng, [1, N, L, L], 0.5) },
  behind: { dtype: 'bool', shape: [1, 1, L, L], data: Uint8Array.from({ length: L * L }, (_, i) => (isAhead(i) ? 0 : 1)) },
  first: { dtype: 'bool', shape: [1, 1, 1, L], data: Uint8Array.from({ length: L }, (_, i) => (i === 0 ? 1 : 0)) },
  words: random(rng, [9, H]),
};
const keys = [node('Reshape', 'mask four', 'u'), node('Cast', 'u', 'f', { to: 1 }), node('Sub', 'one f', 'i'), node('Mul', 'i big', 'b')];
const truth = [node('Cast', 'mask', 't', { to: 9 }), node('Reshape', 't four', 'u')];

const masks: readonly (readonly [string, readonly SketchNode[], Partial<ModelSketch>])[] = [
  ['of keys with causal order', [...keys, node('Add', 's0 causal', 's1'), node('Add', 's1 b', 's')], {}],
  ['of keys and causal order as one truth', [...truth, node('And', 'u behind', 'c'), node('Where', 'c s0 inf', 's')], {}],
  ['of keys but the first', [...truth, node('Or', 'u first', 'c'), node('Where', 'c zero low', 'd'), node('Add', 's0 d', 's')], {}],
  ['before a bias', [...keys, node('Add', 's0 b', 's1'), node('Add', 's1 bias', 's')], {}],
  ['in one sum with a bias', [...keys, node('Add', 'bias b', 'c'), node('Add', 's0 c', 's')], {}],
  ['constant, before a bias', [node('Add', 's0 causal', 's1'), node('Add', 's1 bias', 's')], {}],
  [
    'of real numbers',
    [node('Sub', 'one fmask', 'i'), node('Mul', 'i big', 'b'), node('Add', 's0 b', 's')],
    { inputs: { x: [1, L, H], fmask: [1, 1, 1, L] }, inputTypes: {} },
  ],
];

test.each(masks)('attention with a mask %s', async (_, masked, more) => {
  const s: ModelSketch = {
    inputs: { x: [1, L, H], ...(masked.some((n) => n.in.includes('mask')) ? { mask: [1, L] } : {}) },
    inputTypes: { mask: 'int64' },
    outputs: 'y',
    constants: parts,
    nodes: attention(masked),
    ...more,
  };
  const { integer, canonical, sqnrDb } = await wholeWay(s, (i) => {
    const kept = Array.from({ length: L }, (__, j) => (j < 3 + (i % 4) ? 1 : 0));
    return { mask: whole([1, L], ...kept), fmask: { dtype: 'float32', shape: [1, 1, 1, L], data: Float32Array.from(kept) } };
  });
  expect(sqnrDb).toBeGreaterThan(25);
  const softmax = integer.ops.find((o) => o.kind === 'softmax');
  expect(softmax?.kind === 'softmax' && softmax.softmax.mask).toBeTruthy();
  // scores as they are without the mask: their scale is small
  expect(integer.values.get(softmax?.inputs[0] ?? '')?.quant?.scale[0]).toBeLessThan(0.2);
  expect(canonical.model.graph.nodes.some((n) => n.op === 'Softmax' && n.domain === 't2c')).toBe(true);
});

test('tokens that are padding mask themselves', async () => {
  const s: ModelSketch = {
    inputs: { ids: [1, L] },
    inputTypes: { ids: 'int64' },
    outputs: 'y',
    constants: parts,
    nodes: [
      node('Gather', 'words ids', 'x'),
      node('Equal', 'ids none', 'e'),
      node('Reshape', 'e four', 'u'),
      ...attention([node('Where', 'u low s0', 's')]),
    ],
  };
  const { integer, sqnrDb } = await wholeWay(s, (i) => {
    const some = createRng(i + 1);
    return { ids: whole([1, L], ...Array.from({ length: L }, (_, j) => (j < 3 + (i % 4) ? some.int(1, 8) : 0))) };
  });
  expect(sqnrDb).toBeGreaterThan(25);
  expect(integer.inputs).toEqual(['ids']);
});

test('a ConvNeXt block with its downsampling', async () => {
  const C = 6;
  const layer = (x: string, y: string, axis: number, p: string): SketchNode[] => [
    node('ReduceMean', x, `${y}.m`, { axes: [axis] }),
    node('Sub', `${x} ${y}.m`, `${y}.d`),
    node('Pow', `${y}.d two`, `${y}.s`),
    node('ReduceMean', `${y}.s`, `${y}.v`, { axes: [axis] }),
    node('Add', `${y}.v eps`, `${y}.r`),
    node('Sqrt', `${y}.r`, `${y}.q`),
    node('Div', `${y}.d ${y}.q`, `${y}.n`),
    node('Mul', `${y}.n ${p}.g`, `${y}.p`),
    node('Add', `${y}.p ${p}.b`, y),
  ];
  const s: ModelSketch = {
    inputs: { x: [1, 3, 8, 8] },
    outputs: 'y',
    constants: {
      ...{ two: scalar(2), eps: scalar(1e-6), half: scalar(0.5), one: scalar(1), root2: scalar(Math.SQRT2) },
      ...{ stem: random(rng, [C, 3, 2, 2], 0.4), dw: random(rng, [C, 1, 3, 3], 0.3), down: random(rng, [8, C, 2, 2], 0.3) },
      ...{
        'a.g': random(rng, [C, 1, 1], 0.2, 1),
        'a.b': random(rng, [C, 1, 1], 0.2),
        'b.g': random(rng, [C], 0.2, 1),
        'b.b': random(rng, [C], 0.2),
      },
      ...{
        up: matrix(C, 24),
        bup: random(rng, [24], 0.2),
        pw: matrix(24, C),
        bpw: random(rng, [C], 0.2),
        gamma: random(rng, [C], 0.1, 0.5),
      },
    },
    nodes: [
      node('Conv', 'x stem', 'c0', { strides: [2, 2] }),
      ...layer('c0', 'n0', 1, 'a'),
      node('Conv', 'n0 dw', 'c1', { group: C, pads: [1, 1, 1, 1] }),
      node('Transpose', 'c1', 't1', { perm: [0, 2, 3, 1] }),
      ...layer('t1', 'n1', -1, 'b'),
      node('MatMul', 'n1 up', 'u0'),
      node('Add', 'u0 bup', 'u'),
      node('Div', 'u root2', 'e0'),
      node('Erf', 'e0', 'e1'),
      node('Add', 'e1 one', 'e2'),
      node('Mul', 'u e2', 'e3'),
      node('Mul', 'e3 half', 'g'),
      node('MatMul', 'g pw', 'd0'),
      node('Add', 'd0 bpw', 'd1'),
      node('Mul', 'd1 gamma', 'd2'),
      node('Transpose', 'd2', 'd3', { perm: [0, 3, 1, 2] }),
      node('Add', 'n0 d3', 'r'),
      ...layer('r', 'n2', 1, 'a'),
      node('Conv', 'n2 down', 'y', { strides: [2, 2] }),
    ],
  };
  const { sqnrDb, canonical } = await wholeWay(s);
  expect(sqnrDb).toBeGreaterThan(25);
  expect(canonical.model.graph.nodes.filter((n) => n.op === 'LayerNormalization')).toHaveLength(3);
});

test('attention of cosines with a scale per head, after Swin V2', async () => {
  const unit = (x: string, y: string): SketchNode[] => [
    node('ReduceL2', x, `${y}.l`, { axes: [-1], keepdims: 1 }),
    node('Clip', `${y}.l least`, `${y}.c`),
    node('Div', `${x} ${y}.c`, y),
  ];
  const turned = attention([node('Mul', 's0 perHead', 's1'), node('Add', 's1 bias', 's')]).map((n) =>
    n.out === 's00' ? { ...n, in: 'qu ku' } : n.out === 'k' ? { ...n, out: 'k2', attrs: { perm: [0, 2, 1, 3] } } : n,
  );
  const at = turned.findIndex((n) => n.out === 's00');
  const nodes = [
    ...turned.slice(0, at),
    ...unit('q', 'qu'),
    ...unit('k2', 'kn'),
    node('Transpose', 'kn', 'ku', { perm: [0, 1, 3, 2] }),
    ...turned.slice(at),
  ];
  const constants = {
    ...parts,
    least: scalar(1e-12),
    scale: scalar(1),
    perHead: { dtype: 'float32', shape: [N, 1, 1], data: Float32Array.of(8, 12) },
  } as const;
  const { sqnrDb } = await wholeWay({ inputs: { x: [1, L, H] }, outputs: 'y', constants, nodes });
  expect(sqnrDb).toBeGreaterThan(22);
});

test('a decoder block with rotary embeddings, RMS norms, a class token, tied weights', async () => {
  const angle = Float32Array.from({ length: L * 8 }, (_, i) => Math.floor(i / 8) / 10 ** ((i % 4) / 2));
  const wave = (f: (x: number) => number): Tensor => ({ dtype: 'float32', shape: [1, 1, L, 8], data: angle.map(f) });
  const rotated = (x: string, y: string): SketchNode[] => [
    node('Slice', `${x} i0 i4 i3`, `${y}.a`),
    node('Slice', `${x} i4 i8 i3`, `${y}.b`),
    node('Neg', `${y}.b`, `${y}.n`),
    node('Concat', `${y}.n ${y}.a`, `${y}.t`, { axis: -1 }),
    node('Mul', `${x} cos`, `${y}.c`),
    node('Mul', `${y}.t sin`, `${y}.s`),
    node('Add', `${y}.c ${y}.s`, y),
  ];
  const rms = (x: string, y: string): SketchNode[] => [
    node('Mul', `${x} ${x}`, `${y}.s`),
    node('ReduceMean', `${y}.s`, `${y}.m`, { axes: [-1] }),
    node('Add', `${y}.m eps`, `${y}.e`),
    node('Pow', `${y}.e minus`, `${y}.i`),
    node('Mul', `${x} ${y}.i`, `${y}.n`),
    node('Mul', `${y}.n gain`, y),
  ];
  const block = attention([node('Add', 's0 causal', 's')]).map((n) => (n.out === 's00' ? { ...n, in: 'qr kr' } : n));
  const turned = block
    .map((n) => (n.out === 'k' ? { ...n, out: 'k2', attrs: { perm: [0, 2, 1, 3] } } : n))
    .map((n) => (n.out === 'y' ? { ...n, out: 'a' } : n));
  const at = turned.findIndex((n) => n.out === 's00');
  const s: ModelSketch = {
    inputs: { ids: [1, L - 1] },
    inputTypes: { ids: 'int64' },
    outputs: 'y',
    constants: {
      ...parts,
      ...{
        eps: scalar(1e-5),
        minus: scalar(-0.5),
        gain: random(rng, [H], 0.2, 1),
        cls: random(rng, [1, 1, H]),
        batch: whole([3], 1, 1, H),
      },
      ...{
        i0: whole([1], 0),
        i3: whole([1], 3),
        i4: whole([1], 4),
        i8: whole([1], 8),
        cos: wave(Math.cos),
        sin: wave(Math.sin),
        end: whole([1], L),
        i1: whole([1], 1),
      },
      places: random(rng, [1, 9, H], 0.3),
    },
    nodes: [
      node('Gather', 'words ids', 'w'),
      node('Expand', 'cls batch', 'token'),
      node('Concat', 'token w', 'h0', { axis: 1 }),
      node('Slice', 'places i0 end i1', 'place'),
      node('Add', 'h0 place', 'h'),
      ...rms('h', 'x'),
      ...turned.slice(0, at),
      ...rotated('q', 'qr'),
      ...rotated('k2', 'kt'),
      node('Transpose', 'kt', 'kr', { perm: [0, 1, 3, 2] }),
      ...turned.slice(at),
      node('Add', 'h a', 'h2'),
      ...rms('h2', 'z'),
      node('Transpose', 'words', 'tied', { perm: [1, 0] }),
      node('MatMul', 'z tied', 'y'),
    ],
  };
  const { sqnrDb, integer } = await wholeWay(s, (i) => {
    const some = createRng(i + 1);
    return { ids: whole([1, L - 1], ...Array.from({ length: L - 1 }, () => some.int(0, 8))) };
  });
  expect(sqnrDb).toBeGreaterThan(22);
  expect(integer.ops.filter((o) => o.kind === 'layernorm' && o.layernorm.rms)).toHaveLength(2);
});
