/** Where an arrow key leads from a box: down and up along the edges, left and right to the nearest box beside it. */
import type { Box, GraphLayout } from '../../core/analysis/layout-types';

export type Direction = 'up' | 'down' | 'left' | 'right';

export function neighbour(layout: GraphLayout, id: string | undefined, direction: Direction): string | undefined {
  const boxes = new Map<string, Box>([...layout.cards, ...layout.blocks.filter((b) => !b.open)].map((b) => [b.id, b]));
  const here = id === undefined ? undefined : boxes.get(id);
  if (id === undefined || here === undefined) return layout.cards[0]?.id ?? layout.blocks[0]?.id;
  if (direction === 'down' || direction === 'up') {
    const along = reached(layout, id, direction, boxes);
    if (along.length > 0) return nearest(here, along, boxes);
  }
  const beside = [...boxes.keys()].filter((other) => {
    const b = boxes.get(other);
    if (b === undefined || other === id) return false;
    const dx = b.x + b.width / 2 - (here.x + here.width / 2);
    const dy = b.y + b.height / 2 - (here.y + here.height / 2);
    switch (direction) {
      case 'left':
        return dx < 0 && Math.abs(dx) > Math.abs(dy);
      case 'right':
        return dx > 0 && Math.abs(dx) > Math.abs(dy);
      case 'up':
        return dy < 0 && Math.abs(dy) > Math.abs(dx);
      case 'down':
        return dy > 0 && Math.abs(dy) > Math.abs(dx);
      default:
        return direction satisfies never;
    }
  });
  return nearest(here, beside, boxes);
}

/** Boxes at the other end of the lines that begin (down) or end (up) here: an edge's cards say which. */
function reached(layout: GraphLayout, id: string, direction: 'up' | 'down', boxes: ReadonlyMap<string, Box>): string[] {
  const found = new Set<string>();
  const follow = (at: string, carried: ReadonlySet<string> | undefined, seen: Set<string>) => {
    for (const e of layout.edges) {
      if ((direction === 'down' ? e.source : e.target) !== at) continue;
      const cards = direction === 'down' ? e.to : e.from;
      if (carried !== undefined && !cards.some((c) => carried.has(c))) continue;
      const other = direction === 'down' ? e.target : e.source;
      if (boxes.has(other)) found.add(other);
      else if (!seen.has(e.id)) follow(other, new Set(cards), seen.add(e.id));
    }
  };
  follow(id, undefined, new Set());
  found.delete(id);
  return [...found];
}

function nearest(here: Box, ids: readonly string[], boxes: ReadonlyMap<string, Box>): string | undefined {
  let best: string | undefined;
  let least = Infinity;
  for (const id of ids) {
    const b = boxes.get(id);
    if (b === undefined) continue;
    const d = Math.hypot(b.x + b.width / 2 - here.x - here.width / 2, b.y + b.height / 2 - here.y - here.height / 2);
    if (d < least) {
      least = d;
      best = id;
    }
  }
  return best;
}
