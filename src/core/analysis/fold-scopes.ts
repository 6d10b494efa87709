/**
 * Blocks beyond what names say, so that a graph of any size can be closed to a few boxes: equal sibling scopes in a row become
 * one group (`12 × layer`), and a level too long to be looked at is divided: where it repeats itself, else where the fewest values are alive.
 * Pure: cards get longer scope paths, nothing else changes. Laws: a group holds neighbours of one level, in their order;
 * what is called equal has the same structure (structure.ts); graphs that can be drawn whole get no group.
 */
import type { GraphCard, ModelGraph, ScopeInfo } from './graph-types';
import { longestRepeat } from './repeats';
import { boxLimit, drawnBoxes, ROOT, scopeTree, type Scope, type ScopeTree } from './scope-tree';
import { structureOf, type Structure } from './structure';

/** Longer levels are divided. */
export const mostChildren = 60;
/** About as many items in a part that is cut by length. */
const partLength = 40;
/** Equal neighbours from which on a group says more than they do. */
const leastRun = 3;

interface Group {
  readonly id: string;
  readonly title: string;
  readonly times: number | undefined;
  readonly items: readonly Item[];
}
type Item = string | Group;

export function foldScopes(graph: ModelGraph): ModelGraph {
  const tree = scopeTree(graph);
  const structure = structureOf(graph, tree);
  const isLarge = drawnBoxes(tree, new Set()) > boxLimit;
  const infos = new Map<string, ScopeInfo>();
  /** Groups around a card or scope, outermost first, those of one level. */
  const around = new Map<string, readonly string[]>();
  const note = (items: readonly Item[], outer: readonly string[]) => {
    for (const item of items) {
      if (typeof item === 'string') {
        if (outer.length > 0) around.set(item, outer);
        continue;
      }
      infos.set(item.id, { id: item.id, title: item.title, times: item.times, copyOf: undefined });
      const inside = item.items.filter((i) => typeof i !== 'string');
      if (item.times !== undefined && item.times === inside.length) markCopies(inside);
      note(item.items, [...outer, item.id]);
    }
  };
  /** Bodies of one repetition: all are as the first. */
  const copies = new Map<string, string>();
  const markCopies = ([first, ...others]: readonly Group[]) => {
    for (const other of others) if (first !== undefined) copies.set(other.id, first.id);
  };

  const crossings = crossingsOf(graph, tree);
  for (const scope of tree.scopes.values()) {
    markEqualSiblings(scope, tree, structure, copies);
    const times = timesOf(scope, tree, structure);
    if (times !== undefined) infos.set(scope.id, { id: scope.id, title: undefined, times, copyOf: undefined });
    if (!isLarge) continue;
    const items = times === undefined ? runsOf(scope, tree, structure) : scope.children;
    note(
      divided(items, structure, (ids) => crossings(scope.id, ids)),
      [],
    );
  }
  for (const [id, copyOf] of copies) {
    const known = infos.get(id);
    infos.set(id, { id, title: known?.title, times: known?.times, copyOf });
  }
  return {
    ...graph,
    cards: around.size === 0 ? graph.cards : graph.cards.map((card) => withGroups(card, tree, around)),
    scopes: [...infos.values()],
  };
}

/** Puts the groups of every level right behind the scope that the level belongs to. */
function withGroups(card: GraphCard, tree: ScopeTree, around: ReadonlyMap<string, readonly string[]>): GraphCard {
  const path = tree.pathOf.get(card.id) ?? [];
  const inner = [...path.slice(), card.id];
  const behind = new Map(inner.map((child, i) => [i === 0 ? ROOT : (path[i - 1] ?? ROOT), around.get(child) ?? []]));
  return { ...card, scope: [...(behind.get(ROOT) ?? []), ...card.scope.flatMap((s) => [s, ...(behind.get(s) ?? [])])] };
}

/** Every scope that is as an earlier one of its level. */
function markEqualSiblings(scope: Scope, tree: ScopeTree, { kindOf }: Structure, copies: Map<string, string>): void {
  const first = new Map<number | undefined, string>();
  for (const child of scope.children) {
    if (tree.cards.has(child)) continue;
    const kind = kindOf.get(child);
    const before = first.get(kind);
    if (before === undefined) first.set(kind, child);
    else copies.set(child, before);
  }
}

/** How many times a scope holds the same thing and nothing else. */
function timesOf(scope: Scope, tree: ScopeTree, { kindOf }: Structure): number | undefined {
  const { children } = scope;
  const isRun =
    scope.id !== ROOT &&
    children.length >= leastRun &&
    children.every((c) => !tree.cards.has(c) && kindOf.get(c) === kindOf.get(children[0] ?? ''));
  return isRun ? children.length : undefined;
}

/** The children of a level with its runs of equal scopes as groups. */
function runsOf(scope: Scope, tree: ScopeTree, { kindOf }: Structure): Item[] {
  const { children } = scope;
  const items: Item[] = [];
  for (let i = 0; i < children.length;) {
    const id = children[i] ?? '';
    let end = i + 1;
    if (!tree.cards.has(id)) while (end < children.length && kindOf.get(children[end] ?? '') === kindOf.get(id)) end++;
    if (end - i >= leastRun) items.push(group(wordOf(id), children.slice(i, end), end - i));
    else items.push(...children.slice(i, end));
    i = end;
  }
  return items;
}

/** What a numbered scope is called without its number: `layer` for `encoder.layer.3`. */
function wordOf(id: string): string {
  const words = id.split('.').filter((w) => !/^\d+$/.test(w));
  return words.at(-1)?.replace(/[_-]?\d+$/, '') || 'block';
}

