/**
 * One operator, run by its family's rules and by ONNX Runtime: the oracle of the operator tests. Models are made by
 * onnx-proto, so nothing of ours writes or reads them. Law: shapes, types and integers are equal, floats within a tolerance.
 */
import onnxProto from 'onnx-proto';
import { expect } from 'vitest';
import { nodeRunner } from '../../adapters/onnxruntime/node';
import type { NamedTensor } from '../../engine/ports';
import { floatsToHalves } from '../base/half';
import type { Rng } from '../base/rng';
import type { AttrValue, Node, NodeId, ValueName } from '../ir/model';
import { sizeOf, type DType, type Tensor } from '../ir/tensor';
import { fromNumbers, isFloat, numbersOf } from './storage';
import { familyOf } from './registry';

const { onnx } = onnxProto;
const runner = nodeRunner();

/** TensorProto.DataType. */
const codes: Readonly<Record<DType, number>> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  string: 8,
  bool: 9,
  float16: 10,
  float64: 11,
  uint32: 12,
  uint64: 13,
  bfloat16: 16,
  uint4: 21,
  int4: 22,
};

/** A float attribute; a bare number is an int. */
export interface Float {
  readonly float: number;
}

export interface Sample {
  readonly op: string;
  readonly domain?: string;
  readonly opset?: number;
  readonly attrs?: Readonly<Record<string, number | string | Float | readonly number[] | { readonly floats: readonly number[] } | Tensor>>;
  readonly inputs: readonly (Tensor | undefined)[];
  /** How many outputs are asked for. */
  readonly outputs?: number;
  /** Relative to max(1, |expected|); 1e-5 unless told. */
  readonly tolerance?: number;
}

type Attribute = NonNullable<Sample['attrs']>[string];

function ours(a: Attribute): AttrValue {
  if (typeof a === 'number') return { type: 'int', value: a };
  if (typeof a === 'string') return { type: 'string', value: a };
  if ('float' in a) return { type: 'float', value: Math.fround(a.float) };
  if ('floats' in a) return { type: 'floats', value: a.floats.map(Math.fround) };
  if ('dtype' in a) return { type: 'tensor', value: { name: '', dtype: a.dtype, shape: a.shape, source: { kind: 'decoded', tensor: a } } };
  return { type: 'ints', value: a };
}

function theirs(name: string, a: Attribute): object {
  if (typeof a === 'number') return { name, type: 2, i: a };
  if (typeof a === 'string') return { name, type: 3, s: Uint8Array.from(a, (c) => c.charCodeAt(0)) };
  if ('float' in a) return { name, type: 1, f: a.float };
  if ('floats' in a) return { name, type: 6, floats: a.floats };
  if ('dtype' in a) return { name, type: 4, t: tensorProto('', a) };
  return { name, type: 7, ints: a };
}

/** Two 4-bit numbers a byte, the first one low. */
function packed(data: ArrayLike<number>): Uint8Array {
  const bytes = new Uint8Array(Math.ceil(data.length / 2));
  for (let i = 0; i < data.length; i++) bytes[i >> 1] = (bytes[i >> 1] as number) | (((data[i] as number) & 15) << (i % 2 === 0 ? 0 : 4));
  return bytes;
}

const isNibble = (t: Tensor): boolean => t.dtype === 'int4' || t.dtype === 'uint4';

function tensorProto(name: string, t: Tensor): object {
  const data = t.data as Float32Array; // any typed array: only its bytes are read
  const halves = t.dtype === 'float16' ? floatsToHalves(data) : data;
  const rawData = isNibble(t) ? packed(data) : new Uint8Array(halves.buffer, halves.byteOffset, halves.byteLength);
  return { name, dataType: codes[t.dtype], dims: t.shape, rawData };
}

/** 4-bit operands are initializers: the runtime takes no such feeds. */
function model(s: Sample, outputs: readonly string[]): Uint8Array {
  const named = s.inputs.map((t, i) => ({ name: t === undefined ? '' : `x${i}`, t }));
  const fed = named.filter((x): x is { name: string; t: Tensor } => x.t !== undefined);
  const info = (name: string, dtype: DType) => ({ name, type: { tensorType: { elemType: codes[dtype] } } });
  const graph = {
    name: 'g',
    node: [
      {
        name: 'n',
        opType: s.op,
        domain: s.domain ?? '',
        input: named.map((x) => x.name),
        output: outputs,
        attribute: Object.entries(s.attrs ?? {}).map(([name, a]) => theirs(name, a)),
      },
    ],
    input: fed.filter((x) => !isNibble(x.t)).map((x) => info(x.name, x.t.dtype)),
    initializer: fed.filter((x) => isNibble(x.t)).map((x) => tensorProto(x.name, x.t)),
    output: outputs.map((name) => ({ name })),
  };
  const opsetImport = [
    { domain: '', version: s.opset ?? 13 },
    { domain: 'com.microsoft', version: 1 },
  ];
  return onnx.ModelProto.encode(onnx.ModelProto.fromObject({ irVersion: 10, opsetImport, graph })).finish();
}

export function nodeOf(s: Sample): Node {
  return {
    id: 'n' as NodeId,
    op: s.op,
    domain: s.domain ?? '',
    inputs: s.inputs.map((t, i) => (t === undefined ? undefined : (`x${i}` as ValueName))),
    outputs: Array.from({ length: s.outputs ?? 1 }, (_, i) => `y${i}` as ValueName),
    attrs: Object.fromEntries(Object.entries(s.attrs ?? {}).map(([name, a]) => [name, ours(a)])),
    sources: ['n'],
  };
}

