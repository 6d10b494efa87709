/** The layer tree as the rows that are visible: scopes that are open in the graph are open here, a search opens what it finds. */
import type { GraphCard, ModelGraph } from '../../../engine/api';

export type TreeRow =
  | {
      readonly kind: 'scope';
      readonly id: string;
      readonly title: string;
      readonly level: number;
      readonly open: boolean;
      readonly count: number;
      /** It holds this many equal blocks and nothing else. */
      readonly times: number | undefined;
    }
  | { readonly kind: 'card'; readonly id: string; readonly card: GraphCard; readonly level: number };

/** `found`: what a search leaves; undefined: nothing is searched. */
export function treeRows(graph: ModelGraph, closed: ReadonlySet<string>, found: ((card: GraphCard) => boolean) | undefined): TreeRow[] {
  const infos = new Map(graph.scopes.map((info) => [info.id, info]));
  const counts = new Map<string, number>();
  const members = new Map<string, Set<string>>();
  for (const card of graph.cards) {
    card.scope.forEach((scope, i) => {
      counts.set(scope, (counts.get(scope) ?? 0) + 1);
      const inside = members.get(scope) ?? new Set<string>();
      members.set(scope, inside.add(card.scope[i + 1] ?? `\u0000${card.id}`));
    });
  }
  // Scopes that hold one thing only are not levels of their own, as in the graph.
  const isLevel = (scope: string): boolean => members.get(scope)?.size !== 1;
  const searching = found !== undefined;
  const rows: TreeRow[] = [];
  const drawn = new Set<string>();
  for (const card of graph.cards) {
    if (searching && !found(card)) continue;
    const path = card.scope.filter(isLevel);
    let hidden = false;
    path.forEach((scope, level) => {
      if (hidden) return;
      const open = searching || !closed.has(scope);
      if (!drawn.has(scope)) {
        drawn.add(scope);
        const info = infos.get(scope);
        // Groups of blocks lie between a scope and those that are called after it.
        const parent = path.slice(0, level).findLast((s) => infos.get(s)?.title === undefined);
        const title = info?.title ?? shortTitle(scope, parent ?? '');
        rows.push({ kind: 'scope', id: scope, title, level, open, count: counts.get(scope) ?? 0, times: info?.times });
      }
      if (!open) hidden = true;
    });
    if (!hidden) rows.push({ kind: 'card', id: card.id, card, level: path.length });
  }
  return rows;
}

/** Without what its parent is called; a number keeps its parent's last word: `layer.0`. */
function shortTitle(id: string, parent: string): string {
  if (!id.startsWith(`${parent}.`)) return id;
  const rest = id.slice(parent.length + 1);
  return /^\d/.test(rest) ? `${parent.slice(parent.lastIndexOf('.') + 1)}.${rest}` : rest;
}
