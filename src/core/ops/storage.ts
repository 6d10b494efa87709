/**
 * Arrays of results by element type. float16 and bfloat16 live in Float32Array and are rounded to their own
 * precision here; integers wrap as their arrays do. Strings are moved by no rule.
 */
import { StudioError } from '../base/errors';
import { floatToHalf, halfToFloat } from '../base/half';
import { sizeOf, type DType, type Storage, type Tensor } from '../ir/tensor';

export type BigArray = Storage['int64'] | Storage['uint64'];
export type NumberArray = Storage[Exclude<DType, 'string' | 'int64' | 'uint64'>];

/** Zeros. */
export function newData(dtype: DType, length: number): NumberArray | BigArray {
  switch (dtype) {
    case 'float32':
    case 'float16':
    case 'bfloat16':
      return new Float32Array(length);
    case 'float64':
      return new Float64Array(length);
    case 'int64':
      return new BigInt64Array(length);
    case 'uint64':
      return new BigUint64Array(length);
    case 'int32':
      return new Int32Array(length);
    case 'uint32':
      return new Uint32Array(length);
    case 'int16':
      return new Int16Array(length);
    case 'uint16':
      return new Uint16Array(length);
    case 'int8':
    case 'int4':
      return new Int8Array(length);
    case 'uint8':
    case 'uint4':
    case 'bool':
      return new Uint8Array(length);
    case 'string':
      throw new StudioError({ code: 'unsupported-dtype', what: 'Text has no rule here', got: dtype });
    default:
      return dtype satisfies never;
  }
}

export function isBig(data: NumberArray | BigArray): data is BigArray {
  return data instanceof BigInt64Array || data instanceof BigUint64Array;
}

export function isFloat(dtype: DType): boolean {
  return dtype === 'float32' || dtype === 'float64' || dtype === 'float16' || dtype === 'bfloat16';
}

/** The elements of a tensor of numbers: a view. Throws `unsupported-dtype` for text. */
export function dataOf(t: Tensor): NumberArray | BigArray {
  if (t.dtype === 'string') throw new StudioError({ code: 'unsupported-dtype', what: 'Text has no rule here', got: t.dtype });
  // the only storage without numbers is that of text
  return t.data as NumberArray | BigArray;
}

/** The elements as numbers; a copy only where they are 64-bit integers. */
export function numbersOf(t: Tensor): NumberArray {
  const data = dataOf(t);
  return isBig(data) ? Float64Array.from(data, Number) : data;
}

/** A copy in float64. */
export function floatsOf(t: Tensor): Float64Array<ArrayBuffer> {
  return new Float64Array(numbersOf(t));
}

/** f of every number. (`Float64Array.from` goes through an iterator and takes ten times as long.) */
export function mapNumbers(data: ArrayLike<number>, f: (v: number, i: number) => number): Float64Array {
  const out = new Float64Array(data.length);
  for (let i = 0; i < out.length; i++) out[i] = f(data[i] as number, i);
  return out;
}

const words = new Uint32Array(1);
const floats = new Float32Array(words.buffer);

/** float32 to the nearest bfloat16, ties to even. */
export function toBfloat16(x: number): number {
  floats[0] = x;
  if (Number.isNaN(x)) return x;
  const bits = words[0] as number;
  words[0] = ((bits + 0x7fff + ((bits >>> 16) & 1)) & 0xffff0000) >>> 0;
  return floats[0];
}

/** A tensor that takes the data; halves are rounded in place. */
export function made(dtype: DType, shape: readonly number[], data: NumberArray | BigArray): Tensor {
  if (dtype === 'float16') for (let i = 0; i < data.length; i++) data[i] = halfToFloat(floatToHalf(data[i] as number));
  if (dtype === 'bfloat16') for (let i = 0; i < data.length; i++) data[i] = toBfloat16(data[i] as number);
  return { dtype, shape, data };
}

/** The same elements under another shape: a view. */
export function reshaped(t: Tensor, shape: readonly number[]): Tensor {
  return { dtype: t.dtype, shape, data: t.data };
}

export function filled(dtype: DType, shape: readonly number[], value: number | bigint): Tensor {
  const data = newData(dtype, sizeOf(shape));
  if (isBig(data)) data.fill(BigInt(value));
  else data.fill(Number(value));
  return made(dtype, shape, data);
}

/** The numbers given, in a new array of the type. Whole numbers where the type is an integer. */
export function fromNumbers(dtype: DType, shape: readonly number[], values: ArrayLike<number>): Tensor {
  const data = newData(dtype, values.length);
  if (isBig(data)) for (let i = 0; i < data.length; i++) data[i] = BigInt(values[i] as number);
  else data.set(values);
  return made(dtype, shape, data);
}
