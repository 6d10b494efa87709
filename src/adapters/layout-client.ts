/**
 * The page's side of the layout worker. A picture that is not there after 2.5 s is given up: the worker is ended, for nothing else
 * stops it, and another lays the graph out simply. What the ended one had kept is worked out again when it is needed.
 * Law: one request is with a worker at a time; of those that wait only the newest is laid out, the others get its picture.
 */
import { wrap } from 'comlink';
import type { GraphLayout, LayoutRequest } from '../core/analysis/layout-types';

export interface LayoutWorker {
  layOut(request: LayoutRequest): Promise<GraphLayout>;
  end(): void;
}

/** How long the good layout may take. */
export const patienceMs = 2500;

export function createLayoutClient(
  start: () => LayoutWorker = startWorker,
  patience = patienceMs,
): (request: LayoutRequest) => Promise<GraphLayout> {
  let worker = start();
  const answer = async (request: LayoutRequest): Promise<GraphLayout> => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const tooLong = new Promise<undefined>((resolve) => {
      timer = setTimeout(() => resolve(undefined), patience);
    });
    try {
      const layout = await Promise.race([worker.layOut(request), tooLong]);
      if (layout !== undefined) return layout;
    } finally {
      clearTimeout(timer);
    }
    worker.end();
    worker = start();
    return worker.layOut({ ...request, simple: true });
  };

  let running: Promise<unknown> = Promise.resolve();
  let newest: LayoutRequest;
  let waiting: Promise<GraphLayout> | undefined;
  return (request) => {
    newest = request;
    if (waiting === undefined) {
      waiting = running.then(() => {
        waiting = undefined;
        return answer(newest);
      });
      running = waiting.catch(() => undefined);
    }
    return waiting;
  };
}

function startWorker(): LayoutWorker {
  const worker = new Worker(new URL('../../workers/layout.ts', import.meta.url), { type: 'module', name: 'layout' });
  const remote = wrap<{ layOut(request: LayoutRequest): GraphLayout }>(worker);
  return { layOut: (request) => remote.layOut(request), end: () => worker.terminate() };
}
