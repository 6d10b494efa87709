/**
 * The tree of scopes of a display graph and, for a choice of closed scopes, what each open level holds and which
 * edges run inside it. An edge between scopes becomes one edge per level it crosses, through ENTRY and EXIT.
 * Law: a scope that holds one thing only, a scope or a card, is not a level of its own.
 */
import type { GraphCard, ModelGraph, ScopeInfo } from './graph-types';

export const ENTRY = '\u0000in';
export const EXIT = '\u0000out';
export const ROOT = '';
/** Boxes drawn at once; more would make panning slow and the picture unreadable. */
export const boxLimit = 150;

export interface Scope {
  readonly id: string;
  readonly title: string;
  /** Ids of cards and scopes, in the order of the network. */
  readonly children: string[];
  readonly parent: string | undefined;
  /** 0 for the outermost scopes; -1 for the root. */
  readonly depth: number;
  readonly info: ScopeInfo | undefined;
}

export interface ScopeTree {
  readonly scopes: ReadonlyMap<string, Scope>;
  readonly cards: ReadonlyMap<string, GraphCard>;
  /** Scopes around a card, outermost first, the root left out. */
  readonly pathOf: ReadonlyMap<string, readonly string[]>;
}

export interface LevelEdge {
  readonly source: string;
  readonly target: string;
  readonly from: Set<string>;
  readonly to: Set<string>;
}

/** A chain of scopes with one child each is merged into its innermost one. */
export function scopeTree(graph: ModelGraph): ScopeTree {
  const infos = new Map(graph.scopes.map((info) => [info.id, info]));
  const members = new Map<string, Set<string>>();
  for (const card of graph.cards) {
    card.scope.forEach((scope, i) => add(members, scope, card.scope[i + 1] ?? `\u0000${card.id}`));
  }
  const merged = (scope: string): boolean => members.get(scope)?.size === 1;
  const cards = new Map<string, GraphCard>();
  const pathOf = new Map<string, readonly string[]>();
  const root: Scope = { id: ROOT, title: '', children: [], parent: undefined, depth: -1, info: undefined };
  const scopes = new Map<string, Scope>([[ROOT, root]]);
  for (const card of graph.cards) {
    const path = card.scope.filter((scope) => !merged(scope));
    let parent = root;
    let named = ROOT;
    for (const id of path) {
      let scope = scopes.get(id);
      if (scope === undefined) {
        const info = infos.get(id);
        scope = { id, title: info?.title ?? shortTitle(id, named), children: [], parent: parent.id, depth: parent.depth + 1, info };
        scopes.set(id, scope);
        parent.children.push(id);
      }
      if (scope.info?.title === undefined) named = id;
      parent = scope;
    }
    cards.set(card.id, card);
    pathOf.set(card.id, path);
    parent.children.push(card.id);
  }
  return { scopes, cards, pathOf };
}

/** `encoder.layer` inside `bert` reads as it is; a number keeps its parent's last word: `features.1`, also of `features.1.conv`. */
function shortTitle(id: string, parent: string): string {
  if (!id.startsWith(`${parent}.`)) return id;
  const rest = id.slice(parent.length + 1);
  return /^\d/.test(rest) ? `${parent.slice(parent.lastIndexOf('.') + 1)}.${rest.split('.')[0]}` : rest;
}

function add(map: Map<string, Set<string>>, key: string, value: string): void {
  const set = map.get(key);
  if (set === undefined) map.set(key, new Set([value]));
  else set.add(value);
}

/** Edges of every open level, by the scope's id. Edges of hubs (`isPortal`) are left out. */
export function levelEdges(
  graph: ModelGraph,
  tree: ScopeTree,
  closed: ReadonlySet<string>,
  isPortal: (from: string, to: string) => boolean,
): ReadonlyMap<string, readonly LevelEdge[]> {
  const levels = new Map<string, Map<string, LevelEdge>>();
  const visible = (card: string): string[] => {
    const path = tree.pathOf.get(card) ?? [];
    const at = path.findIndex((s) => closed.has(s));
    return at < 0 ? [...path, card] : path.slice(0, at + 1);
  };
  const put = (level: string, source: string, target: string, from: string, to: string) => {
    let edges = levels.get(level);
    if (edges === undefined) levels.set(level, (edges = new Map<string, LevelEdge>()));
    const key = `${source}\u0001${target}`;
    let edge = edges.get(key);
    if (edge === undefined) edges.set(key, (edge = { source, target, from: new Set(), to: new Set() }));
    edge.from.add(from);
    edge.to.add(to);
  };
  for (const { from, to } of graph.edges) {
    if (isPortal(from, to)) continue;
    const a = visible(from);
    const b = visible(to);
    let common = 0;
    while (common < a.length && common < b.length && a[common] === b[common]) common++;
    const source = a[common];
    const target = b[common];
    if (source === undefined || target === undefined) continue;
    put(common === 0 ? ROOT : (a[common - 1] ?? ROOT), source, target, from, to);
    for (let i = common; i + 1 < a.length; i++) put(a[i] ?? ROOT, a[i + 1] ?? '', EXIT, from, to);
    for (let i = common; i + 1 < b.length; i++) put(b[i] ?? ROOT, ENTRY, b[i + 1] ?? '', from, to);
  }
  return new Map([...levels].map(([id, edges]) => [id, [...edges.values()]]));
}

/** Boxes that would be drawn. */
export function drawnBoxes(tree: ScopeTree, closed: ReadonlySet<string>): number {
  let count = 0;
  const walk = (scope: Scope) => {
    for (const child of scope.children) {
      count++;
      const inner = tree.scopes.get(child);
      if (inner !== undefined && !closed.has(child)) walk(inner);
    }
  };
  const root = tree.scopes.get(ROOT);
  if (root !== undefined) walk(root);
  return count;
}

/**
 * Opens scopes, outermost first, while at most `limit` boxes are drawn; where not all can be open, one of several equal
 * blocks stands for all of them. Answers those that stay closed.
 */
export function closeToFit(tree: ScopeTree, limit: number): readonly string[] {
  if (drawnBoxes(tree, new Set()) <= limit) return [];
  const closed = new Set([...tree.scopes.keys()].filter((id) => id !== ROOT));
  const root = tree.scopes.get(ROOT);
  let drawn = root?.children.length ?? 0;
  const waiting = [...(root?.children ?? [])];
  for (let at = 0; at < waiting.length; at++) {
    const scope = tree.scopes.get(waiting[at] ?? ROOT);
    if (scope === undefined || tree.cards.has(scope.id) || scope.info?.copyOf !== undefined) continue;
    if (drawn + scope.children.length > limit) continue;
    closed.delete(scope.id);
    drawn += scope.children.length;
    waiting.push(...scope.children);
  }
  return [...closed];
}
