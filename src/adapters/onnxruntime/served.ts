/**
 * A Runner made flat for a worker boundary: sessions are numbers, errors are values (so that codes survive
 * cloning), result tensors are handed over, not copied. The other end is remote.ts.
 */
import { transfer } from 'comlink';
import { StudioError, type ErrorFields } from '../../core/index';
import type { NamedTensor, Provider, Runner, RunnerOptions, RunnerSession } from '../../engine/ports';

export type Answer<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: ErrorFields };

export interface ServedRunner {
  providers(): Promise<readonly Provider[]>;
  load(model: Uint8Array, options: RunnerOptions): Promise<Answer<{ readonly id: number; readonly threads: number }>>;
  run(id: number, feeds: readonly NamedTensor[], outputs: readonly string[]): Promise<Answer<NamedTensor[]>>;
  close(id: number): Promise<void>;
}

async function answer<T>(work: () => Promise<T>): Promise<Answer<T>> {
  try {
    return { ok: true, value: await work() };
  } catch (cause) {
    if (cause instanceof StudioError) return { ok: false, error: cause.fields };
    const got = cause instanceof Error ? cause.message : String(cause);
    return { ok: false, error: { code: 'runtime', what: 'The inference worker failed', got } };
  }
}

export function serveRunner(runner: Runner): ServedRunner {
  const sessions = new Map<number, RunnerSession>();
  let count = 0;
  return {
    providers: () => runner.providers(),
    load: (model, options) =>
      answer(async () => {
        const session = await runner.load(model, options);
        sessions.set(++count, session);
        return { id: count, threads: session.threads };
      }),
    run: async (id, feeds, outputs) => {
      const result = await answer(async () => {
        const session = sessions.get(id);
        if (session === undefined) throw new StudioError({ code: 'internal', what: `No inference session ${id}` });
        return session.run(feeds, outputs);
      });
      return result.ok ? transfer(result, buffersOf(result.value)) : result;
    },
    close: async (id) => {
      await sessions.get(id)?.close();
      sessions.delete(id);
    },
  };
}

function buffersOf(tensors: readonly NamedTensor[]): ArrayBuffer[] {
  return tensors.map((t) => t.data.buffer as ArrayBuffer); // tensors.ts made a fresh array of each
}
