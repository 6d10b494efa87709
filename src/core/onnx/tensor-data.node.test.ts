import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { bytesOf, concatBytes } from '../base/bytes';
import { StudioError } from '../base/errors';
import { floatsToHalves } from '../base/half';
import type { Model, ValueName } from '../ir/model';
import type { DType, Tensor, TensorRef } from '../ir/tensor';
import { codeOf } from './dtypes';
import { holding, onnx, type OnnxTypes } from './oracle.fixture';
import { readModel } from './read';
import { decodeTensor } from './tensor-data';
import { WireWriter } from './wire';
import { writeModel } from './write';

const tensorOf = (m: Model): TensorRef => m.graph.initializers.get('t' as ValueName) as TensorRef;
const read = (t: OnnxTypes.ITensorProto): TensorRef => tensorOf(readModel(holding([{ name: 't', ...t }]), 'm.onnx'));

const upper = (floats: Float32Array): Uint16Array => Uint16Array.from(new Uint32Array(floats.slice().buffer), (w) => w >>> 16);
const pack = (values: Int8Array | Uint8Array): Uint8Array =>
  Uint8Array.from(
    { length: Math.ceil(values.length / 2) },
    (_, i) => ((values[2 * i] as number) & 15) | (((values[2 * i + 1] ?? 0) & 15) << 4),
  );

/** Every type with its extremes, as raw bytes and in its typed field. */
const cases: readonly { readonly tensor: Tensor; readonly raw?: Uint8Array; readonly typed: OnnxTypes.ITensorProto }[] = [
  floats('float32', new Float32Array([0, -0, 1.5, -3.4e38, 1e-45, Infinity]), (f) => ({ floatData: [...f] }), bytesOf),
  floats('float64', new Float64Array([0, -0, Math.PI, 5e-324, -Infinity]), (f) => ({ doubleData: [...f] }), bytesOf),
  floats(
    'float16',
    new Float32Array([0, -0, 1.5, -65504, 2 ** -24, Infinity]),
    (f) => ({ int32Data: [...floatsToHalves(f)] }),
    (f) => bytesOf(floatsToHalves(f)),
  ),
  floats(
    'bfloat16',
    new Float32Array([0, -0, 1.5, -(2 ** 100), Infinity]),
    (f) => ({ int32Data: [...upper(f)] }),
    (f) => bytesOf(upper(f)),
  ),
  ints('int32', new Int32Array([0, -1, 2 ** 31 - 1, -(2 ** 31)])),
  ints('int16', new Int16Array([0, -1, 32767, -32768])),
  ints('int8', new Int8Array([0, -1, 127, -128])),
  ints('uint16', new Uint16Array([0, 1, 65535])),
  ints('uint8', new Uint8Array([0, 127, 128, 255])),
  ints('bool', new Uint8Array([0, 1, 1])),
  ...[3, 4].flatMap((n) => [
    nibbles('int4', new Int8Array([-8, 7, -1, 0]).slice(0, n)),
    nibbles('uint4', new Uint8Array([0, 15, 8, 1]).slice(0, n)),
  ]),
  wide('int64', new BigInt64Array([0n, -1n, 2n ** 63n - 1n, -(2n ** 63n), 1n << 35n])),
  wide('uint64', new BigUint64Array([0n, 1n, 2n ** 64n - 1n])),
  {
    tensor: { dtype: 'uint32', shape: [3], data: new Uint32Array([0, 1, 2 ** 32 - 1]) },
    raw: bytesOf(new Uint32Array([0, 1, 2 ** 32 - 1])),
    typed: { uint64Data: [0, 1, 2 ** 32 - 1] },
  },
  {
    tensor: { dtype: 'string', shape: [2], data: ['', 'grün'] },
    typed: { stringData: [new Uint8Array(0), new TextEncoder().encode('grün')] },
  },
];

function floats<T extends Float32Array | Float64Array>(
  dtype: DType,
  data: T,
  typed: (d: T) => OnnxTypes.ITensorProto,
  raw: (d: T) => Uint8Array,
): (typeof cases)[number] {
  return { tensor: { dtype, shape: [data.length], data }, raw: raw(data), typed: typed(data) };
}
function ints(dtype: DType, data: Int32Array | Int16Array | Int8Array | Uint16Array | Uint8Array): (typeof cases)[number] {
  return { tensor: { dtype, shape: [1, data.length], data }, raw: bytesOf(data), typed: { int32Data: [...data] } };
}
function nibbles(dtype: DType, data: Int8Array | Uint8Array): (typeof cases)[number] {
  return { tensor: { dtype, shape: [data.length], data }, raw: pack(data), typed: { int32Data: [...pack(data)] } };
}
function wide(dtype: 'int64' | 'uint64', data: BigInt64Array | BigUint64Array): (typeof cases)[number] {
  const words = new Int32Array(data.buffer);
  const longs = [...data].map((_, i) => ({ low: words[2 * i], high: words[2 * i + 1], unsigned: dtype === 'uint64' }));
  const field = dtype === 'int64' ? 'int64Data' : 'uint64Data';
  return { tensor: { dtype, shape: [data.length], data }, raw: bytesOf(data), typed: { [field]: longs } };
}

