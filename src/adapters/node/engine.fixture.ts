/** An engine on the samples of the repository, with the real runtime; bundles are written into memory. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import onnxProto from 'onnx-proto';
import type { EngineApi, FileInput } from '../../engine/api';
import { createEngine } from '../../engine/create-engine';
import type { EnginePorts } from '../../engine/ports';
import { nodePorts } from './ports';

export const repository = join(import.meta.dirname, '../../..');

export function fileInput(path: string): FileInput {
  return { name: path.slice(path.lastIndexOf('/') + 1), data: new Uint8Array(readFileSync(join(repository, path))) };
}

export const resnet = fileInput('public/samples/resnet14_fashion.onnx');
export const calibrationData = fileInput('public/samples/fashion_calib.npz');
export const testData = fileInput('public/samples/fashion_test.npz');
export const preprocessing = { mean: [0.286], std: [0.353] };

/** What happened to the bundles of an engine. */
export interface Written {
  readonly names: string[];
  chunks: Uint8Array[];
  closed: number;
  aborted: number;
}

export function memoryEngine(change: Partial<EnginePorts> = {}): { readonly engine: EngineApi; readonly written: Written } {
  const written: Written = { names: [], chunks: [], closed: 0, aborted: 0 };
  const engine = createEngine({
    ...nodePorts((name) => name),
    openSink: async (name) => {
      written.names.push(name);
      written.chunks = [];
      return {
        write: (chunk) => void written.chunks.push(chunk.slice()),
        close: async () => void written.closed++,
        abort: async () => void written.aborted++,
        blob: async () => undefined,
      };
    },
    ...change,
  });
  return { engine, written };
}

/** x [1, 1, 6, 6] -> Conv -> LRN -> y: LRN has no integer form. */
export function islandModel(): Uint8Array {
  const { onnx } = onnxProto;
  const { FLOAT } = onnx.TensorProto.DataType;
  const { INTS, INT } = onnx.AttributeProto.AttributeType;
  const info = (name: string, shape: readonly number[]) => ({
    name,
    type: { tensorType: { elemType: FLOAT, shape: { dim: shape.map((dimValue) => ({ dimValue })) } } },
  });
  const weight = Float32Array.from({ length: 27 }, (_, i) => ((i * 7) % 11) / 10 - 0.5);
  return onnx.ModelProto.encode({
    irVersion: 8,
    opsetImport: [{ domain: '', version: 13 }],
    graph: {
      name: 'island',
      node: [
        { name: 'conv', opType: 'Conv', input: ['x', 'w'], output: ['c'], attribute: [{ name: 'kernel_shape', type: INTS, ints: [3, 3] }] },
        { name: 'norm', opType: 'LRN', input: ['c'], output: ['y'], attribute: [{ name: 'size', type: INT, i: 3 }] },
      ],
      initializer: [{ name: 'w', dims: [3, 1, 3, 3], dataType: FLOAT, rawData: new Uint8Array(weight.buffer) }],
      input: [info('x', [1, 1, 6, 6])],
      output: [info('y', [1, 3, 4, 4])],
    },
  }).finish();
}
