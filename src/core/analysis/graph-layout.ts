/**
 * The picture of a whole graph: one open level at a time, innermost first, equal levels laid out once.
 * Pure: the general placement of a level (dagre) comes in as an argument.
 */
import type { GraphCard } from './graph-types';
import type { GraphLayout, LaidBlock, LaidCard, LaidEdge, LayoutRequest } from './layout-types';
import { cachedLevels } from './level-cache';
import type { LevelItem, Place, PlacedLevel } from './level-layout';
import { boxLimit, closeToFit, ENTRY, EXIT, levelEdges, ROOT, scopeTree, type Scope } from './scope-tree';

/** From this many users on, a value is drawn as a label at each of them. */
const hubDegree = 6;
const header = 36;
const blockPad = { top: header + 12, side: 16, bottom: 20 };
const rootPad = { top: 24, side: 24, bottom: 24 };

export function cardSize(card: GraphCard): { readonly width: number; readonly height: number } {
  if (card.kind === 'elementwise') return { width: 136, height: 36 };
  return card.kind === 'conv' || card.kind === 'linear' || card.kind === 'norm' ? { width: 280, height: 56 } : { width: 216, height: 40 };
}

/** `layOutLevel`: from cachedLevels where pictures of one graph follow each other. */
export function layOutGraph({ graph, collapsed, simple = false }: LayoutRequest, place: Place, layOutLevel = cachedLevels()): GraphLayout {
  const tree = scopeTree(graph);
  const known = collapsed?.filter((s) => tree.scopes.has(s)) ?? closeToFit(tree, boxLimit);
  const closed = new Set(known);

  const users = new Map<string, number>();
  for (const e of graph.edges) users.set(e.from, (users.get(e.from) ?? 0) + 1);
  const portals: { from: string; to: string }[] = [];
  const first = new Set<string>();
  const portalKeys = new Set<string>();
  for (const e of graph.edges) {
    if ((users.get(e.from) ?? 0) < hubDegree) continue;
    if (first.has(e.from)) {
      portals.push({ from: e.from, to: e.to });
      portalKeys.add(`${e.from}\u0001${e.to}`);
    } else first.add(e.from);
  }
  const edges = levelEdges(graph, tree, closed, (from, to) => portalKeys.has(`${from}\u0001${to}`));

  const totals = blockTotals(tree.scopes, tree.cards);
  const levels = new Map<string, PlacedLevel>();
  const layOut = (scope: Scope): PlacedLevel => {
    const items = scope.children.map((id): LevelItem => {
      const card = tree.cards.get(id);
      const inner = tree.scopes.get(id);
      if (card !== undefined || inner === undefined) {
        const size = card === undefined ? { width: 0, height: 0 } : cardSize(card);
        return { id, ...size, inX: size.width / 2, outX: size.width / 2, isBlock: false };
      }
      if (closed.has(id)) return { id, width: 280, height: 56, inX: 140, outX: 140, isBlock: true };
      const level = layOut(inner);
      return { id, width: level.width, height: level.height, inX: level.inX, outX: level.outX, isBlock: true };
    });
    const root = scope.id === ROOT;
    const level = layOutLevel(items, edges.get(scope.id) ?? [], root ? rootPad : blockPad, root ? 0 : 280, place);
    levels.set(scope.id, level);
    return level;
  };
  const rootScope = tree.scopes.get(ROOT);
  if (rootScope === undefined || graph.cards.length === 0)
    return { cards: [], blocks: [], edges: [], x: 0, y: 0, width: 0, height: 0, collapsed: known, portals: [], simple };
  const whole = layOut(rootScope);

  const cards: LaidCard[] = [];
  const blocks: LaidBlock[] = [];
  const lines: LaidEdge[] = [];
  const draw = (scope: Scope, x: number, y: number) => {
    const level = levels.get(scope.id);
    if (level === undefined) return;
    for (const { edge, skip, points } of level.edges) {
      lines.push({
        id: `${scope.id}/${edge.source === ENTRY ? '>' : edge.source}/${edge.target === EXIT ? '<' : edge.target}`,
        source: edge.source === ENTRY ? scope.id : edge.source,
        target: edge.target === EXIT ? scope.id : edge.target,
        skip,
        points: points.map((p) => ({ x: p.x + x, y: p.y + y })),
        from: [...edge.from],
        to: [...edge.to],
      });
    }
    for (const id of scope.children) {
      const box = level.boxes.get(id);
      if (box === undefined) continue;
      const placed = { ...box, x: box.x + x, y: box.y + y };
      const inner = tree.scopes.get(id);
      if (inner === undefined || tree.cards.has(id)) {
        cards.push({ id, ...placed });
        continue;
      }
      const open = !closed.has(id);
      const total = totals.get(id) ?? { cards: 0, parameters: 0, macs: 0 };
      const portX = levels.get(id)?.inX ?? 0;
      blocks.push({ id, ...placed, title: inner.title, depth: inner.depth, open, times: inner.info?.times, portX, ...total });
      if (open) draw(inner, placed.x, placed.y);
    }
  };
  draw(rootScope, 0, 0);
  return { cards, blocks, edges: lines, x: 0, y: 0, width: whole.width, height: whole.height, collapsed: known, portals, simple };
}

/** What each scope holds, everything inside counted. */
function blockTotals(scopes: ReadonlyMap<string, Scope>, cards: ReadonlyMap<string, GraphCard>) {
  const totals = new Map<string, { cards: number; parameters: number; macs: number }>();
  const total = (scope: Scope): { cards: number; parameters: number; macs: number } => {
    const sum = { cards: 0, parameters: 0, macs: 0 };
    for (const id of scope.children) {
      const card = cards.get(id);
      const inner = scopes.get(id);
      const part =
        card !== undefined ? { cards: 1, parameters: card.parameters, macs: card.macs } : inner !== undefined ? total(inner) : undefined;
      if (part === undefined) continue;
      sum.cards += part.cards;
      sum.parameters += part.parameters;
      sum.macs += part.macs;
    }
    totals.set(scope.id, sum);
    return sum;
  };
  const root = scopes.get(ROOT);
  if (root !== undefined) total(root);
  return totals;
}
