/**
 * A team of worker threads for the executor in Node. The command line runs from its sources, so a thread first
 * learns to read them. The threads hold no process open.
 */
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';
import { createTeam, type Mate, type Team, type TeamOptions } from '../../core/index';

/** More threads than this wait for each other more than they work. */
const MOST = 8;

/** undefined where there is one processor. */
export function nodeTeam(threads = Math.min(MOST, availableParallelism()), options: TeamOptions = {}): Team | undefined {
  if (threads < 2) return undefined;
  const spawn = (ended: () => void): Mate => {
    const worker = new Worker(new URL('./mate.mjs', import.meta.url));
    worker.unref();
    worker.on('error', () => undefined); // it exits too
    worker.on('exit', ended);
    return { post: (order) => worker.postMessage(order), end: () => void worker.terminate() };
  };
  return createTeam(threads, spawn, options);
}
