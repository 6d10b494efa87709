/**
 * Which parts of a graph are built alike: a number for every card and every scope, equal where the operators, shapes,
 * sizes and inner edges are equal. Names and weights do not count.
 * Law: equal numbers mean equal structure; nothing is hashed, so nothing collides.
 */
import type { GraphCard, ModelGraph } from './graph-types';
import { ROOT, type ScopeTree } from './scope-tree';

export interface Structure {
  /** By id of a card or a scope. */
  readonly kindOf: ReadonlyMap<string, number>;
  /** The same for a list of cards and scopes, as if they were a scope. */
  kindOfList(ids: readonly string[]): number;
}

export function structureOf(graph: ModelGraph, tree: ScopeTree): Structure {
  const interned = new Map<string, number>();
  const intern = (key: string): number => {
    let n = interned.get(key);
    if (n === undefined) interned.set(key, (n = interned.size));
    return n;
  };
  const into = new Map<string, string[]>();
  for (const { from, to } of graph.edges) {
    const sources = into.get(to);
    if (sources === undefined) into.set(to, [from]);
    else sources.push(from);
  }
  const cardsIn = (ids: readonly string[], found: string[] = []): string[] => {
    for (const id of ids) {
      const scope = tree.cards.has(id) ? undefined : tree.scopes.get(id);
      if (scope === undefined) found.push(id);
      else cardsIn(scope.children, found);
    }
    return found;
  };
  const kindOf = new Map<string, number>();
  /** Edges by position, so that names play no part; what comes from outside is one mark, wherever it comes from. */
  const kindOfList = (ids: readonly string[]): number => {
    const cards = cardsIn(ids);
    const position = new Map(cards.map((id, i) => [id, i]));
    const edges = cards.map((id) => (into.get(id) ?? []).map((from) => position.get(from) ?? -1).sort((a, b) => a - b));
    return intern(JSON.stringify([ids.map((id) => kindOf.get(id)), edges]));
  };
  for (const card of graph.cards) kindOf.set(card.id, intern(keyOf(card)));
  const visit = (id: string): void => {
    const children = tree.scopes.get(id)?.children ?? [];
    for (const child of children) if (!tree.cards.has(child)) visit(child);
    if (id !== ROOT) kindOf.set(id, kindOfList(children));
  };
  visit(ROOT);
  return { kindOf, kindOfList };
}

const keyOf = ({ op, title, tags, inputShapes, outputShape, parameters, macs }: GraphCard): string =>
  JSON.stringify([op, title, tags, inputShapes, outputShape, parameters, macs]);
