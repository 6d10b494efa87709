/** Float islands that have the same operator and reason as one entry, most first: nineteen LayerNorms are one fact. Pure. */
import type { ConversionSummary } from '../../../engine/api';

export interface IslandGroup {
  readonly op: string;
  readonly reason: string;
  readonly nodes: readonly string[];
}

export function groupIslands(islands: ConversionSummary['islands']): readonly IslandGroup[] {
  const groups = new Map<string, IslandGroup>();
  for (const { op, reason, node } of islands) {
    const key = `${op}\n${reason}`;
    groups.set(key, { op, reason, nodes: [...(groups.get(key)?.nodes ?? []), node] });
  }
  return [...groups.values()].sort((a, b) => b.nodes.length - a.nodes.length);
}
