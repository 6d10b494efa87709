/** The page's side of the layout worker. */
import { wrap } from 'comlink';
import type { GraphLayout, LayoutRequest } from '../core/analysis/layout-types';

interface LayoutWorker {
  layOut(request: LayoutRequest): GraphLayout;
}

export function createLayoutClient(): (request: LayoutRequest) => Promise<GraphLayout> {
  const worker = new Worker(new URL('../../workers/layout.ts', import.meta.url), { type: 'module', name: 'layout' });
  const remote = wrap<LayoutWorker>(worker);
  return (request) => remote.layOut(request);
}
