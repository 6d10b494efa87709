import { describe, expect, test } from 'vitest';
import { nodeRunner } from '../../adapters/onnxruntime/node';
import { quietContext } from '../base/context';
import { createRng, type Rng } from '../base/rng';
import { calibrationOf, canonicalModel, type Sketch } from '../integer/canonical.fixture';
import { execute } from '../integer/execute';
import { lower } from '../integer/lower';
import { planQuantization } from '../integer/make-plan';
import { quantizeInputs } from '../integer/quantize-inputs';
import type { IntegerModel, IntTensor, QuantInfo } from '../ir/integer-model';
import type { CanonicalModel, Model, ValueName } from '../ir/model';
import { sizeOf } from '../ir/tensor';
import { readModel } from '../onnx/read';
import { decodeTensor } from '../onnx/tensor-data';
import { writeModel } from '../onnx/write';
import { observedValues } from '../calibrate/observed-values';
import { dequantizeAffine, fakeQuantizeAffine, quantizeAffine } from '../quant/affine';
import { defaultRecipe, type Recipe } from '../recipe/recipe';
import { textSketch } from './nonlinear-bundle.fixture';
import { qdqModel } from './qdq';
import { QdqGraph } from './qdq-graph';
import { differences, fakeValues, firstDifference, opsOf, runBytes, type Named } from './qdq.fixture';

const runtime = nodeRunner();
const rng = createRng(31);
const normals = (n: number, scale = 1, r: Rng = rng): number[] => Array.from({ length: n }, () => Math.fround(r.normal() * scale));

function quantizer(bits: number, signed: boolean, scale: number, zeroPoint: number, lo: number, hi: number): QuantInfo {
  return { bits, signed, scale: Float32Array.of(scale), axis: undefined, zeroPoint, lo, hi };
}

/** Random and extreme values, every tie between two integers of the grid, and the floats on both sides of it. */
function hardValues(q: QuantInfo, r: Rng): Float32Array {
  const s = q.scale[0] as number;
  const out = [0, -0, 3.4e38, -3.4e38, 1e-45, -1e-45, s * (q.hi - q.zeroPoint), s * (q.lo - q.zeroPoint)];
  const step = Math.max(1, Math.floor((q.hi - q.lo) / 400));
  for (let k = q.lo - 2; k <= q.hi + 2; k += step) {
    const tie = Math.fround((k - q.zeroPoint + 0.5) * s);
    const bits = new Int32Array(Float32Array.of(tie).buffer);
    out.push(tie, new Float32Array(Int32Array.of((bits[0] as number) + 1).buffer)[0] as number);
    out.push(new Float32Array(Int32Array.of((bits[0] as number) - 1).buffer)[0] as number);
  }
  for (let i = 0; i < 400; i++) out.push(r.normal() * s * (q.hi - q.lo) * 0.5);
  return Float32Array.from(out.filter((v) => Number.isFinite(Math.fround(v))));
}

test.each([false, true])(
  'Q/DQ in the file equals fakeQuantizeAffine bit for bit on ties and extremes, unsigned only: %s',
  async (unsignedOnly) => {
    const own = unsignedOnly ? createRng(32) : rng;
    const quantizers: QuantInfo[] = [];
    for (let bits = 2; bits <= 16; bits++) {
      const top = 2 ** bits - 1;
      const half = 2 ** (bits - 1);
      for (const scale of [0.017, 1, 2 ** -20, 3.1e20, 1.2e-38].map(Math.fround)) {
        quantizers.push(quantizer(bits, false, scale, 0, 0, top));
        quantizers.push(quantizer(bits, false, scale, Math.floor(top / 3), 0, top));
        quantizers.push(quantizer(bits, true, scale, 0, -half, half - 1));
        quantizers.push(quantizer(bits, true, scale, 0, -half + 1, half - 1));
      }
    }
    const inputs = quantizers.map((q, i) => ({ name: `x${i}` as ValueName, data: hardValues(q, own) }));
    const outputs = quantizers.map((_, i) => `y${i}` as ValueName);
    const graph = new QdqGraph([...inputs.map((x) => x.name), ...outputs], unsignedOnly);
    quantizers.forEach((q, i) => graph.fakeQuantize(`x${i}` as ValueName, `y${i}` as ValueName, q));
    const info = (name: ValueName, n: number) => ({ name, dtype: 'float32', shape: [n] }) as const;
    const model: Model = {
      name: '',
      irVersion: 7,
      opsets: { '': 13 },
      producer: '',
      graph: {
        name: 'g',
        nodes: graph.nodes,
        inputs: inputs.map((x) => info(x.name, x.data.length)),
        outputs: outputs.map((y, i) => info(y, inputs[i]?.data.length ?? 0)),
        initializers: graph.initializers,
        values: new Map(),
      },
      provenance: [],
    };
    const feeds = inputs.map(({ name, data }): Named => ({ name, dtype: 'float32', shape: [data.length], data }));
    const results = await runBytes(runtime, writeModel(model), feeds, outputs);
    quantizers.forEach((q, i) => {
      const want = fakeQuantizeAffine(inputs[i]?.data ?? new Float32Array(), q);
      expect(firstDifference(results[i]?.data ?? new Float32Array(), want), JSON.stringify(q)).toBeUndefined();
    });
  },
);

