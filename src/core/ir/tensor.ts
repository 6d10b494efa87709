/**
 * Tensors: plain typed arrays with a shape, and lazy references to tensors still in a file's bytes.
 * A `Tensor` is decoded; a `TensorRef` is a view of bytes that were never copied. Row-major always.
 */

export type DType =
  | 'float32'
  | 'float64'
  | 'float16'
  | 'bfloat16'
  | 'int64'
  | 'int32'
  | 'int16'
  | 'int8'
  | 'int4'
  | 'uint64'
  | 'uint32'
  | 'uint16'
  | 'uint8'
  | 'uint4'
  | 'bool'
  | 'string';

/** Storage of a decoded tensor. float16/bfloat16 decode to Float32Array, 4-bit types to one element a byte. */
export interface Storage {
  float32: Float32Array;
  float64: Float64Array;
  float16: Float32Array;
  bfloat16: Float32Array;
  int64: BigInt64Array;
  int32: Int32Array;
  int16: Int16Array;
  int8: Int8Array;
  int4: Int8Array;
  uint64: BigUint64Array;
  uint32: Uint32Array;
  uint16: Uint16Array;
  uint8: Uint8Array;
  uint4: Uint8Array;
  bool: Uint8Array;
  string: readonly string[];
}

export interface Tensor<D extends DType = DType> {
  readonly dtype: D;
  readonly shape: readonly number[];
  readonly data: Storage[D];
}

/** An initializer or constant as it lies in the file. `decode` (onnx/tensor-data.ts) makes a Tensor of it. */
export interface TensorRef {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly source: TensorSource;
}

export type TensorSource =
  /** little-endian raw_data (or external data): a view, not a copy */
  | { readonly kind: 'raw'; readonly bytes: Uint8Array }
  /** a typed field of TensorProto: views of its packed bodies, elements that came one by one joined to chunks */
  | {
      readonly kind: 'typed';
      readonly field: 'float' | 'int32' | 'int64' | 'double' | 'uint64' | 'string';
      readonly packed: readonly Uint8Array[];
    }
  /** an element type that we do not decode (float8, complex ...), by its ONNX name; the ref's dtype means nothing then */
  | { readonly kind: 'unsupported'; readonly type: string }
  /** already decoded, e.g. made by a pass */
  | { readonly kind: 'decoded'; readonly tensor: Tensor };

/** Number of elements; 1 for a scalar. */
export function sizeOf(shape: readonly number[]): number {
  let n = 1;
  for (const d of shape) n *= d;
  return n;
}

/** Row-major strides in elements. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides = new Array<number>(shape.length);
  let step = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    strides[i] = step;
    step *= shape[i] as number;
  }
  return strides;
}

export function sameShape(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((d, i) => d === b[i]);
}
