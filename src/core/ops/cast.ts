/**
 * Cast (ONNX 6 to 21) and CastLike (15). Floats to integers truncate, to bool compare with 0; integers wrap as their
 * type does, 64-bit ones exactly.
 */
import { StudioError } from '../base/errors';
import type { Node } from '../ir/model';
import type { DType, Tensor } from '../ir/tensor';
import { intAttr, type OpFamily } from './family';
import { badAttribute, inputAt, tensorAt } from './readers';
import { dataOf, isBig, isFloat, made, newData, numbersOf } from './storage';

/** TensorProto.DataType of onnx.proto. */
const dtypes: Readonly<Record<number, DType>> = {
  1: 'float32',
  2: 'uint8',
  3: 'int8',
  4: 'uint16',
  5: 'int16',
  6: 'int32',
  7: 'int64',
  8: 'string',
  9: 'bool',
  10: 'float16',
  11: 'float64',
  12: 'uint32',
  13: 'uint64',
  16: 'bfloat16',
  21: 'uint4',
  22: 'int4',
};

export function dtypeOf(node: Node, code: number): DType {
  const dtype = dtypes[code];
  if (dtype === undefined) throw badAttribute(node, 'an element type', String(code));
  return dtype;
}

/** The element type that an attribute names. */
export function dtypeAttr(node: Node, name: string, fallback: DType): DType {
  return node.attrs[name] === undefined ? fallback : dtypeOf(node, intAttr(node, name, 0));
}

/** A whole number of a 4-bit type, wrapped. */
const wrap4 = (v: number, signed: boolean): number => (signed ? (v << 28) >> 28 : v & 15);

export function converted(x: Tensor, dtype: DType): Tensor {
  if (x.dtype === dtype) return x;
  const data = dataOf(x);
  const out = newData(dtype, data.length);
  if (dtype === 'bool') {
    for (let i = 0; i < out.length; i++) out[i] = data[i] != 0 ? 1 : 0;
  } else if (isBig(out)) {
    const unsigned = dtype === 'uint64';
    if (isBig(data)) for (let i = 0; i < out.length; i++) out[i] = data[i] as bigint;
    else for (let i = 0; i < out.length; i++) out[i] = saturated(Math.trunc(data[i] as number), unsigned);
  } else if (isBig(data)) {
    if (isFloat(dtype)) for (let i = 0; i < out.length; i++) out[i] = Number(data[i]);
    else for (let i = 0; i < out.length; i++) out[i] = Number(BigInt.asIntN(32, data[i] as bigint));
  } else {
    const numbers = numbersOf(x);
    if (isFloat(dtype) || !isFloat(x.dtype)) out.set(numbers);
    else for (let i = 0; i < out.length; i++) out[i] = Math.trunc(numbers[i] as number);
  }
  if (dtype === 'int4' || dtype === 'uint4') for (let i = 0; i < out.length; i++) out[i] = wrap4(out[i] as number, dtype === 'int4');
  return made(dtype, x.shape, out);
}

/** Beyond int64 a float has no integer; the nearest bound stands for it. */
function saturated(v: number, unsigned: boolean): bigint {
  if (Number.isNaN(v)) return 0n;
  if (Number.isFinite(v)) {
    const big = BigInt(v);
    if (unsigned ? BigInt.asUintN(64, big) === big : BigInt.asIntN(64, big) === big) return big;
  }
  return v < 0 ? (unsigned ? 0n : -(2n ** 63n)) : unsigned ? 2n ** 64n - 1n : 2n ** 63n - 1n;
}

function target(node: Node): DType {
  if (node.attrs['to'] === undefined) throw badAttribute(node, 'a type to cast to', 'none');
  return dtypeAttr(node, 'to', 'float32');
}

function refuseText(node: Node, ...types: DType[]): void {
  if (!types.includes('string')) return;
  throw new StudioError({ code: 'unsupported-dtype', what: 'Text cannot be cast here', where: { node: node.id, op: node.op } });
}

export const cast: OpFamily = {
  id: 'cast',
  types: ['Cast'],
  shape: (s) => [{ dtype: target(s.node), shape: inputAt(s, 0).shape }],
  evaluate(f) {
    const x = tensorAt(f, 0);
    refuseText(f.node, x.dtype, target(f.node));
    return [converted(x, target(f.node))];
  },
  quantizer: 'own',
};

export const castLike: OpFamily = {
  id: 'cast-like',
  types: ['CastLike'],
  shape: (s) => [{ dtype: inputAt(s, 1).dtype, shape: inputAt(s, 0).shape }],
  evaluate(f) {
    const [x, like] = [tensorAt(f, 0), tensorAt(f, 1)];
    refuseText(f.node, x.dtype, like.dtype);
    return [converted(x, like.dtype)];
  },
  quantizer: 'own',
};