interface Case {
  readonly sketch: Sketch;
  readonly recipe?: Partial<Recipe>;
  /** Operators that must be in the file, in order. */
  readonly ops?: readonly string[];
}

const conv = (x: string, y: string, k: string, attrs: Record<string, number | readonly number[]> = {}) =>
  ({ op: 'Conv', inputs: [x, `${k}.w`, `${k}.b`], outputs: [y], attrs: { pads: [1, 1, 1, 1], ...attrs } }) as const;
const relu = { lo: 0, hi: Infinity, op: 'Relu' };
const kernel = (out: number, inside: number) => ({ shape: [out, inside, 3, 3], data: normals(out * inside * 9, 0.3) });
const bias = (n: number) => ({ shape: [n], data: normals(n, 0.2) });

const residual: Sketch = {
  nodes: [
    { ...conv('x', 'a', 'c1'), clamp: relu },
    { ...conv('a', 'b', 'c2', { group: 2 }), clamp: { lo: 0, hi: 6, op: 'Clip' } },
    { op: 'Add', inputs: ['b', 'a'], outputs: ['s'], clamp: relu },
    { op: 'MaxPool', inputs: ['s'], outputs: ['m'], attrs: { kernel_shape: [2, 2], strides: [2, 2] } },
    { op: 'GlobalAveragePool', inputs: ['m'], outputs: ['g'] },
    { op: 'Flatten', inputs: ['g'], outputs: ['f'] },
    { op: 'Gemm', inputs: ['f', 'fc.w', 'fc.b'], outputs: ['y'], attrs: { transB: 1 } },
  ],
  inputs: ['x'],
  outputs: ['y'],
  shapes: { x: [1, 3, 8, 8], a: [1, 4, 8, 8], b: [1, 4, 8, 8], s: [1, 4, 8, 8], m: [1, 4, 4, 4], g: [1, 4, 1, 1], f: [1, 4], y: [1, 5] },
  constants: {
    'c1.w': kernel(4, 3),
    'c1.b': bias(4),
    'c2.w': kernel(4, 2),
    'c2.b': bias(4),
    'fc.w': { shape: [5, 4], data: normals(20) },
    'fc.b': bias(5),
  },
};

const attention: Sketch = {
  nodes: [
    { op: 'MatMul', domain: 't2c', inputs: ['x', 'q.w', 'q.b'], outputs: ['q'] },
    { op: 'Transpose', inputs: ['q'], outputs: ['qt'], attrs: { perm: [0, 2, 1] } },
    { op: 'MatMul', inputs: ['q', 'qt'], outputs: ['qk'] },
    { op: 'Softmax', inputs: ['qk'], outputs: ['p'], attrs: { axis: 2 } },
    { op: 'MatMul', inputs: ['p', 'q'], outputs: ['v'] },
    { op: 'Mul', inputs: ['v', 'scale'], outputs: ['vs'] },
    { op: 'Add', inputs: ['vs', 'pos'], outputs: ['r'] },
    { op: 'Sigmoid', inputs: ['r'], outputs: ['g'] },
    { op: 'Concat', inputs: ['g', 'r', 'const'], outputs: ['c'], attrs: { axis: 1 } },
    { op: 'ReduceMean', inputs: ['c'], outputs: ['y'], attrs: { axes: [1], keepdims: 0 } },
  ],
  inputs: ['x'],
  outputs: ['y'],
  shapes: {
    x: [1, 6, 8],
    q: [1, 6, 8],
    qt: [1, 8, 6],
    qk: [1, 6, 6],
    p: [1, 6, 6],
    v: [1, 6, 8],
    vs: [1, 6, 8],
    r: [1, 6, 8],
    g: [1, 6, 8],
    c: [1, 13, 8],
    y: [1, 8],
  },
  constants: {
    'q.w': { shape: [8, 8], data: normals(64, 0.4) },
    'q.b': bias(8),
    scale: { shape: [8], data: normals(8) },
    pos: { shape: [6, 8], data: normals(48) },
    const: { shape: [1, 1, 8], data: normals(8) },
  },
};

