/** An engine on the samples of the repository, with the real runtime; bundles are written into memory. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
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