/** What the family says; its shape rule and its float rule must agree. */
export function evaluated(s: Sample): Tensor[] {
  const node = nodeOf(s);
  const family = familyOf(node.op, node.domain);
  if (!family?.evaluate) throw new Error(`${s.op} has no float rule`);
  const opset = node.domain === '' ? (s.opset ?? 13) : 1;
  const shapes = family.shape({ node, opset, inputs: s.inputs, constant: (i) => s.inputs[i] });
  const results = family.evaluate({ node, opset, inputs: s.inputs, outputs: shapes });
  results.forEach((t) => expect(t.data.length).toBe(sizeOf(t.shape)));
  expect(results.map(({ dtype, shape }) => ({ dtype, shape }))).toEqual(shapes);
  return results.slice(0, node.outputs.length);
}

async function runtime(s: Sample): Promise<NamedTensor[]> {
  const outputs = Array.from({ length: s.outputs ?? 1 }, (_, i) => `y${i}`);
  const session = await runner.load(model(s, outputs), { provider: 'wasm', exact: true });
  try {
    const feeds = s.inputs.flatMap((t, i) => (t === undefined || isNibble(t) ? [] : [{ name: `x${i}`, ...t } as NamedTensor]));
    return await session.run(feeds, outputs);
  } finally {
    await session.close();
  }
}

const described = (s: Sample): string =>
  JSON.stringify({
    ...s,
    attrs: Object.entries(s.attrs ?? {}).map(([k, v]) => (typeof v === 'object' && 'dtype' in v ? k : [k, v])),
    inputs: s.inputs.map(
      (t) => t && { dtype: t.dtype, shape: t.shape, data: Array.from(t.data as ArrayLike<unknown>, String).slice(0, 64) },
    ),
  });

/** The shape rule says what ONNX Runtime gives. */
export async function agreeOnShapes(s: Sample): Promise<void> {
  const node = nodeOf(s);
  const shapes = familyOf(node.op, node.domain)?.shape({ node, opset: s.opset ?? 13, inputs: s.inputs, constant: (i) => s.inputs[i] });
  const expected = await runtime(s);
  expect(shapes, described(s)).toEqual(expected.map(({ dtype, shape }) => ({ dtype, shape })));
}

/** Our rules and ONNX Runtime give the same. */
export async function agree(s: Sample): Promise<void> {
  const expected = await runtime(s);
  const got = evaluated(s);
  expect(got.length, described(s)).toBe(expected.length);
  expected.forEach((want, k) => {
    const mine = got[k] as Tensor;
    expect({ dtype: mine.dtype, shape: mine.shape }, described(s)).toEqual({ dtype: want.dtype, shape: want.shape });
    if (!isFloat(want.dtype)) {
      expect(mine.data, described(s)).toEqual(want.data);
      return;
    }
    const [a, b] = [numbersOf(mine), numbersOf(want)];
    const tolerance = s.tolerance ?? 1e-5;
    for (let i = 0; i < b.length; i++) {
      const [x, y] = [a[i] as number, b[i] as number];
      if (Object.is(x, y) || x === y) continue;
      if (!(Math.abs(x - y) <= tolerance * Math.max(1, Math.abs(y))))
        throw new Error(`element ${i} of output ${k}: ${x}, ONNX Runtime ${y}; ${described(s)}`);
    }
  });
}

/** Extents in [lo, hi]. */
export function someShape(rng: Rng, rank: number, lo = 1, hi = 5): number[] {
  return Array.from({ length: rank }, () => rng.int(lo, hi));
}

export function floats(rng: Rng, shape: readonly number[], scale = 1): Tensor {
  return fromNumbers(
    'float32',
    shape,
    Float64Array.from({ length: sizeOf(shape) }, () => rng.normal() * scale),
  );
}

export function integers(rng: Rng, shape: readonly number[], lo: number, hi: number, dtype: DType = 'int64'): Tensor {
  return fromNumbers(
    dtype,
    shape,
    Float64Array.from({ length: sizeOf(shape) }, () => rng.int(lo, hi)),
  );
}

export function list(values: readonly number[], dtype: DType = 'int64'): Tensor {
  return fromNumbers(dtype, [values.length], values);
}

export function number(value: number, dtype: DType = 'int64'): Tensor {
  return fromNumbers(dtype, [], [value]);
}

export function chosen<T>(rng: Rng, from: readonly T[]): T {
  return from[rng.int(0, from.length - 1)] as T;
}

/** 0..n-1 in a random order. */
export function shuffled(rng: Rng, n: number): number[] {
  const order = Array.from({ length: n }, (_, i) => i);
  for (let i = n - 1; i > 0; i--) {
    const j = rng.int(0, i);
    [order[i], order[j]] = [order[j] as number, order[i] as number];
  }
  return order;
}

/** A shape that broadcasts to the given one: axes become 1, leading ones may go. */
export function narrower(rng: Rng, shape: readonly number[]): number[] {
  const from = rng.int(0, shape.length);
  return shape.slice(from).map((d) => (rng.int(0, 2) === 0 ? 1 : d));
}
