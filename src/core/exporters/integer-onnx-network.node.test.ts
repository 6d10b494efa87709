import { describe, expect, test } from 'vitest';
import { nodeRunner } from '../../adapters/onnxruntime/node';
import type { NamedTensor } from '../../engine/ports';
import { quietContext } from '../base/context';
import { createRng } from '../base/rng';
import { calibrationOf, canonicalModel, type Sketch } from '../integer/canonical.fixture';
import { lower } from '../integer/lower';
import { planQuantization } from '../integer/make-plan';
import type { IntegerModel, QuantInfo } from '../ir/integer-model';
import { onnx } from '../onnx/oracle.fixture';
import { readModel } from '../onnx/read';
import { dequantizeAffine, quantizeAffine, smallestDType } from '../quant/affine';
import type { Recipe } from '../recipe/recipe';
import { parseRecipe } from '../recipe/validate';
import { integerOnnx } from './integer-onnx';
import { integerTensorNames } from './integer-onnx-graph';
import { compareWithExecutor, randomInputs } from './integer-onnx.fixture';
import { floatTensorsInside } from './integer-onnx-proof';

const rng = createRng(5);
const normals = (n: number, scale = 1): number[] => Array.from({ length: n }, () => Math.fround(rng.normal() * scale));
const relu = { lo: 0, hi: Infinity, op: 'Relu' };

const residual: Sketch = {
  nodes: [
    { op: 'Conv', inputs: ['x', 'w1', 'b1'], outputs: ['a'], attrs: { pads: [1, 1, 1, 1] }, clamp: relu },
    { op: 'Conv', inputs: ['a', 'w2'], outputs: ['b'], attrs: { pads: [1, 1, 1, 1], group: 4 } },
    { op: 'Add', inputs: ['b', 'a'], outputs: ['s'], clamp: relu },
    { op: 'MaxPool', inputs: ['s'], outputs: ['m'], attrs: { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] } },
    { op: 'AveragePool', inputs: ['m'], outputs: ['v'], attrs: { kernel_shape: [3, 3], pads: [1, 1, 1, 1] } },
    { op: 'GlobalAveragePool', inputs: ['v'], outputs: ['g'] },
    { op: 'Flatten', inputs: ['g'], outputs: ['f'] },
    { op: 'Gemm', inputs: ['f', 'fw', 'fb'], outputs: ['y'], attrs: { transB: 1 } },
  ],
  inputs: ['x'],
  outputs: ['y', 's'],
  shapes: {
    ...{ x: [1, 3, 8, 8], a: [1, 4, 8, 8], b: [1, 4, 8, 8], s: [1, 4, 8, 8] },
    ...{ m: [1, 4, 4, 4], v: [1, 4, 4, 4], g: [1, 4, 1, 1], f: [1, 4], y: [1, 5] },
  },
  constants: {
    w1: { shape: [4, 3, 3, 3], data: normals(108, 0.3) },
    b1: { shape: [4], data: normals(4) },
    w2: { shape: [4, 1, 3, 3], data: normals(36, 0.3) },
    fw: { shape: [5, 4], data: normals(20) },
    fb: { shape: [5], data: normals(5) },
  },
};
type Ranges = Readonly<Record<string, readonly [number, number]>>;

const residualRanges: Ranges = { x: [-1, 2], a: [0, 6], b: [-4, 5], s: [0, 9], v: [0, 9], g: [0, 7], y: [-8, 8] };

const attention: Sketch = {
  nodes: [
    { op: 'MatMul', domain: 't2c', inputs: ['x', 'qw', 'qb'], outputs: ['q'] },
    { op: 'Transpose', inputs: ['q'], outputs: ['qt'], attrs: { perm: [0, 2, 1] } },
    { op: 'MatMul', inputs: ['q', 'qt'], outputs: ['qk'] },
    { op: 'Gelu', inputs: ['qk'], outputs: ['p'] },
    { op: 'MatMul', inputs: ['p', 'q'], outputs: ['v'] },
    { op: 'Mul', inputs: ['v', 'scale'], outputs: ['vs'] },
    { op: 'Sub', inputs: ['vs', 'pos'], outputs: ['r'] },
    { op: 'Concat', inputs: ['q', 'r', 'const'], outputs: ['c'], attrs: { axis: 1 } },
    { op: 'Slice', inputs: ['c', 'one', 'end', 'one'], outputs: ['e'] },
    { op: 'ReduceMean', inputs: ['e'], outputs: ['y'], attrs: { axes: [1], keepdims: 0 } },
  ],
  inputs: ['x'],
  outputs: ['y', 'c'],
  shapes: {
    ...{ x: [1, 6, 8], q: [1, 6, 8], qt: [1, 8, 6], qk: [1, 6, 6], p: [1, 6, 6], v: [1, 6, 8] },
    ...{ vs: [1, 6, 8], r: [1, 6, 8], c: [1, 13, 8], e: [1, 12, 8], y: [1, 8] },
  },
  constants: {
    qw: { shape: [8, 8], data: normals(64, 0.4) },
    qb: { shape: [8], data: normals(8) },
    scale: { shape: [8], data: normals(8) },
    pos: { shape: [6, 8], data: normals(48) },
    const: { shape: [1, 1, 8], data: normals(8) },
    one: { shape: [1], data: [1], ints: true },
    end: { shape: [1], data: [2 ** 62], ints: true },
  },
};
const attentionRanges: Ranges = {
  x: [-3, 3],
  q: [-3, 4],
  qk: [-20, 30],
  p: [-0.2, 30],
  v: [-90, 99],
  vs: [-90, 99],
  r: [-90, 99],
  c: [-90, 99],
  y: [-40, 50],
};

