/** What can be asked of a drawn graph, and moving it. Pure; the picture itself is made in the layout worker. */
import type { Box, GraphLayout, Point } from '../core/analysis/layout-types';

/** The same picture with box `id` where it was in `before`, so that nothing jumps under the pointer that opened or closed it. */
export function keepingPlace(layout: GraphLayout, before: GraphLayout, id: string): GraphLayout {
  const old = boxOf(before, id);
  const now = boxOf(layout, id);
  if (old === undefined || now === undefined) return layout;
  const [dx, dy] = [old.x - now.x, old.y - now.y];
  if (dx === 0 && dy === 0) return layout;
  const moved = <T extends Point>(p: T): T => ({ ...p, x: p.x + dx, y: p.y + dy });
  return {
    ...moved(layout),
    cards: layout.cards.map(moved),
    blocks: layout.blocks.map(moved),
    edges: layout.edges.map((e) => ({ ...e, points: e.points.map(moved) })),
  };
}

export const boxOf = (layout: GraphLayout, id: string): Box | undefined =>
  layout.cards.find((c) => c.id === id) ?? layout.blocks.find((b) => b.id === id);

/** Whether a box, or a point, lies in another. */
export const contains = (outer: Box, inner: Point & Partial<Box>): boolean =>
  inner.x >= outer.x &&
  inner.y >= outer.y &&
  inner.x + (inner.width ?? 0) <= outer.x + outer.width &&
  inner.y + (inner.height ?? 0) <= outer.y + outer.height;
