/**
 * Tensors as numpy files: what tensors/ and params/ of every bundle hold, and what one tensor downloads as.
 */
import { bytesOf, concatBytes } from '../base/bytes';
import { npyHeader } from '../base/npy';
import type { IntTensor } from '../ir/integer-model';
import type { AnyFile } from './bundle-input';
import type { Exporter } from './exporter';

/** Header and elements; no copy of the elements. */
function* npyParts(tensor: IntTensor): Generator<Uint8Array> {
  // every integer dtype is one of NumPy's, with the same storage
  yield npyHeader(tensor.dtype, tensor.shape);
  yield bytesOf(tensor.data);
}

/** The bytes that numpy.save writes for this array. */
export function npyBytes(tensor: IntTensor): Uint8Array {
  return concatBytes([...npyParts(tensor)]);
}

export function npyFile(path: string, tensor: IntTensor): AnyFile {
  return { path, parts: () => npyParts(tensor) };
}

export const npyExporter: Exporter = {
  id: 'npy',
  title: 'NumPy arrays',
  help: 'One .npy file for each tensor. Always part of the bundle.',
  group: 'array',
  place: 'tensors/*.npy, params/*.npy',
  options: [],
  tensorFiles: (t) => [npyFile(t.info.file, t.tensor)],
  estimate: ({ dtype, shape }) => 128 + shape.reduce((a, b) => a * b, 1) * (Number(dtype.replace(/\D+/, '')) / 8),
};
