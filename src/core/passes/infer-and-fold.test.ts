import { describe, expect, test } from 'vitest';
import { quietContext, type Warning } from '../base/context';
import { createRng } from '../base/rng';
import { StudioError } from '../base/errors';
import type { ValueName } from '../ir/model';
import { canonicalise } from './canonical';
import {
  canonical,
  floats,
  ints,
  interpret,
  largestError,
  modelOf,
  ops,
  random,
  randomInputs,
  relativeError,
  scalar,
  type ModelSketch,
} from './sketch.fixture';

const rng = createRng(9);

async function failure(work: Promise<unknown>): Promise<StudioError> {
  const e = await work.then(
    () => undefined,
    (cause: unknown) => cause,
  );
  expect(e).toBeInstanceOf(StudioError);
  return e as StudioError;
}

test('the shape arithmetic of a dynamic batch vanishes, whatever form its constants have', async () => {
  const s: ModelSketch = {
    inputs: { x: ['batch', 3, 4, 4] },
    outputs: 'y',
    constants: { w: random(rng, [6, 3, 1, 1]), token: random(rng, [1, 1, 6]) },
    nodes: [
      { op: 'Conv', in: 'x w', out: 'c' },
      { op: 'Shape', in: 'c', out: 's' },
      { op: 'Constant', in: '', out: 'zero', attrs: { value_int: 0 } },
      { op: 'Constant', in: '', out: 'axes', attrs: { value_ints: [0] } },
      { op: 'Constant', in: '', out: 'rest', attrs: { value: { tensor: ints(6, -1) } } },
      { op: 'Gather', in: 's zero', out: 'n' },
      { op: 'Unsqueeze', in: 'n axes', out: 'n1' },
      { op: 'Concat', in: 'n1 rest', out: 'shape', attrs: { axis: 0 } },
      { op: 'Reshape', in: 'c shape', out: 'r' },
      { op: 'Transpose', in: 'r', out: 't', attrs: { perm: [0, 2, 1] } },
      { op: 'Constant', in: '', out: 'ones', attrs: { value: { tensor: ints(1, 1) } } },
      { op: 'Concat', in: 'n1 ones', out: 'full', attrs: { axis: 0 } },
      { op: 'Expand', in: 'token full', out: 'e' },
      { op: 'Concat', in: 'e t', out: 'y', attrs: { axis: 1 } },
    ],
  };
  const c = await canonical(s);
  expect(ops(c)).toEqual(['Conv', 'Reshape', 'Transpose', 'Concat']);
  expect(c.model.graph.values.get('y' as ValueName)?.shape).toEqual([1, 17, 6]);
  expect([...c.model.graph.values.values()].every((v) => v.shape?.every((d) => typeof d === 'number'))).toBe(true);
  expect(largestError(modelOf(s), c)).toBeLessThan(1e-6);
});

test('Shape with start and end, and Size', async () => {
  const c = await canonical({
    opset: 15,
    inputs: { x: ['n', 3, 8] },
    outputs: 'y',
    nodes: [
      { op: 'Shape', in: 'x', out: 's', attrs: { start: 1, end: -1 } },
      { op: 'Size', in: 'x', out: 'z' },
      { op: 'Cast', in: 's', out: 'f', attrs: { to: 1 } },
      { op: 'Cast', in: 'z', out: 'g', attrs: { to: 1 } },
      { op: 'Mul', in: 'x f', out: 'a' },
      { op: 'Add', in: 'a g', out: 'y' },
    ],
  });
  expect(ops(c)).toEqual(['Mul', 'Add']);
  expect([...(c.constants('f' as ValueName)?.data as Float32Array)]).toEqual([3]);
  expect([...(c.constants('g' as ValueName)?.data as Float32Array)]).toEqual([24]);
});

test('weights that are made from constants are constants: dequantized, transposed, cast, through Identity', async () => {
  const s: ModelSketch = {
    inputs: { x: [1, 4] },
    outputs: 'y',
    constants: {
      q: { dtype: 'int8', shape: [3, 4], data: Int8Array.from([1, -2, 3, 4, 5, -6, 7, 8, 9, -10, 11, 12]) },
      scale: scalar(0.25),
      zero: { dtype: 'int8', shape: [], data: Int8Array.of(1) },
    },
    nodes: [
      { op: 'DequantizeLinear', in: 'q scale zero', out: 'd' },
      { op: 'Identity', in: 'd', out: 'i' },
      { op: 'Transpose', in: 'i', out: 't', attrs: { perm: [1, 0] } },
      { op: 'MatMul', in: 'x t', out: 'y' },
    ],
  };
  const c = await canonical(s);
  expect(ops(c)).toEqual(['MatMul']);
  expect(largestError(modelOf(s), c)).toBeLessThan(1e-6);
});

test('float16 and double models are float32 ones; Casts between floats are gone', async () => {
  const half: ModelSketch = {
    inputs: { x: [1, 4] },
    inputTypes: { x: 'float16' },
    outputs: 'y',
    constants: {
      w: { dtype: 'float16', shape: [4, 4], data: Float32Array.from({ length: 16 }, (_, i) => i / 8 - 1) },
      d: { dtype: 'float64', shape: [4], data: Float64Array.of(1, 2, -1e300, 4) },
    },
    nodes: [
      { op: 'MatMul', in: 'x w', out: 'p' },
      { op: 'Cast', in: 'p', out: 'p64', attrs: { to: 11 } },
      { op: 'Add', in: 'p64 d', out: 's' },
      { op: 'Cast', in: 's', out: 'y', attrs: { to: 10 } },
    ],
  };
  const c = await canonical(half);
  expect(ops(c)).toEqual(['t2c:MatMul']);
  const { graph } = c.model;
  expect([...graph.values.values(), ...graph.inputs, ...graph.outputs].map((v) => v.dtype)).toEqual(Array(4).fill('float32'));
  for (const name of graph.initializers.keys()) expect(c.constants(name)?.dtype).toBe('float32');
  // beyond float32 is the largest float32, not infinity
  expect((c.constants('d' as ValueName)?.data as Float32Array)[2]).toBeCloseTo(-3.4028234663852886e38, -30);
  const inputs = randomInputs(c);
  const [before, after] = [interpret(modelOf({ ...half, inputTypes: {} }), inputs).get('p'), interpret(c.model, inputs).get('y')];
  expect((after?.data as Float32Array)[1]).toBeCloseTo(((before?.data as Float32Array)[1] as number) + 2, 5);
});

