/**
 * TensorRef -> TensorProto. Raw data go through untouched, everything else is decoded and written as raw data, the
 * one encoding that every reader takes (strings have their own field).
 * Law: decodeTensor of what is written equals decodeTensor of the ref, bit for bit (float16 and bfloat16 hold float32
 * numbers, which are rounded to nearest even; numbers that came from such a file are unchanged).
 */
import { bytesOf, utf8Encode } from '../base/bytes';
import { floatsToHalves } from '../base/half';
import type { DType, Storage, Tensor, TensorRef } from '../ir/tensor';
import { codeOf } from './dtypes';
import { decodeTensor } from './tensor-data';
import { WireWriter } from './wire';

/** Throws `unsupported-dtype` for what could not be read either. */
export function writeTensor(ref: TensorRef, name: string = ref.name): WireWriter {
  const raw = ref.source.kind === 'raw' ? ref.source.bytes : undefined;
  const tensor: Tensor | undefined = raw ? undefined : decodeTensor(ref);
  const { dtype, shape } = tensor ?? ref;
  const out = new WireWriter();
  for (const d of shape) out.int(1, d);
  out.int(2, codeOf(dtype));
  if (tensor?.dtype === 'string') for (const s of tensor.data as Storage['string']) out.body(6, utf8Encode(s));
  if (name !== '') out.text(8, name);
  if (raw) out.body(9, raw);
  else if (tensor && tensor.dtype !== 'string') out.body(9, rawOf(tensor.dtype, tensor.data));
  return out;
}

function rawOf(dtype: Exclude<DType, 'string'>, data: Storage[DType]): Uint8Array {
  switch (dtype) {
    case 'float16':
      return bytesOf(floatsToHalves(data as Float32Array)); // held as float32 by the type of Storage
    case 'bfloat16':
      return bytesOf(toUpperHalves(data as Float32Array)); // likewise
    case 'int4':
    case 'uint4':
      return packNibbles(data as Int8Array | Uint8Array); // one element a byte by the type of Storage
    default:
      return bytesOf(data as Exclude<Storage[DType], readonly string[]>); // strings are excluded above
  }
}

/** Rounds to nearest, ties to even; NaN stays NaN. */
function toUpperHalves(floats: Float32Array): Uint16Array {
  const words = new Uint32Array(floats.slice().buffer);
  const out = new Uint16Array(words.length);
  for (let i = 0; i < out.length; i++) {
    const w = words[i] as number;
    const isNaN = (w & 0x7fffffff) > 0x7f800000;
    out[i] = isNaN ? (w >>> 16) | 0x40 : (w + 0x7fff + ((w >>> 16) & 1)) >>> 16;
  }
  return out;
}

function packNibbles(data: Int8Array | Uint8Array): Uint8Array {
  const out = new Uint8Array(Math.ceil(data.length / 2));
  for (let i = 0; i < data.length; i++) out[i >> 1] = (out[i >> 1] as number) | (((data[i] as number) & 15) << (4 * (i & 1)));
  return out;
}
