/**
 * The serving end: calls methods of an object by name, each with a job of its own as last argument. Errors
 * become answers with their fields, typed arrays that fill their buffer are handed over, not copied.
 */
import { transfer } from 'comlink';
import { CancelledError, StudioError } from '../../core/index';
import type { Answer, CallJob, Served } from './protocol';

/** `invoke` does the call; it throws for a method that there is not. Methods in `give` hand their arrays over. */
export function serve<P>(
  invoke: (method: string, args: readonly unknown[], job: CallJob<P>) => Promise<unknown>,
  give: readonly string[] = [],
): Served<P> {
  const running = new Map<number, AbortController>();
  return {
    async call(id, method, args, onProgress) {
      const controller = new AbortController();
      running.set(id, controller);
      try {
        const value = await invoke(method, args, { signal: controller.signal, ...(onProgress ? { onProgress } : {}) });
        const answer: Answer = { kind: 'value', value };
        return give.includes(method) ? transfer(answer, buffersOf(value)) : answer;
      } catch (cause) {
        return answerOf(cause);
      } finally {
        running.delete(id);
      }
    },
    cancel: (id) => running.get(id)?.abort(),
  };
}

function answerOf(cause: unknown): Answer {
  if (cause instanceof CancelledError) return { kind: 'cancelled' };
  if (cause instanceof StudioError) return { kind: 'error', error: cause.fields };
  const got = cause instanceof Error ? cause.message : String(cause);
  return { kind: 'error', error: { code: 'internal', what: 'Something failed inside the engine', got } };
}

/** Buffers of the typed arrays one level deep in a result. */
function buffersOf(value: unknown): ArrayBuffer[] {
  const parts = typeof value === 'object' && value !== null && !ArrayBuffer.isView(value) ? Object.values(value) : [value];
  const buffers = parts.flatMap((p) => (ArrayBuffer.isView(p) && p.byteLength === p.buffer.byteLength ? [p.buffer as ArrayBuffer] : []));
  return [...new Set(buffers)];
}