const movers: Sketch = {
  nodes: [
    { op: 'Pad', inputs: ['x', 'pads', 'fill'], outputs: ['p'] },
    { op: 'Slice', inputs: ['p', 'starts', 'ends', 'axes'], outputs: ['s'] },
    { op: 'Split', inputs: ['s', 'parts'], outputs: ['s1', 's2'], attrs: { axis: 1 } },
    { op: 'Sub', inputs: ['s1', 's2'], outputs: ['d'] },
    { op: 'LeakyRelu', inputs: ['d'], outputs: ['l'], attrs: { alpha: '0.1' } },
    { op: 'Unsqueeze', inputs: ['l', 'axes'], outputs: ['u'] },
    { op: 'Div', inputs: ['u', 'seven'], outputs: ['y'] },
  ],
  inputs: ['x'],
  outputs: ['y'],
  shapes: { x: [1, 4], p: [1, 7], s: [1, 6], s1: [1, 2], s2: [1, 4 - 2], d: [1, 2], l: [1, 2], u: [1, 1, 2], y: [1, 1, 2] },
  constants: {
    pads: { shape: [4], data: [0, 1, 0, 2], ints: true },
    fill: { shape: [], data: [0.5] },
    starts: { shape: [1], data: [1], ints: true },
    ends: { shape: [1], data: [5], ints: true },
    axes: { shape: [1], data: [1], ints: true },
    parts: { shape: [2], data: [2, 2], ints: true },
    seven: { shape: [], data: [7] },
  },
};

const cases: Readonly<Record<string, Case>> = {
  'a residual block': {
    sketch: residual,
    ops: [
      'QuantizeLinear',
      'DequantizeLinear',
      'DequantizeLinear',
      'DequantizeLinear',
      'Conv',
      'Relu',
      'QuantizeLinear',
      'DequantizeLinear',
    ],
  },
  'a residual block of 4 bits, residual stream of 12': {
    sketch: residual,
    recipe: { weights: { ...defaultRecipe.weights, bits: 4 }, activations: { ...defaultRecipe.activations, bits: 4 }, residualBits: 12 },
  },
  'a residual block with symmetric activations': {
    sketch: residual,
    recipe: { activations: { ...defaultRecipe.activations, symmetric: true } },
  },
  attention: { sketch: attention },
  'attention with a stream of 16 bits': { sketch: attention, recipe: { residualBits: 16 } },
  'what only moves': { sketch: movers },
  'a text model: tokens, an embedding, masked attention, both layer normalizations': { sketch: textSketch },
  'attention whose products divide': { sketch: attention, recipe: { nonlinear: { ...defaultRecipe.nonlinear, softmax: 'deferred' } } },
  'a text model whose products divide': { sketch: textSketch, recipe: { nonlinear: { ...defaultRecipe.nonlinear, softmax: 'deferred' } } },
};

/** Values of the float model by ONNX Runtime, from the canonical model without quantizers. */
async function floatRanges(c: CanonicalModel, feeds: readonly Named[]): Promise<Record<string, readonly [number, number]>> {
  const bare = qdqModel(
    c,
    { activations: new Map(), operands: new Map(), weights: new Map(), whole: new Map(), deferred: new Set(), islands: new Map() },
    defaultRecipe,
  );
  const names = observedValues(c);
  const inputs = new Set(feeds.map((f) => f.name));
  const asked = names.filter((n) => !inputs.has(n));
  const tensors = [...feeds, ...(await runBytes(runtime, bare, feeds, asked))];
  return Object.fromEntries(
    names.map((n) => {
      const data = tensors.find((t) => t.name === n)?.data as Float32Array;
      return [n, [Math.min(...data), Math.max(...data)] as const];
    }),
  );
}

function feedsFor(c: CanonicalModel, scale: number): Named[] {
  return c.model.graph.inputs.map(({ name, shape, dtype }) => {
    const extents = shape as readonly number[];
    if (dtype === 'int64') {
      const most = name === 'ids' ? 299 : 1;
      return {
        name,
        dtype,
        shape: extents,
        data: BigInt64Array.from({ length: sizeOf(extents) }, (_, i) => BigInt(i === 0 ? 1 : rng.int(0, most))),
      };
    }
    return { name, dtype: 'float32', shape: extents, data: Float32Array.from(normals(sizeOf(extents), scale)) };
  });
}

async function converted({ sketch, recipe }: Case) {
  const c = canonicalModel(sketch);
  const whole: Recipe = { ...defaultRecipe, ...recipe };
  const ranges = await floatRanges(c, feedsFor(c, 1));
  const plan = await planQuantization(c, calibrationOf(ranges), whole, quietContext());
  return { c, plan, recipe: whole, integer: lower(c, plan, whole, quietContext()), bytes: qdqModel(c, plan, whole) };
}