test('shape arithmetic in double keeps its precision', async () => {
  const double = (v: number) => ({ tensor: { dtype: 'float64', shape: [], data: Float64Array.of(v) } }) as const;
  const c = await canonical({
    inputs: { x: [1, 49] },
    outputs: 'y',
    nodes: [
      { op: 'Size', in: 'x', out: 's' },
      { op: 'Cast', in: 's', out: 'd', attrs: { to: 11 } },
      { op: 'Constant', in: '', out: 'big', attrs: { value: double(2 ** 40) } },
      { op: 'Add', in: 'd big', out: 'm' },
      { op: 'Sub', in: 'm big', out: 'n' },
      { op: 'Cast', in: 'n', out: 'f', attrs: { to: 1 } },
      { op: 'Add', in: 'x f', out: 'y' },
    ],
  });
  // in float32 it would be 0
  expect(c.constants('f' as ValueName)?.data).toEqual(Float32Array.of(49));
});

describe('what cannot be opened says why', () => {
  const x = { inputs: { x: [1, 3] }, outputs: 'y' } as const;

  test('operators that are not known, all of them and their domains', async () => {
    const e = await failure(
      canonical({
        ...x,
        nodes: [
          { op: 'Frobnicate', domain: 'com.example', name: 'odd', in: 'x', out: 'a' },
          { op: 'Wobble', in: 'a', out: 'y' },
        ],
      }),
    );
    expect(e.code).toBe('unsupported-operator');
    expect(e.message).toContain('Frobnicate (com.example), Wobble (ai.onnx 13)');
    expect(e.fields.where).toMatchObject({ node: 'odd', op: 'Frobnicate' });
  });

  test('shapes that contradict each other name the node', async () => {
    const e = await failure(
      canonical({ ...x, constants: { w: random(rng, [4, 2]) }, nodes: [{ op: 'MatMul', name: 'mm', in: 'x w', out: 'y' }] }),
    );
    expect(e.code).toBe('bad-shape');
    expect(e.fields.where?.node).toBe('mm');
  });

  test('a shape that depends on data', async () => {
    const e = await failure(
      canonical({
        ...x,
        nodes: [
          { op: 'Cast', in: 'x', out: 's', attrs: { to: 7 } },
          { op: 'Reshape', name: 'free', in: 'x s', out: 'y' },
        ],
      }),
    );
    expect(e.code).toBe('dynamic-shape');
    expect(e.fields.where?.node).toBe('free');
  });

  test('outputs that are constant leave with a warning; none that depends on the input is an error', async () => {
    const warnings: Warning[] = [];
    const s: ModelSketch = { ...x, outputs: 'y k', constants: { k: floats([2], [1, 2]) }, nodes: [{ op: 'Relu', in: 'x', out: 'y' }] };
    const c = await canonical(s, {}, warnings);
    expect(c.model.graph.outputs.map((o) => o.name)).toEqual(['y']);
    expect(warnings.map((w) => w.code)).toEqual(['constant-output']);
    expect((await failure(canonical({ ...s, outputs: 'k' }))).code).toBe('bad-graph');
  });
});

test('passes do not change the model that they are given, and their names are its provenance', async () => {
  const model = modelOf({
    inputs: { x: ['n', 3, 4, 4] },
    outputs: 'y',
    constants: { w: random(rng, [3, 3, 1, 1]), t: random(rng, [3, 1, 1]) },
    nodes: [
      { op: 'Conv', in: 'x w', out: 'c' },
      { op: 'Mul', in: 'c t', out: 'd' },
      { op: 'Identity', in: 'd', out: 'y' },
    ],
  });
  const before = structuredClone(model);
  const progress: number[] = [];
  const ctx = { ...quietContext(), progress: (p: { done: number; total: number }) => void progress.push(p.done / p.total) };
  const c = await canonicalise(model, {}, ctx);
  expect(model).toEqual(before);
  expect(c.model.provenance.slice(0, 4)).toEqual(['decode-constants', 'check-finite', 'split-gemm', 'split-einsum']);
  expect(c.model.provenance.at(-1)).toBe('drop-dead');
  expect(progress).toEqual(progress.toSorted((a, b) => a - b));
  expect(progress.at(-1)).toBe(1);
  expect(relativeError(floats([1], [1]), floats([1], [1.5]))).toBe(0.5);
});

test('nodes and constants that no output needs are dropped, inputs stay', async () => {
  const c = await canonical({
    inputs: { x: [1, 3], unused: [1, 2] },
    outputs: 'y',
    constants: { w: random(rng, [3, 3]), stray: random(rng, [3]) },
    nodes: [
      { op: 'MatMul', in: 'x w', out: 'dead' },
      { op: 'Tanh', in: 'dead', out: 'deader' },
      { op: 'Relu', in: 'x', out: 'y' },
    ],
  });
  expect(ops(c)).toEqual(['Relu']);
  expect([...c.model.graph.initializers.keys()]).toEqual([]);
  expect([...c.model.graph.values.keys()].toSorted()).toEqual(['unused', 'x', 'y']);
});
