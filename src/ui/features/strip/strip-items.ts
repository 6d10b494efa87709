/** What the strip shows: one number per layer for each metric that there is. Pure; order is the network's. */
import type { GraphCard, LayerReport } from '../../../engine/api';
import type { StripItem } from '../../charts/bar-strip';

export type StripMetric = 'sqnr' | 'macs' | 'parameters';

export const stripMetrics: Readonly<Record<StripMetric, { readonly title: string; readonly short: string; readonly unit: string }>> = {
  sqnr: { title: 'Signal-to-noise by layer', short: 'SQNR', unit: 'dB' },
  macs: { title: 'Multiply-accumulates by layer', short: 'MACs', unit: '' },
  parameters: { title: 'Parameters by layer', short: 'Params', unit: '' },
};

/** `Conv 3×3 · layer1.0.conv2`; a card without a title of its own is named once. */
const nameOf = (card: GraphCard): string => (card.title === card.id ? card.id : `${card.title} · ${card.id}`);

/** Layers that have the number: those without it (reshapes, inputs) are not drawn. Infinite SQNR (exact) counts as not known. */
export function stripItems(
  cards: readonly GraphCard[],
  reports: readonly LayerReport[] | undefined,
  metric: StripMetric,
): readonly StripItem[] {
  const byId = new Map(reports?.map((r) => [r.id, r]));
  const valueOf = (card: GraphCard): number | undefined => {
    switch (metric) {
      case 'sqnr': {
        const value = byId.get(card.id)?.sqnrDb;
        return value !== undefined && Number.isFinite(value) ? value : undefined;
      }
      case 'macs':
        return card.macs > 0 ? card.macs : undefined;
      case 'parameters':
        return card.parameters > 0 ? card.parameters : undefined;
      default:
        return metric satisfies never;
    }
  };
  return cards.flatMap((card) => {
    const value = valueOf(card);
    return value === undefined ? [] : [{ id: card.id, name: nameOf(card), value }];
  });
}

/** The layer to look at first: least SQNR, most of anything else. */
export function extremeOf(items: readonly StripItem[], metric: StripMetric): StripItem | undefined {
  let found: StripItem | undefined;
  for (const item of items) {
    if (item.value === undefined) continue;
    if (found?.value === undefined || (metric === 'sqnr' ? item.value < found.value : item.value > found.value)) found = item;
  }
  return found;
}