describe.each(Object.entries(cases))('%s', (_, given) => {
  test('every value lies on its grid, and every op is within the dual-path law of the integer one', async () => {
    const { c, plan, integer, bytes } = await converted(given);
    for (const scale of [1, 3]) {
      const feeds = feedsFor(c, scale);
      const fake = await fakeValues(runtime, c, plan, bytes, feeds);
      for (const [name, q] of plan.activations) {
        const got = fake.get(name) as Float32Array;
        expect(firstDifference(got, fakeQuantizeAffine(got, q)), name).toBeUndefined();
      }
      const whole = [...(await run(integer, feeds))].filter(([name]) => integer.values.get(name)?.whole);
      const found = await differences(integer, fake, new Map(whole));
      expect(found.length).toBeGreaterThan(0);
      for (const d of found) expect(d.worst, `${d.op} ${d.value}`).toBeLessThanOrEqual(d.limit);
    }
  });

  test('end to end the outputs are those of the exact executor, up to a few units', async () => {
    const { c, plan, integer, bytes } = await converted(given);
    const feeds = feedsFor(c, 1);
    const fake = await fakeValues(runtime, c, plan, bytes, feeds);
    const exact = await executed(integer, feeds);
    for (const name of integer.outputs) {
      const want = exact.get(name) as Float32Array;
      const got = fake.get(name) as Float32Array;
      const power = want.reduce((s, v) => s + v * v, 0);
      const error = want.reduce((s, v, i) => s + (v - (got[i] as number)) ** 2, 0);
      expect(Math.sqrt(error / power)).toBeLessThan(given.recipe?.activations?.bits === 4 ? 0.2 : 0.05);
    }
  });

  test('the file says what is in it', async () => {
    const { c, plan, integer, bytes } = await converted(given);
    const m = readModel(bytes, 'qdq.onnx');
    expect(m.opsets['']).toBe(13);
    expect(Object.keys(m.opsets)).toEqual(['']);
    if (given.ops) expect(opsOf(m).slice(0, given.ops.length)).toEqual(given.ops);
    for (const node of c.model.graph.nodes) {
      const planned = plan.weights.get(node.id);
      if (!planned) continue;
      const stored = [...m.graph.initializers.values()].filter((t) => t.name.startsWith(`${node.inputs[1]}_quantized`)).map(decodeTensor);
      expect(stored.map((t) => [t.dtype, t.shape, [...(t.data as Int8Array)]])).toContainEqual([
        'int8',
        planned.shape,
        [...(planned.data as Int8Array)],
      ]);
    }
    // the biases are those of the integer model
    for (const { data, name } of integer.constants.values()) {
      if (!name.endsWith('_bias')) continue;
      const stored = [...m.graph.initializers.values()].filter((t) => t.dtype === 'int32').map(decodeTensor);
      expect(stored.map((t) => [...(t.data as Int32Array)])).toContainEqual([...(data as Int32Array)]);
    }
    for (const node of c.model.graph.nodes) {
      node.inputs.forEach((name, i) => {
        const q = plan.operands.get(node.id)?.[i];
        const constant = name && c.constants(name);
        if (!q || !constant) return;
        const stored = [...m.graph.initializers.values()].filter((t) => t.name.startsWith(`${name}_quantized`)).map(decodeTensor);
        const want = quantizeAffine(constant.data as Float32Array, q).map((v) => (q.bits > 8 ? v - q.zeroPoint : v));
        expect(stored.map((t) => [...(t.data as Int32Array)])).toContainEqual([...want]);
      });
    }
    expect(m.graph.outputs.map((o) => o.name)).toEqual(c.model.graph.outputs.map((o) => o.name));
  });
});

function run(integer: IntegerModel, feeds: readonly Named[]): Promise<ReadonlyMap<string, IntTensor>> {
  const inputs = new Map(feeds.map((f) => [f.name, { dtype: f.dtype, shape: f.shape, data: f.data }] as const));
  return execute(integer, quantizeInputs(integer, { id: 'sample', inputs } as never), { keep: 'all' }, quietContext());
}

async function executed(integer: IntegerModel, feeds: readonly Named[]): Promise<Map<string, Float32Array>> {
  const all = await run(integer, feeds);
  const out = new Map<string, Float32Array>();
  for (const [name, t] of all) {
    const q = integer.values.get(name)?.quant;
    if (q) out.set(name, dequantizeAffine(t.data as Int32Array, q));
  }
  return out;
}
