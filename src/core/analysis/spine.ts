/**
 * A level that is one main line with short lines beside it (a residual block with a projection): found here, and placed
 * with the main line straight down and each side line in a column at its left, next to where it joins again.
 * Anything else is not a spine, and general placement does better.
 */
import type { Point } from './layout-types';
import { ENTRY, EXIT, type LevelEdge } from './scope-tree';

/** As much of a level's item as a spine needs to know. */
export interface SpineItem {
  readonly id: string;
  readonly width: number;
  readonly height: number;
  readonly inX: number;
}

/** A line beside the spine: leaves it at `from` (or ENTRY) and joins it at `to` (or EXIT). */
export interface SideLine {
  readonly items: readonly SpineItem[];
  readonly from: string;
  readonly to: string;
}

export interface Spine {
  readonly line: readonly SpineItem[];
  readonly sides: readonly SideLine[];
}

const mostSides = 3;

export function spineOf(items: readonly SpineItem[], main: readonly LevelEdge[]): Spine | undefined {
  const out = new Map<string, string[]>();
  const into = new Map<string, string[]>();
  for (const { source, target } of main) {
    out.set(source, [...(out.get(source) ?? []), target]);
    into.set(target, [...(into.get(target) ?? []), source]);
  }
  const byId = new Map(items.map((i) => [i.id, i]));
  const path = longestPath(items, out, into);
  const onSpine = new Set(path);
  const line = path.flatMap((id) => byId.get(id) ?? []);
  if (line.length < 2) return undefined;

  const sides: SideLine[] = [];
  const left = new Set(items.filter((i) => !onSpine.has(i.id)).map((i) => i.id));
  for (const first of items) {
    if (!left.has(first.id)) continue;
    const [from] = into.get(first.id) ?? [];
    // Lines are taken up from their first item; one in the middle is met on the way.
    if (from === undefined || !onSpine.has(from)) continue;
    const chain: SpineItem[] = [];
    let at: string | undefined = first.id;
    while (at !== undefined && left.has(at)) {
      const item = byId.get(at);
      if (item === undefined || into.get(at)?.length !== 1 || out.get(at)?.length !== 1) return undefined;
      left.delete(at);
      chain.push(item);
      at = out.get(at)?.[0];
    }
    if (at === undefined || !onSpine.has(at)) return undefined;
    sides.push({ items: chain, from, to: at });
  }
  if (left.size > 0 || sides.length === 0 || sides.length > mostSides) return undefined;
  return { line, sides };
}

/** Ids along a longest path, ENTRY and EXIT among them where edges name them. Items are in topological order. */
function longestPath(
  items: readonly SpineItem[],
  out: ReadonlyMap<string, readonly string[]>,
  into: ReadonlyMap<string, readonly string[]>,
): string[] {
  const length = new Map<string, number>();
  const before = new Map<string, string>();
  const visit = (id: string): number => {
    const known = length.get(id);
    if (known !== undefined) return known;
    // Circles were cut before; this keeps a mistake from recursing for ever.
    length.set(id, 0);
    let best = 0;
    for (const source of into.get(id) ?? []) {
      const through = visit(source) + 1;
      if (through > best) {
        best = through;
        before.set(id, source);
      }
    }
    length.set(id, best);
    return best;
  };
  let end: string | undefined = out.size === 0 ? undefined : EXIT;
  if (!into.has(EXIT))
    end = items.reduce<string | undefined>((far, i) => (far === undefined || visit(i.id) > visit(far) ? i.id : far), undefined);
  if (end === undefined) return [];
  visit(end);
  const path: string[] = [];
  for (let id: string | undefined = end; id !== undefined; id = before.get(id)) path.unshift(id);
  return path;
}

/**
 * Upper left corners, the spine's inlets at x = 0; undefined when a side line is taller than the stretch of spine beside it.
 * `gap` is free space below and beside items.
 */
export function placeSpine(
  { line, sides }: Spine,
  gap: { readonly down: number; readonly across: number },
): ReadonlyMap<string, Point> | undefined {
  const at = new Map<string, Point>();
  let y = 0;
  for (const item of line) {
    at.set(item.id, { x: -item.inX, y });
    y += item.height + gap.down;
  }
  const bottomOfSpine = y - gap.down;
  const spineLeft = Math.min(...line.map((i) => -i.inX));
  const index = new Map(line.map((item, i) => [item.id, i]));
  const columns: { readonly left: number; readonly taken: { top: number; bottom: number }[] }[] = [];
  for (const side of sides) {
    const first = side.from === ENTRY ? -1 : (index.get(side.from) ?? -1);
    const last = side.to === EXIT ? line.length : (index.get(side.to) ?? line.length);
    const above = line[first];
    const below = line[last];
    const top = above === undefined ? 0 : (at.get(above.id)?.y ?? 0) + above.height + gap.down;
    const bottom = below === undefined ? bottomOfSpine : (at.get(below.id)?.y ?? 0) - gap.down;
    const height = side.items.reduce((sum, i) => sum + i.height + gap.down, -gap.down);
    if (height > bottom - top) return undefined;
    const width = Math.max(...side.items.map((i) => i.width));
    let column = columns.find((c) => c.taken.every((t) => t.bottom + gap.down <= bottom - height || t.top >= bottom + gap.down));
    if (column === undefined) {
      column = { left: (columns.at(-1)?.left ?? spineLeft) - gap.across - width, taken: [] };
      columns.push(column);
    }
    column.taken.push({ top: bottom - height, bottom });
    let itemY = bottom - height;
    for (const item of side.items) {
      at.set(item.id, { x: column.left + (width - item.width) / 2, y: itemY });
      itemY += item.height + gap.down;
    }
  }
  return at;
}