async function convert(sketch: Sketch, ranges: Ranges, recipe: Recipe): Promise<IntegerModel> {
  const c = canonicalModel(sketch);
  const plan = await planQuantization(c, calibrationOf(ranges), recipe, quietContext());
  return lower(c, plan, recipe, quietContext());
}

const recipes: Readonly<Record<string, unknown>>[] = [
  {},
  { outputBits: 8 },
  { weights: { bits: 2 }, activations: { bits: 3 }, outputBits: 12 },
  { weights: { bits: 4 }, activations: { bits: 4, symmetric: true }, residualBits: 16 },
  { activations: { symmetric: true }, arithmetic: { rounding: 'half-even', multiplier: { kind: 'pow2' } } },
  { arithmetic: { rounding: 'half-even', multiplier: { kind: 'normalized', bits: 31 } }, residualBits: 12 },
  { arithmetic: { rounding: 'half-away', multiplier: { kind: 'qformat', swl: 32, sfl: 26 } } },
  { arithmetic: { rounding: 'floor', multiplier: { kind: 'normalized', bits: 8 } }, weights: { algorithm: 'minmax' } },
];

describe.each([
  ['a residual network', residual, residualRanges],
  ['a network with attention', attention, attentionRanges],
] as const)('%s', (_, sketch, ranges) => {
  test.each(recipes)('under %j: every tensor, and nothing but integers inside', async (recipe) => {
    const model = await convert(sketch, ranges, parseRecipe(recipe));
    expect(model.islands).toEqual([]);
    expect(floatTensorsInside(integerOnnx(model, 'm'))).toEqual([]);
    for (const seed of [1, 2]) await compareWithExecutor(model, randomInputs(model, createRng(seed)));
  });
});

test('the file keeps the names of the float model and says what is in it', async () => {
  const model = await convert(residual, residualRanges, parseRecipe({}));
  const { graph, opsets } = readModel(integerOnnx(model, 'residual'), 'm.onnx');
  const described = (v: (typeof graph.inputs)[number]) => [v.name, v.dtype, v.shape];
  expect(opsets).toEqual({ '': 13 });
  expect(graph.inputs.map(described)).toEqual([['x', 'float32', [1, 3, 8, 8]]]);
  expect(graph.outputs.map(described)).toEqual([
    ['y', 'float32', [1, 5]],
    ['s', 'float32', [1, 4, 8, 8]],
    ['y_int', 'int32', [1, 5]],
    ['s_int', 'int32', [1, 4, 8, 8]],
  ]);
  const names = integerTensorNames(model);
  const made = new Set<string>(graph.nodes.flatMap((n) => n.outputs));
  for (const name of model.values.keys()) expect(made.has(names.get(name) as string), name).toBe(true);
  const first = graph.nodes.map((n) => n.op);
  expect(first.slice(0, 4)).toEqual(['QuantizeLinear', 'ConvInteger', 'Add', 'Cast']);
});

