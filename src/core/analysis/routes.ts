/**
 * Ways of edges between boxes, in right angles only. Each knows two boxes or points and nothing of the level around them.
 */
import type { Box, Point } from './layout-types';

/** Where edges arrive on the top border and leave on the bottom border, from the left. */
export interface Ports {
  readonly inX: number;
  readonly outX: number;
  readonly isBlock: boolean;
}

/** Between neighbours of a line: cards side to side, blocks from the bottom of one around to the top of the next. */
export function alongLine(a: Box, ia: Ports, b: Box, ib: Ports): Point[] {
  if (!ia.isBlock || !ib.isBlock) {
    const y = a.y + a.height / 2;
    return [
      { x: a.x + a.width, y },
      { x: b.x, y },
    ];
  }
  const gutter = (a.x + a.width + b.x) / 2;
  const low = a.y + a.height + 16;
  const high = b.y - 16;
  return [
    { x: a.x + ia.outX, y: a.y + a.height },
    { x: a.x + ia.outX, y: low },
    { x: gutter, y: low },
    { x: gutter, y: high },
    { x: b.x + ib.inX, y: high },
    { x: b.x + ib.inX, y: b.y },
  ];
}

/** Straight down, with one step in the gap under `below` where the ends are not above each other. */
export function downwards(from: Point, to: Point, below: number): Point[] {
  if (Math.abs(from.x - to.x) < 1) return [from, { x: from.x, y: to.y }];
  const y = Math.min(Math.max((below + to.y) / 2, from.y), to.y);
  return [from, { x: from.x, y }, { x: to.x, y }, to];
}

/** Right angles only: down, across halfway to the next bend, down again. */
export function throughBends(from: Point, bends: readonly Point[], to: Point): Point[] {
  const points = [from];
  let last = from;
  for (const p of [...bends.slice(1, -1), to]) {
    if (Math.abs(p.x - last.x) >= 1) {
      const y = (last.y + p.y) / 2;
      points.push({ x: last.x, y }, { x: p.x, y });
    }
    points.push(p);
    last = p;
  }
  return points;
}

/** Drops points in the middle of a straight line. */
export function simplify(points: readonly Point[]): Point[] {
  return points.filter((p, i) => {
    const a = points[i - 1];
    const b = points[i + 1];
    return a === undefined || b === undefined || !((a.x === p.x && p.x === b.x) || (a.y === p.y && p.y === b.y));
  });
}
