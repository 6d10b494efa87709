/**
 * The layout worker: the pure layout of core/analysis, with dagre placing levels that are not chains. Levels are kept, so that
 * the next picture lays out anew only what differs. When asked for it, the simple placement stands in for dagre.
 */
import { Graph, layout } from '@dagrejs/dagre';
import { expose } from 'comlink';
import { layOutGraph } from '../src/core/analysis/graph-layout';
import { layeredPlace } from '../src/core/analysis/layered-place';
import type { LayoutRequest, Point } from '../src/core/analysis/layout-types';
import { cachedLevels } from '../src/core/analysis/level-cache';
import type { Place } from '../src/core/analysis/level-layout';

const place: Place = ({ nodes, edges }) => {
  const g = new Graph();
  g.setGraph({ rankdir: 'TB', ranksep: 28, nodesep: 28, edgesep: 16, ranker: 'network-simplex' });
  for (const { id, width, height } of nodes) g.setNode(id, { width, height });
  for (const { source, target } of edges) g.setEdge(source, target, {});
  layout(g);
  // dagre's labels are open records; x, y and points are what layout() has just written into them
  const centreOf = (id: string) => g.node(id) as Point;
  const bendsOf = (source: string, target: string) => g.edge(source, target) as { readonly points?: readonly Point[] };
  return {
    centres: new Map(nodes.map(({ id }) => [id, { x: centreOf(id).x, y: centreOf(id).y }])),
    bends: edges.map(({ source, target }) => bendsOf(source, target).points ?? []),
  };
};

const levels = cachedLevels();
const api = { layOut: (request: LayoutRequest) => layOutGraph(request, request.simple === true ? layeredPlace : place, levels) };
export type LayoutApi = typeof api;
expose(api);
