/**
 * Levels that were laid out once, kept for the next picture: opening one block must not lay out all the others again, and twelve
 * equal blocks are one. Names are replaced by positions, so equal levels answer for each other.
 * Law: an answer from here is what layOutLevel would give.
 */
import { layOutLevel, type LevelItem, type LevelPad, type Place, type PlacedLevel } from './level-layout';
import { ENTRY, EXIT, type LevelEdge } from './scope-tree';

/** Levels kept; the oldest goes first. */
const most = 2000;

interface Kept {
  readonly names: readonly string[];
  readonly edges: readonly LevelEdge[];
  readonly level: PlacedLevel;
}

export type LayOutLevel = typeof layOutLevel;

export function cachedLevels(): LayOutLevel {
  const kept = new Map<string, Kept>();
  /** By the placement too: what one of them made must not pass for the other's. */
  const placements = new Map<Place, number>();
  return (items, edges, pad, minWidth, place) => {
    if (!placements.has(place)) placements.set(place, placements.size);
    const key = `${placements.get(place)} ${keyOf(items, edges, pad, minWidth)}`;
    const before = kept.get(key);
    if (before !== undefined) return renamed(before, items, edges);
    const level = layOutLevel(items, edges, pad, minWidth, place);
    kept.set(key, { names: items.map((i) => i.id), edges, level });
    const [oldest] = kept.keys();
    if (kept.size > most && oldest !== undefined) kept.delete(oldest);
    return level;
  };
}

function keyOf(items: readonly LevelItem[], edges: readonly LevelEdge[], pad: LevelPad, minWidth: number): string {
  const index = new Map<string, number>(items.map((item, i) => [item.id, i]));
  index.set(ENTRY, -1).set(EXIT, -2);
  return JSON.stringify([
    items.map((i) => [i.width, i.height, i.inX, i.outX, i.isBlock ? 1 : 0]),
    edges.map((e) => [index.get(e.source), index.get(e.target)]),
    [pad.top, pad.side, pad.bottom, minWidth],
  ]);
}

function renamed({ names, edges, level }: Kept, items: readonly LevelItem[], own: readonly LevelEdge[]): PlacedLevel {
  const index = new Map(names.map((name, i) => [name, i]));
  const position = new Map(edges.map((edge, i) => [edge, i]));
  return {
    ...level,
    boxes: new Map([...level.boxes].map(([name, box]) => [items[index.get(name) ?? -1]?.id ?? name, box])),
    edges: level.edges.map((e) => ({ ...e, edge: own[position.get(e.edge) ?? -1] ?? e.edge })),
  };
}
