/**
 * A Runner that lives in a worker of its own, so that a busy kernel, which never sees a cancel, can be
 * ended: an aborted call waits `graceMs`, then the worker is terminated. The next call spawns a new one and
 * loads its model again. Law: an aborted call rejects with CancelledError within a second.
 */
import { wrap, type Remote } from 'comlink';
import { CancelledError, StudioError } from '../../core/index';
import type { NamedTensor, Runner, RunnerOptions, RunnerSession } from '../../engine/ports';
import type { Answer, ServedRunner } from './served';

/** How long a cancelled call may still end by itself; under the promised second, with room for the rest. */
const GRACE_MS = 350;

function refuseAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw new CancelledError();
}

interface Live {
  readonly worker: Worker;
  readonly served: Remote<ServedRunner>;
  /** Rejects when the worker dies or is terminated. */
  readonly death: Promise<never>;
  readonly end: (reason: Error) => void;
  /** Sessions that are open in it. */
  sessions: number;
}

/** The runtime's memory only grows: after models above so many bytes, the worker gives it back by ending. */
const LARGE = 2 ** 25;

export function remoteRunner(spawn: () => Worker, graceMs = GRACE_MS): Runner {
  let live: Live | undefined;

  const start = (): Live => {
    const worker = spawn();
    let end: (reason: Error) => void = () => undefined;
    const death = new Promise<never>((_, reject) => {
      end = (reason) => {
        worker.terminate();
        if (live?.worker === worker) live = undefined;
        reject(reason);
      };
    });
    death.catch(() => undefined);
    worker.addEventListener('error', (e) => {
      end(new StudioError({ code: 'runtime', what: 'The inference worker died', got: e.message || 'no message' }));
    });
    return { worker, served: wrap<ServedRunner>(worker), death, end, sessions: 0 };
  };
  const current = (): Live => (live ??= start());

  /** One call: its answer, the worker's death, or the end of the grace after an abort, whichever is first. */
  const call = async <T>(
    on: Live,
    work: (served: Remote<ServedRunner>) => Promise<Answer<T>>,
    signal: AbortSignal | undefined,
  ): Promise<T> => {
    refuseAborted(signal);
    let timer: ReturnType<typeof setTimeout> | undefined;
    const abort = () => {
      timer = setTimeout(() => on.end(new CancelledError()), graceMs);
    };
    signal?.addEventListener('abort', abort);
    try {
      const result = await Promise.race([work(on.served), on.death]);
      refuseAborted(signal); // it may have been aborted since
      if (!result.ok) throw new StudioError(result.error);
      return result.value;
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    }
  };

  const load = async (model: Uint8Array, options: RunnerOptions, signal?: AbortSignal): Promise<RunnerSession> => {
    const size = (options.external ?? []).reduce((sum, { data }) => sum + data.length, model.length);
    const open = async (on: Live, s: AbortSignal | undefined) => {
      const session = await call(on, (served) => served.load(model, options), s);
      on.sessions++;
      return { on, ...session };
    };
    let place = await open(current(), signal);
    return {
      threads: place.threads,
      run: async (feeds: readonly NamedTensor[], outputs: readonly string[], s?: AbortSignal) => {
        refuseAborted(s);
        if (place.on !== live) place = await open(current(), s);
        return call(place.on, (served) => served.run(place.id, feeds, outputs), s);
      },
      close: async () => {
        const { on } = place;
        if (on !== live) return;
        await Promise.race([on.served.close(place.id), on.death]);
        on.sessions--;
        if (on.sessions === 0 && size > LARGE) on.end(new CancelledError());
      },
    };
  };

  return {
    providers: async () => {
      const on = current();
      return Promise.race([on.served.providers(), on.death]);
    },
    load,
  };
}
