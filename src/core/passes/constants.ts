/**
 * Initializers as tensors, and tensors as initializers. Decoding is lazy: what is small is kept for the next
 * asker, large weights are decoded anew so that no pass holds a second copy of a network.
 */
import { StudioError } from '../base/errors';
import type { Graph, ValueName } from '../ir/model';
import { sizeOf, type DType, type Tensor, type TensorRef } from '../ir/tensor';
import { decodeTensor } from '../onnx/tensor-data';

/** Elements up to which a decoded tensor is kept. */
const SMALL = 16384;

const kept = new WeakMap<TensorRef, Tensor>();

/** Throws `missing-external-data`, `unsupported-dtype`. May view the file's bytes: never write to it. */
export function decoded(ref: TensorRef): Tensor {
  if (ref.source.kind === 'decoded') return ref.source.tensor;
  const known = kept.get(ref);
  if (known) return known;
  const tensor = decodeTensor(ref);
  if (sizeOf(ref.shape) <= SMALL) kept.set(ref, tensor);
  return tensor;
}

/** The constant of this name; a large one is decoded when its elements are asked for, not before. */
export function constantOf(graph: Pick<Graph, 'initializers'>, name: ValueName | undefined): Tensor | undefined {
  const ref = name === undefined ? undefined : graph.initializers.get(name);
  if (!ref) return undefined;
  return ref.source.kind === 'decoded' || sizeOf(ref.shape) <= SMALL ? decoded(ref) : lazyTensor(ref);
}

/** With a property of its own for the elements: a copy of the object decodes them. */
function lazyTensor(ref: TensorRef): Tensor {
  let elements: Tensor['data'] | undefined;
  return {
    dtype: ref.dtype,
    shape: ref.shape,
    get data() {
      return (elements ??= decoded(ref).data);
    },
  };
}

/** A tensor made by a pass as an initializer. Takes the tensor's data. */
export function refOf(name: string, tensor: Tensor): TensorRef {
  return { name, dtype: tensor.dtype, shape: tensor.shape, source: { kind: 'decoded', tensor } };
}

export function isFloatType(dtype: DType): boolean {
  return dtype === 'float32' || dtype === 'float64' || dtype === 'float16' || dtype === 'bfloat16';
}

const LARGEST_FLOAT = 3.4028234663852886e38;

/**
 * Every float type becomes float32; others stay. A view where the storage is float32 already. A double beyond float32
 * (a mask's "minus a lot") becomes the largest float32, not infinity.
 */
export function widened(tensor: Tensor): Tensor {
  if (tensor.dtype === 'float32' || !isFloatType(tensor.dtype)) return tensor;
  const { data } = tensor;
  if (data instanceof Float32Array) return { dtype: 'float32', shape: tensor.shape, data };
  // float64 is the only other storage of a float type
  const doubles = data as Float64Array;
  const floats = Float32Array.from(doubles);
  floats.forEach((v, i) => {
    const from = doubles[i] as number;
    if (!Number.isFinite(v) && Number.isFinite(from)) floats[i] = Math.sign(from) * LARGEST_FLOAT;
  });
  return { dtype: 'float32', shape: tensor.shape, data: floats };
}

/** Elements of a float constant; undefined for other types. */
export function floatsOf(tensor: Tensor | undefined): Float32Array | Float64Array | undefined {
  const data = tensor?.data;
  return data instanceof Float32Array || data instanceof Float64Array ? data : undefined;
}

/** The only element of a numeric constant. */
export function scalarOf(tensor: Tensor | undefined): number | undefined {
  if (tensor === undefined || tensor.dtype === 'string' || tensor.data.length !== 1) return undefined;
  return Number(tensor.data[0]);
}

/** Throws `not-finite` where a pass made a weight that is not a number. */
export function assertFinite(data: Float32Array, value: string, what: string): void {
  for (let i = 0; i < data.length; i++) {
    if (!Number.isFinite(data[i])) throw new StudioError({ code: 'not-finite', what, got: `${data[i]} at index ${i}`, where: { value } });
  }
}