test('numbers become integers at the border as the studio quantizes them, for every width, ties and extremes included', async () => {
  const runner = nodeRunner();
  for (let bits = 2; bits <= 16; bits++) {
    for (const [signed, narrow, z] of [
      [false, 0, 1],
      [true, 0, 0],
      [true, 1, -1],
      [false, 0, 0],
    ] as const) {
      const lo = signed ? -(2 ** (bits - 1)) + narrow : 0;
      const hi = signed ? 2 ** (bits - 1) - 1 : 2 ** bits - 1;
      const q: QuantInfo = { bits, signed, scale: Float32Array.of(0.017), axis: undefined, zeroPoint: z, lo, hi };
      const s = q.scale[0] as number;
      const data = Float32Array.from({ length: 1200 }, (_, i) =>
        i < 400
          ? (rng.int(lo - 3, hi + 3) - z + 0.5) * s
          : i < 800
            ? rng.normal() * s * hi
            : ([0, -0, 3e38, -3e38, 1e-45][i % 5] as number),
      );
      const value = { name: 'x', dtype: smallestDType(lo, hi), shape: [1200], quant: q };
      const model: IntegerModel = {
        arithmetic: parseRecipe({}).arithmetic,
        inputs: ['x'],
        outputs: ['x'],
        values: new Map([['x', value]]),
        constants: new Map(),
        ops: [],
        islands: [],
      };
      const feed: NamedTensor = { name: 'x', dtype: 'float32', shape: [1200], data };
      const bytes = integerOnnx(model, 'm');
      expect(floatTensorsInside(bytes)).toEqual([]);
      const session = await runner.load(bytes, { provider: 'wasm' });
      const [ints, real] = await session.run([feed], ['x_int', 'x_quantized']);
      await session.close();
      const want = quantizeAffine(data, q);
      expect(Array.from(ints?.data as Int32Array), JSON.stringify(q)).toEqual([...want]);
      expect(real?.data).toEqual(dequantizeAffine(want, q));
    }
  }
});

describe('float islands', () => {
  const left: Sketch = {
    inputs: ['x'],
    outputs: ['y'],
    shapes: { x: [2, 2], h: [2, 2], y: [2, 2] },
    constants: { w: { shape: [2, 2], data: [1, 2, 3, 4] } },
    nodes: [
      { op: 'MatMul', inputs: ['w', 'x'], outputs: ['h'] },
      { op: 'Relu', inputs: ['h'], outputs: ['y'] },
    ],
  };

  test('run in float between integers, are named in the file, and are found in it', async () => {
    // powers of two and whole numbers: float32 is exact here
    const model = await convert(left, { x: [0, 255], h: [0, 2040], y: [0, 2040] }, parseRecipe({}));
    expect(model.islands).toHaveLength(1);
    const bytes = integerOnnx(model, 'm');
    expect(floatTensorsInside(bytes)).toEqual(['x_dequantized', 'h_real', 'h_divided', 'h_rounded', 'h_cut']);
    const metadata = onnx.ModelProto.decode(bytes).metadataProps.map(({ key, value }) => [key, value]);
    expect(metadata).toContainEqual(['t2c.rounding', 'half-up']);
    expect(JSON.parse(metadata.find(([key]) => key === 't2c.islands')?.[1] ?? '')).toEqual([
      { node: 'node0', op: 'MatMul', reason: 'MatMul: its left operand is a constant', output: 'h' },
    ]);
    for (const seed of [1, 2, 3]) await compareWithExecutor(model, randomInputs(model, createRng(seed)));
  });

  test('keep what was fused into their operator', async () => {
    const sketch: Sketch = {
      ...left,
      nodes: [{ op: 'MatMul', inputs: ['x', 'w'], outputs: ['y'], clamp: { lo: 0, hi: 900, op: 'Clip' } }],
    };
    const recipe = parseRecipe({ layers: [{ match: 'matmul0', keep: 'float' }] });
    const model = await convert(sketch, { x: [-255, 255], y: [0, 2040] }, recipe);
    expect(model.islands).toMatchObject([{ reason: 'kept in float by the recipe' }]);
    for (const seed of [1, 2, 3]) await compareWithExecutor(model, randomInputs(model, createRng(seed)));
  });

  test('of an older operator set are written in the form of the file', async () => {
    const flattening: Sketch = {
      inputs: ['x'],
      outputs: ['y'],
      shapes: { x: [1, 2, 3], y: [1, 2, 3] },
      nodes: [{ op: 'LogSoftmax', inputs: ['x'], outputs: ['y'], attrs: { axis: 1 } }],
    };
    const c = canonicalModel(flattening);
    const old = { ...c, model: { ...c.model, opsets: { '': 11 } } };
    const recipe = parseRecipe({ outputBits: 8 });
    const plan = await planQuantization(old, calibrationOf({ x: [-4, 4], y: [-8, 0] }), recipe, quietContext());
    const model = lower(old, plan, recipe, quietContext());
    expect(model.islands).toHaveLength(1);
    await compareWithExecutor(model, randomInputs(model, createRng(8)));
  });
});
