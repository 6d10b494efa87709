/**
 * TensorRef -> Tensor, for every element type and every encoding of TensorProto. Aligned raw data and aligned
 * single chunks are viewed, the rest is copied: never write to the result.
 * Law: the element count is that of the shape, checked before anything is allocated.
 */
import { concatBytes, typedView, utf8Decode } from '../base/bytes';
import { StudioError } from '../base/errors';
import { halvesToFloats } from '../base/half';
import { sizeOf, type DType, type Storage, type Tensor, type TensorRef } from '../ir/tensor';
import { countVarints, varintsToInt32, varintsToInt64 } from './varints';

/** Throws `unsupported-dtype`, `bad-shape`, `truncated`, naming the tensor. */
export function decodeTensor(ref: TensorRef): Tensor {
  const { source } = ref;
  if (source.kind === 'decoded') return source.tensor;
  const { dtype, shape } = ref;
  if (source.kind === 'unsupported') {
    throw new StudioError({
      code: 'unsupported-dtype',
      what: 'A tensor has an element type that the studio cannot read',
      expected: 'floats of 16 to 64 bits, integers of 4 to 64 bits, bool or string',
      got: source.type,
      where: { value: ref.name },
    });
  }
  if (source.kind === 'raw') {
    if (dtype === 'string') throw misplaced(ref, 'raw');
    return { dtype, shape, data: fromRaw(dtype, source.bytes, sizeOf(shape)) };
  }
  if (!fieldsOf(dtype).includes(source.field)) throw misplaced(ref, source.field);
  return { dtype, shape, data: fromTyped(ref, source.packed) };
}

function fromRaw(dtype: Exclude<DType, 'string'>, bytes: Uint8Array, count: number): Storage[DType] {
  switch (dtype) {
    case 'float32':
      return typedView(bytes, Float32Array);
    case 'float64':
      return typedView(bytes, Float64Array);
    case 'float16':
      return halvesToFloats(typedView(bytes, Uint16Array));
    case 'bfloat16':
      return upperHalves(typedView(bytes, Uint16Array));
    case 'int64':
      return typedView(bytes, BigInt64Array);
    case 'uint64':
      return typedView(bytes, BigUint64Array);
    case 'int32':
      return typedView(bytes, Int32Array);
    case 'uint32':
      return typedView(bytes, Uint32Array);
    case 'int16':
      return typedView(bytes, Int16Array);
    case 'uint16':
      return typedView(bytes, Uint16Array);
    case 'int8':
      return typedView(bytes, Int8Array);
    case 'uint8':
    case 'bool':
      return bytes;
    case 'int4':
      return nibbles(bytes, new Int8Array(count), true);
    case 'uint4':
      return nibbles(bytes, new Uint8Array(count), false);
    default:
      return dtype satisfies never;
  }
}

/** Which field of TensorProto holds the type where its data are not raw (onnx.proto). */
function fieldsOf(dtype: DType): readonly string[] {
  switch (dtype) {
    case 'float32':
      return ['float'];
    case 'float64':
      return ['double'];
    case 'int64':
      return ['int64'];
    case 'uint64':
    case 'uint32':
      return ['uint64'];
    case 'string':
      return ['string'];
    default:
      return ['int32'];
  }
}

function fromTyped(ref: TensorRef, chunks: readonly Uint8Array[]): Storage[DType] {
  const { dtype } = ref;
  const count = sizeOf(ref.shape);
  switch (dtype) {
    case 'float32':
      checkCount(ref, chunks.reduce((n, c) => n + c.length, 0) / 4);
      return typedView(joined(chunks), Float32Array);
    case 'float64':
      checkCount(ref, chunks.reduce((n, c) => n + c.length, 0) / 8);
      return typedView(joined(chunks), Float64Array);
    case 'string':
      checkCount(ref, chunks.length);
      return chunks.map(utf8Decode);
    case 'int64':
    case 'uint64': {
      checkCount(ref, countVarints(chunks));
      const words = varintsToInt64(ref.name, chunks, count);
      return dtype === 'int64' ? words : new BigUint64Array(words.buffer);
    }
    case 'int4':
    case 'uint4':
      // one int32 holds the two elements of a byte
      checkCount(ref, countVarints(chunks), Math.ceil(count / 2));
      return fromRaw(dtype, Uint8Array.from(varintsToInt32(ref.name, chunks, Math.ceil(count / 2))), count);
    default: {
      checkCount(ref, countVarints(chunks));
      return narrowed(dtype, varintsToInt32(ref.name, chunks, count));
    }
  }
}

type Int32Held = Exclude<DType, 'float32' | 'float64' | 'string' | 'int64' | 'uint64' | 'int4' | 'uint4'>;

/** Conversion of typed arrays is modulo 2^n, which is what the field means. */
function narrowed(dtype: Int32Held, words: Int32Array): Storage[DType] {
  switch (dtype) {
    case 'int32':
      return words;
    case 'uint32':
      return new Uint32Array(words.buffer);
    case 'int16':
      return Int16Array.from(words);
    case 'uint16':
      return Uint16Array.from(words);
    case 'int8':
      return Int8Array.from(words);
    case 'uint8':
      return Uint8Array.from(words);
    case 'bool':
      return Uint8Array.from(words, (w) => (w === 0 ? 0 : 1));
    case 'float16':
      return halvesToFloats(Uint16Array.from(words));
    case 'bfloat16':
      return upperHalves(Uint16Array.from(words));
    default:
      return dtype satisfies never;
  }
}

function joined(chunks: readonly Uint8Array[]): Uint8Array {
  return chunks.length === 1 ? (chunks[0] as Uint8Array) : concatBytes(chunks);
}

/** bfloat16 is the upper half of a float32. */
function upperHalves(halves: Uint16Array): Float32Array {
  const words = new Uint32Array(halves.length);
  for (let i = 0; i < words.length; i++) words[i] = (halves[i] as number) << 16;
  return new Float32Array(words.buffer);
}

/** Two elements a byte, the low nibble first. */
function nibbles<T extends Int8Array | Uint8Array>(bytes: Uint8Array, out: T, signed: boolean): T {
  for (let i = 0; i < out.length; i++) {
    const nibble = ((bytes[i >> 1] as number) >> (4 * (i & 1))) & 15;
    out[i] = signed && nibble > 7 ? nibble - 16 : nibble;
  }
  return out;
}

function checkCount(ref: TensorRef, got: number, expected: number = sizeOf(ref.shape)): void {
  if (got === expected) return;
  throw new StudioError({
    code: 'bad-shape',
    what: 'The data of a tensor do not fit its shape',
    expected: `${expected} elements for [${ref.shape.join(', ')}]`,
    got: `${got}`,
    where: { value: ref.name },
  });
}

function misplaced(ref: TensorRef, field: string): StudioError {
  return new StudioError({
    code: 'bad-shape',
    what: 'A tensor keeps its data in the wrong field',
    expected: `${ref.dtype} in ${fieldsOf(ref.dtype).join(', ')} data`,
    got: `${field} data`,
    where: { value: ref.name },
  });
}