describe.each(cases.map((c) => [`${c.tensor.dtype} [${c.tensor.shape.join(', ')}]`, c] as const))('%s', (_, { tensor, raw, typed }) => {
  const proto: OnnxTypes.ITensorProto = { dims: [...tensor.shape], dataType: codeOf(tensor.dtype) };

  test('from its typed field', () => {
    expect(decodeTensor(read({ ...proto, ...typed }))).toEqual(tensor);
  });

  test('from raw data at any address; strings have none', () => {
    if (!raw) return expect(code(() => decodeTensor(read({ ...proto, rawData: new Uint8Array(4) })))).toBe('bad-shape');
    for (let shift = 0; shift < 8; shift++) {
      const ref = read({ ...proto, rawData: raw, docString: ' '.repeat(shift) });
      expect(ref.source.kind).toBe('raw');
      expect(decodeTensor(ref)).toEqual(tensor);
    }
  });

  test('survives writing, and onnx-proto reads the same', () => {
    const model = readModel(holding([{ name: 't', ...proto, ...typed }]), 'm.onnx');
    const bytes = writeModel(model);
    const again = readModel(bytes, 'm.onnx');
    expect(decodeTensor(tensorOf(again))).toEqual(tensor);
    const theirs = onnx.ModelProto.decode(bytes).graph?.initializer?.[0];
    if (raw) expect([...(theirs?.rawData as Uint8Array)]).toEqual([...raw]);
    const made = { ...model.graph, initializers: new Map([['t' as ValueName, decoded(tensor)]]) };
    expect(writeModel({ ...model, graph: made })).toEqual(bytes);
  });

  test('with an element too few is a bad shape', () => {
    const more = { ...proto, dims: [...tensor.shape, 3] };
    expect(code(() => decodeTensor(read({ ...more, ...typed })))).toBe('bad-shape');
    if (raw) expect(code(() => read({ ...more, rawData: raw }))).toBe('bad-shape');
  });
});

function decoded(tensor: Tensor): TensorRef {
  return { name: 't', dtype: tensor.dtype, shape: tensor.shape, source: { kind: 'decoded', tensor } };
}

function code(work: () => unknown): string {
  try {
    work();
  } catch (e) {
    if (e instanceof StudioError) return e.code;
    throw e;
  }
  return 'none';
}

describe('encodings that few exporters write', () => {
  const model = (t: WireWriter): Uint8Array => {
    const bytes = holding([]);
    return concatBytes([bytes, new WireWriter().message(7, new WireWriter().message(5, t)).finish()]);
  };

  test('elements one by one equal a packed field, whatever their number', () => {
    for (const count of [1, 2, 4096, 9000]) {
      const floatTensor = new WireWriter().int(1, count).int(2, 1).text(8, 't');
      const intTensor = new WireWriter().int(1, count).int(2, 7).text(8, 't');
      for (let i = 0; i < count; i++) {
        floatTensor.float(4, i / 4 - 3);
        intTensor.int(7, i % 2 === 0 ? i * 1e9 : -i);
      }
      expect(decodeTensor(tensorOf(readModel(model(floatTensor), 'm'))).data).toEqual(
        Float32Array.from({ length: count }, (_, i) => i / 4 - 3),
      );
      const bytes = model(intTensor);
      const theirs = onnx.ModelProto.decode(bytes).graph?.initializer?.[0]?.int64Data ?? [];
      expect([...(decodeTensor(tensorOf(readModel(bytes, 'm'))).data as BigInt64Array)].map(String)).toEqual(theirs.map(String));
    }
  });

  test('packed bodies and single elements may alternate', () => {
    const packed = new Uint8Array(new Float32Array([2, 3]).buffer);
    const t = new WireWriter().int(1, 5).int(2, 1).text(8, 't').float(4, 1).body(4, packed).float(4, 4).float(4, 5);
    expect(decodeTensor(tensorOf(readModel(model(t), 'm'))).data).toEqual(new Float32Array([1, 2, 3, 4, 5]));
  });

  test('float8 and complex tensors are read, and refused by name when decoded', () => {
    for (const [dataType, name] of [
      [17, 'float8e4m3fn'],
      [14, 'complex64'],
      [99, 'element type 99'],
    ] as const) {
      const ref = read({ dims: [2], dataType, rawData: new Uint8Array(2) });
      expect(() => decodeTensor(ref)).toThrow(name);
      expect(code(() => decodeTensor(ref))).toBe('unsupported-dtype');
    }
  });

  test('numbers that end early or never are told', () => {
    const of = (bytes: number[]): Uint8Array => model(new WireWriter().int(1, 1).int(2, 6).text(8, 't').body(5, Uint8Array.from(bytes)));
    expect(code(() => decodeTensor(tensorOf(readModel(of([5, 0x80]), 'm'))))).toBe('truncated');
    expect(code(() => decodeTensor(tensorOf(readModel(of([...new Array<number>(11).fill(0x80), 1]), 'm'))))).toBe('not-onnx');
  });

  test('any int64 that protobuf writes is the one that we read', () => {
    fc.assert(
      fc.property(fc.array(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), { minLength: 1, maxLength: 20 }), (values) => {
        const data = BigInt64Array.from(values);
        const c = wide('int64', data);
        expect(decodeTensor(read({ dims: [data.length], dataType: 7, ...c.typed })).data).toEqual(data);
      }),
    );
  });
});
