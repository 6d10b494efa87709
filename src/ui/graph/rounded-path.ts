/** An SVG path through points with right-angled bends, its corners rounded. */
import type { Point } from '../../core/analysis/layout-types';

/** Corners shrink where a leg is shorter than two radii. */
export function roundedPath(points: readonly Point[], radius = 8): string {
  const [first, ...rest] = points;
  if (first === undefined) return '';
  let path = `M${first.x} ${first.y}`;
  rest.forEach((p, i) => {
    const before = points[i] ?? first;
    const after = points[i + 2];
    if (after === undefined) {
      path += `L${p.x} ${p.y}`;
      return;
    }
    const r = Math.min(radius, distance(before, p) / 2, distance(p, after) / 2);
    const a = towards(p, before, r);
    const b = towards(p, after, r);
    path += `L${a.x} ${a.y}Q${p.x} ${p.y} ${b.x} ${b.y}`;
  });
  return path;
}

const distance = (a: Point, b: Point): number => Math.hypot(a.x - b.x, a.y - b.y);

function towards(from: Point, to: Point, by: number): Point {
  const d = distance(from, to);
  return d === 0 ? from : { x: from.x + ((to.x - from.x) * by) / d, y: from.y + ((to.y - from.y) * by) / d };
}
