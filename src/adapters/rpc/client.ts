/**
 * The calling end: owns the worker. A cancelled call is asked to stop; if it has not after `graceMs`, the
 * worker is ended and every pending call rejects (CancelledError for those that were cancelled, a StudioError
 * for the others). The next call spawns a new worker. Law: no call stays pending after its worker died.
 */
import { proxy, wrap, type Endpoint, type Remote } from 'comlink';
import { CancelledError, StudioError } from '../../core/index';
import type { CallJob, Served } from './protocol';

/** A worker, or anything that behaves like one. */
export interface Peer {
  readonly endpoint: Endpoint;
  /** Ends it at once. */
  terminate(): void;
  /** Calls back when it died by itself, with what is known about it. */
  onDeath(report: (message: string) => void): void;
}

export interface RpcClient<P> {
  /** Throws CancelledError, or a StudioError with the fields it had on the other side. */
  call(method: string, args: readonly unknown[], job?: CallJob<P>): Promise<unknown>;
  /** Counts the workers that were started: a change means that the other side has lost its state. */
  readonly generation: number;
  close(): void;
}

interface Live<P> {
  readonly peer: Peer;
  readonly served: Remote<Served<P>>;
  readonly death: Promise<never>;
  readonly end: (reason: Error) => void;
}

const GRACE_MS = 800;

export function connect<P>(spawn: () => Peer, graceMs = GRACE_MS): RpcClient<P> {
  let live: Live<P> | undefined;
  let generation = 0;
  let count = 0;

  const start = (): Live<P> => {
    const peer = spawn();
    generation++;
    let end: (reason: Error) => void = () => undefined;
    const death = new Promise<never>((_, reject) => {
      end = (reason) => {
        if (live?.peer === peer) live = undefined;
        peer.terminate();
        reject(reason);
      };
    });
    death.catch(() => undefined); // each call listens for itself
    peer.onDeath((got) => end(died(got)));
    return { peer, served: wrap<Served<P>>(peer.endpoint), death, end };
  };

  return {
    get generation() {
      return generation;
    },
    close() {
      live?.end(died('it was closed'));
    },
    async call(method, args, job = {}) {
      const { signal } = job;
      if (isAborted(signal)) throw new CancelledError();
      const on = (live ??= start());
      const id = ++count;
      let timer: ReturnType<typeof setTimeout> | undefined;
      const abort = () => {
        on.served.cancel(id).catch(() => undefined);
        timer = setTimeout(() => on.end(died('a cancelled job did not stop')), graceMs);
      };
      signal?.addEventListener('abort', abort, { once: true });
      try {
        const progress = job.onProgress && proxy((p: P) => job.onProgress?.(p));
        // the proxied types of comlink cannot see that a Remote's call gives what Served says
        const answer = await Promise.race([on.served.call(id, method, args, progress as never), on.death]);
        if (answer.kind === 'value') return answer.value;
        throw answer.kind === 'cancelled' ? new CancelledError() : new StudioError(answer.error);
      } catch (error) {
        throw isAborted(signal) ? new CancelledError() : error;
      } finally {
        clearTimeout(timer);
        signal?.removeEventListener('abort', abort);
      }
    },
  };
}

/** Asked anew each time: it changes while a call waits. */
function isAborted(signal: AbortSignal | undefined): boolean {
  return signal?.aborted === true;
}

function died(got: string): StudioError {
  return new StudioError({
    code: 'internal',
    what: 'The engine worker ended',
    got,
    todo: 'Try again: the model and its data are opened anew',
  });
}

/** A dedicated worker as a peer. */
export function workerPeer(worker: Worker): Peer {
  return {
    endpoint: worker,
    terminate: () => worker.terminate(),
    onDeath: (report) => {
      worker.addEventListener('error', (e) => report(e.message || 'no message'));
      worker.addEventListener('messageerror', () => report('a message could not be read'));
    },
  };
}
