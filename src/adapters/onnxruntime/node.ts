/**
 * ONNX Runtime in Node: the WASM build of the page, one thread, found beside its own module. V8 would optimise
 * functions of a megabyte that run once (up to a minute of processor time and 2 GB each, and a process does not end
 * before they are done); with a larger budget only the kernels that are really hot are optimised. Our own kernel is compiled before.
 */
import { setFlagsFromString } from 'node:v8';
import { env } from 'onnxruntime-web/webgpu';
import { compileKernel } from '../../core/index';
import type { Runner } from '../../engine/ports';
import { ortRunner } from './session';

const TIERING_BUDGET = 1_000_000_000;

export function nodeRunner(): Runner {
  compileKernel();
  setFlagsFromString(`--wasm-tiering-budget=${TIERING_BUDGET}`);
  env.wasm.numThreads = 1;
  env.logLevel = 'error';
  return ortRunner(async () => ['wasm']);
}
