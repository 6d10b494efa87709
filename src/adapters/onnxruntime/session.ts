/**
 * The Runner port on ONNX Runtime, for any surroundings: the one place where sessions are made and run.
 * The runtime refuses overlapping work, so everything goes through one queue. Its environment (where the
 * WASM lies, threads, WebGPU) is set by node.ts and web.ts before the first load.
 */
import { env, InferenceSession } from 'onnxruntime-web/webgpu';
import { CancelledError, StudioError } from '../../core/index';
import type { NamedTensor, Provider, Runner, RunnerOptions, RunnerSession } from '../../engine/ports';
import { otherNames } from './output-names';
import { fromOrt, toOrt } from './tensors';

let last: Promise<unknown> = Promise.resolve();

/** Runs after everything that was queued before, whether that went well or not. */
function queued<T>(work: () => Promise<T>): Promise<T> {
  const next = last.then(work, work);
  last = next.catch(() => undefined);
  return next;
}

function failed(what: string, cause: unknown): Error {
  if (cause instanceof StudioError || cause instanceof CancelledError) return cause;
  const got = cause instanceof Error ? cause.message : String(cause);
  return new StudioError({ code: 'runtime', what, got });
}

export function ortRunner(providers: () => Promise<readonly Provider[]>): Runner {
  return { providers, load: (model, options) => queued(() => load(model, options)) };
}

async function load(model: Uint8Array, options: RunnerOptions): Promise<RunnerSession> {
  const settings: InferenceSession.SessionOptions = {
    executionProviders: options.provider === 'webgpu' ? ['webgpu', 'wasm'] : ['wasm'],
    logSeverityLevel: 3,
    ...(options.external === undefined ? {} : { externalData: options.external.map(({ path, data }) => ({ path, data })) }),
    // quant_qdq rewrites DequantizeLinear-Conv-QuantizeLinear into integer kernels with other roundings
    ...(options.exact === true ? { graphOptimizationLevel: 'disabled' as const, extra: { session: { disable_quant_qdq: '1' } } } : {}),
  };
  try {
    const session = await InferenceSession.create(model, settings);
    const names = otherNames(model, session.outputNames);
    if (names === undefined) return opened(session, (output) => output);
    await session.release();
    return opened(await InferenceSession.create(names.model, settings), (output) => names.of(output));
  } catch (cause) {
    throw failed('ONNX Runtime cannot load the model', cause);
  }
}

function opened(session: InferenceSession, known: (output: string) => string): RunnerSession {
  const types = new Map(session.inputMetadata.map((m) => [m.name, m.isTensor ? m.type : undefined]));
  const run = async (feeds: readonly NamedTensor[], outputs: readonly string[]): Promise<NamedTensor[]> => {
    try {
      const inputs = Object.fromEntries(feeds.map((f) => [known(f.name), toOrt(f, types.get(known(f.name)))]));
      const results = await session.run(inputs, outputs.map(known));
      return outputs.map((name) => {
        const tensor = results[known(name)];
        if (tensor === undefined)
          throw new StudioError({ code: 'runtime', what: 'ONNX Runtime gave no such output', where: { value: name } });
        const named = fromOrt(name, tensor);
        tensor.dispose();
        return named;
      });
    } catch (cause) {
      throw failed('ONNX Runtime failed to run the model', cause);
    }
  };
  return {
    threads: env.wasm.numThreads ?? 1,
    run: (feeds, outputs, signal) =>
      queued(() => {
        if (signal?.aborted === true) return Promise.reject(new CancelledError());
        return run(feeds, outputs);
      }),
    close: () => queued(() => session.release()),
  };
}
