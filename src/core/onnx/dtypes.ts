/**
 * ONNX's element types (TensorProto.DataType) and ours. Types that we cannot decode have a name only.
 * Source: onnx.proto of ONNX 1.17.
 */
import type { DType } from '../ir/tensor';

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

const dtypes = new Map<number, DType>(Object.entries(codes).map(([dtype, code]) => [code, dtype as DType])); // keys of `codes`

const otherTypes = new Map<number, string>([
  [0, 'undefined'],
  [14, 'complex64'],
  [15, 'complex128'],
  [17, 'float8e4m3fn'],
  [18, 'float8e4m3fnuz'],
  [19, 'float8e5m2'],
  [20, 'float8e5m2fnuz'],
  [23, 'float4e2m1'],
  [24, 'float8e8m0'],
  [25, 'uint2'],
  [26, 'int2'],
]);

export function dtypeOf(code: number): DType | undefined {
  return dtypes.get(code);
}

export function codeOf(dtype: DType): number {
  return codes[dtype];
}

/** For messages. */
export function typeName(code: number): string {
  return dtypes.get(code) ?? otherTypes.get(code) ?? `element type ${code}`;
}

const sizes: Readonly<Record<Exclude<DType, 'string'>, number>> = {
  float32: 4,
  float64: 8,
  float16: 2,
  bfloat16: 2,
  int64: 8,
  int32: 4,
  int16: 2,
  int8: 1,
  int4: 0.5,
  uint64: 8,
  uint32: 4,
  uint16: 2,
  uint8: 1,
  uint4: 0.5,
  bool: 1,
};

/** Bytes of raw data that hold `count` elements. */
export function rawBytes(dtype: Exclude<DType, 'string'>, count: number): number {
  return Math.ceil(sizes[dtype] * count);
}
