/**
 * ONNX Runtime in the page's worker: WASM with threads where the page is cross-origin isolated, WebGPU where
 * there is an adapter. Both addresses are set: without `mjs` a built page with threads hangs.
 */
import { env } from 'onnxruntime-web/webgpu';
import mjsUrl from 'onnxruntime-web/ort-wasm-simd-threaded.asyncify.mjs?url';
import wasmUrl from 'onnxruntime-web/ort-wasm-simd-threaded.asyncify.wasm?url';
import type { Provider, Runner } from '../../engine/ports';
import { ortRunner } from './session';

const MAX_THREADS = 8;

export function webRunner(): Runner {
  // absolute: the runtime's own workers resolve relative addresses against a blob
  env.wasm.wasmPaths = { mjs: new URL(mjsUrl, self.location.href).href, wasm: new URL(wasmUrl, self.location.href).href };
  env.wasm.numThreads = self.crossOriginIsolated ? Math.min(navigator.hardwareConcurrency, MAX_THREADS) : 1;
  env.logLevel = 'error';
  return ortRunner(webProviders);
}

interface Gpu {
  requestAdapter(): Promise<object | null>;
}

/** WebGPU first when an adapter answers; `wasm` always. */
async function webProviders(): Promise<readonly Provider[]> {
  const { gpu } = navigator as { readonly gpu?: Gpu }; // WebGPU is not in TypeScript's worker library
  const adapter = await gpu?.requestAdapter().catch(() => null);
  return adapter ? ['webgpu', 'wasm'] : ['wasm'];
}
