/**
 * A placement in layers that is always quick: ranks by the longest way, the order within a rank by where neighbours above lie.
 * It stands in where the better one (dagre) takes too long. Lines go straight from one rank to the next.
 * Law: nodes do not overlap, and an edge leads downwards.
 */
import type { Point } from './layout-types';
import type { Place, PlaceRequest } from './level-layout';

const gap = { down: 44, across: 28 };

export const layeredPlace: Place = ({ nodes, edges }: PlaceRequest) => {
  const out = new Map<string, string[]>();
  const into = new Map<string, string[]>();
  for (const { source, target } of edges) {
    out.set(source, [...(out.get(source) ?? []), target]);
    into.set(target, [...(into.get(target) ?? []), source]);
  }
  const rank = ranksOf(nodes, out, into);
  const rows: (typeof nodes)[number][][] = [];
  for (const node of nodes) (rows[rank.get(node.id) ?? 0] ??= []).push(node);

  const centres = new Map<string, Point>();
  let y = 0;
  // A rank may be empty where only a circle would fill it.
  for (const row of rows.filter((r) => r !== undefined)) {
    const wish = new Map(row.map((node, i) => [node.id, middle((into.get(node.id) ?? []).flatMap((id) => centres.get(id)?.x ?? [])) ?? i]));
    row.sort((a, b) => (wish.get(a.id) ?? 0) - (wish.get(b.id) ?? 0));
    const height = Math.max(...row.map((n) => n.height));
    let x = -row.reduce((sum, n) => sum + n.width + gap.across, -gap.across) / 2;
    for (const node of row) {
      centres.set(node.id, { x: x + node.width / 2, y: y + height / 2 });
      x += node.width + gap.across;
    }
    y += height + gap.down;
  }
  return { centres, bends: edges.map(() => []) };
};

/** The longest way from above; nodes of a circle get what is known when nothing else is left. */
function ranksOf(
  nodes: PlaceRequest['nodes'],
  out: ReadonlyMap<string, readonly string[]>,
  into: ReadonlyMap<string, readonly string[]>,
): ReadonlyMap<string, number> {
  const rank = new Map(nodes.map((n) => [n.id, 0]));
  const open = new Map(nodes.map((n) => [n.id, into.get(n.id)?.length ?? 0]));
  const ready = nodes.filter((n) => open.get(n.id) === 0).map((n) => n.id);
  const done = new Set<string>();
  for (let at = 0; done.size < nodes.length; at++) {
    const id = ready[at] ?? nodes.find((n) => !done.has(n.id))?.id;
    if (id === undefined || done.has(id)) continue;
    if (ready[at] === undefined) ready.push(id);
    done.add(id);
    for (const target of out.get(id) ?? []) {
      if (done.has(target)) continue;
      rank.set(target, Math.max(rank.get(target) ?? 0, (rank.get(id) ?? 0) + 1));
      const left = (open.get(target) ?? 1) - 1;
      open.set(target, left);
      if (left === 0) ready.push(target);
    }
  }
  return rank;
}

const middle = (xs: readonly number[]): number | undefined => (xs.length === 0 ? undefined : xs.reduce((a, b) => a + b, 0) / xs.length);
