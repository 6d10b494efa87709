/**
 * Between the port's NamedTensor and ONNX Runtime's Tensor. float16 tensors are Float32Array on our side
 * (as everywhere in the core) and 16-bit words on theirs; bool is one byte an element. The runtime copies
 * results out of its memory, so they are ours to keep.
 */
import { Tensor } from 'onnxruntime-web/webgpu';
import { floatsToHalves, halvesToFloats, StudioError } from '../../core/index';
import type { NamedTensor } from '../../engine/ports';

type PlainType = Exclude<Tensor.Type, 'string' | 'int4' | 'uint4'>;

const plainTypes: ReadonlySet<string> = new Set<PlainType>([
  'float32',
  'float64',
  'float16',
  'int64',
  'int32',
  'int16',
  'int8',
  'uint64',
  'uint32',
  'uint16',
  'uint8',
  'bool',
]);

/** `wanted` is the model's own type for this input: a float32 feed of a float16 input is rounded. */
export function toOrt(feed: NamedTensor, wanted: string | undefined): Tensor {
  const type = wanted === 'float16' && feed.dtype === 'float32' ? 'float16' : feed.dtype;
  if (!plainTypes.has(type)) {
    throw new StudioError({
      code: 'unsupported-dtype',
      what: 'The runtime takes no such tensor',
      got: feed.dtype,
      where: { value: feed.name },
    });
  }
  const data = type === 'float16' && feed.data instanceof Float32Array ? floatsToHalves(feed.data) : feed.data;
  return new Tensor(type as PlainType, data, feed.shape); // checked against plainTypes above
}

export function fromOrt(name: string, tensor: Tensor): NamedTensor {
  const { type, data } = tensor;
  if (!plainTypes.has(type) || !ArrayBuffer.isView(data)) {
    throw new StudioError({
      code: 'unsupported-dtype',
      what: 'The runtime gave a tensor of a type that is not supported',
      got: type,
      where: { value: name },
    });
  }
  const ours = type === 'float16' ? halvesToFloats(new Uint16Array(data.buffer, data.byteOffset, data.byteLength / 2)) : data;
  return { name, dtype: type, shape: tensor.dims.slice(), data: ours };
}