const firstOf = (item: Item): string => (typeof item === 'string' ? item : firstOf(item.items[0] ?? ''));
const lastOf = (item: Item): string => (typeof item === 'string' ? item : lastOf(item.items.at(-1) ?? ''));
const leavesOf = (items: readonly Item[]): string[] => items.flatMap((i) => (typeof i === 'string' ? [i] : leavesOf(i.items)));

function group(title: string, items: readonly Item[], times: number | undefined): Group {
  const id = `${firstOf(items[0] ?? '')} … ${lastOf(items.at(-1) ?? '')}`;
  return { id, title, times, items };
}

type Crossing = (ids: readonly (readonly string[])[]) => ArrayLike<number>;

/** No level longer than `mostChildren`, and no part of it: by repetition, else by length. */
function divided(items: readonly Item[], structure: Structure, crossing: Crossing): readonly Item[] {
  if (items.length <= mostChildren) return items;
  const places = crossing(items.map((item) => leavesOf([item])));
  return repeated(items, places, structure, crossing) ?? cut(items, places, structure, crossing);
}

function repeated(
  items: readonly Item[],
  places: ArrayLike<number>,
  structure: Structure,
  crossing: Crossing,
): readonly Item[] | undefined {
  const kinds = items.map((item) =>
    typeof item === 'string' ? (structure.kindOf.get(item) ?? -1) : structure.kindOfList(leavesOf([item])),
  );
  const found = longestRepeat(kinds, places, Math.max(12, items.length / 24));
  if (found === undefined) return undefined;
  const { start, period, times } = found;
  const bodies = Array.from({ length: times }, (_, k) => items.slice(start + k * period, start + (k + 1) * period));
  // Labels know no edges: bodies that are wired otherwise end the run.
  const forms = bodies.map((body) => structure.kindOfList(leavesOf(body)));
  const run = longestEqual(forms);
  if (run.length < 2) return undefined;
  const equal = bodies.slice(run.from, run.from + run.length);
  const units: Item[] = equal.map((body, k) =>
    body.length === 1 ? (body[0] ?? '') : group(`block ${k + 1}`, divided(body, structure, crossing), undefined),
  );
  const of = period === 1 ? 'layer' : 'block';
  const from = start + run.from * period;
  const whole = group(of, units.length <= mostChildren ? units : inParts(units, of), equal.length);
  // What is left at both sides may repeat itself in another way, and all of it together again.
  const shorter = [...items.slice(0, from), whole, ...items.slice(from + run.length * period)];
  return divided(shorter, structure, crossing);
}

function longestEqual(forms: readonly number[]): { readonly from: number; readonly length: number } {
  let best = { from: 0, length: 0 };
  for (let i = 0; i < forms.length;) {
    let end = i + 1;
    while (end < forms.length && forms[end] === forms[i]) end++;
    if (end - i > best.length) best = { from: i, length: end - i };
    i = end;
  }
  return best;
}

/** Equal units need no good places to cut: as many to a part as there are parts. */
function inParts(units: readonly Item[], of: string): Item[] {
  const size = Math.ceil(Math.sqrt(units.length));
  return Array.from({ length: Math.ceil(units.length / size) }, (_, k) => {
    const part = units.slice(k * size, (k + 1) * size);
    return part.length === 1 ? (part[0] ?? '') : group(`${of}s ${k * size + 1} to ${k * size + part.length}`, part, undefined);
  });
}

/** Parts of about equal length that begin where few values are alive. */
function cut(items: readonly Item[], places: ArrayLike<number>, structure: Structure, crossing: Crossing): Item[] {
  const n = items.length;
  const count = Math.min(partLength, Math.ceil(n / partLength));
  const reach = Math.floor(n / count / 3);
  const borders = [0];
  for (let k = 1; k < count; k++) {
    const ideal = Math.round((k * n) / count);
    let best = ideal;
    for (let d = 0; d <= reach; d++)
      for (const at of [ideal - d, ideal + d]) if ((places[at] ?? Infinity) < (places[best] ?? Infinity)) best = at;
    if (best > (borders.at(-1) ?? 0)) borders.push(best);
  }
  return borders.map((from, k) => {
    const part = items.slice(from, borders[k + 1] ?? n);
    if (part.length === 1) return part[0] ?? '';
    const { id, ...rest } = group('', divided(part, structure, crossing), undefined);
    return { ...rest, id, title: id };
  });
}

/** For a level's items (each as the children it holds): values that run past the place before each. */
function crossingsOf(graph: ModelGraph, tree: ScopeTree) {
  return (level: string, lists: readonly (readonly string[])[]): ArrayLike<number> => {
    const index = new Map(lists.flatMap((ids, i) => ids.map((id) => [id, i] as const)));
    const depth = (tree.scopes.get(level)?.depth ?? -1) + 1;
    const itemOf = (card: string): number | undefined => index.get(tree.pathOf.get(card)?.[depth] ?? card);
    const last = new Map<string, number>();
    for (const { from, to } of graph.edges) {
      const at = itemOf(to);
      if (at !== undefined && itemOf(from) !== undefined) last.set(from, Math.max(last.get(from) ?? 0, at));
    }
    const change = new Int32Array(lists.length + 2);
    for (const [from, end] of last) {
      const begin = itemOf(from) ?? 0;
      if (end <= begin) continue;
      change[begin + 1] = (change[begin + 1] ?? 0) + 1;
      change[end + 1] = (change[end + 1] ?? 0) - 1;
    }
    for (let i = 1; i < change.length; i++) change[i] = (change[i] ?? 0) + (change[i - 1] ?? 0);
    return change;
  };
}
