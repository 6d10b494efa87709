/** A team of workers for the executor, in a page that is isolated: elsewhere there is no shared memory, and no team. */
import { createTeam, type Mate, type Team } from '../../core/index';

/** More threads than this wait for each other more than they work. */
const MOST = 8;

export function pageTeam(spawn: () => Worker): Team | undefined {
  const threads = Math.min(MOST, navigator.hardwareConcurrency);
  if (!globalThis.crossOriginIsolated || threads < 2) return undefined;
  return createTeam(threads, (ended): Mate => {
    const worker = spawn();
    worker.addEventListener('error', () => {
      worker.terminate();
      ended();
    });
    // the only thing a mate says is that it leaves
    worker.addEventListener('message', ended);
    return { post: (order) => worker.postMessage(order), end: () => worker.terminate() };
  });
}
