/** ONNX Runtime in Node: the WASM build of the page, one thread, found beside its own module. */
import { env } from 'onnxruntime-web/webgpu';
import type { Runner } from '../../engine/ports';
import { ortRunner } from './session';

export function nodeRunner(): Runner {
  env.wasm.numThreads = 1;
  env.logLevel = 'error';
  return ortRunner(async () => ['wasm']);
}
