/** The rows of the layer table, their order, and the same as CSV. Pure. */
import type { GraphCard, LayerReport } from '../../../engine/api';
import { layerNumbers, numberIds, type NumberId } from '../../../store/layer-numbers';
import type { TableSort } from '../../../store/state';

export interface TableRow {
  readonly card: GraphCard;
  readonly report: LayerReport | undefined;
  readonly numbers: Readonly<Partial<Record<NumberId, number>>>;
}

export function tableRows(cards: readonly GraphCard[], reports: readonly LayerReport[] | undefined): readonly TableRow[] {
  const byId = new Map(reports?.map((r) => [r.id, r]));
  return cards.map((card) => {
    const report = byId.get(card.id);
    const numbers: Partial<Record<NumberId, number>> = {};
    for (const id of numberIds) {
      const value = layerNumbers[id].value(card, report);
      if (value !== undefined) numbers[id] = value;
    }
    return { card, report, numbers };
  });
}

/** Layers without the number come last either way; ties keep the network's order. undefined: the network's order. */
export function sortRows(rows: readonly TableRow[], sort: TableSort | undefined): readonly TableRow[] {
  if (sort === undefined) return rows;
  const { by, down } = sort;
  const sign = down ? -1 : 1;
  if (by === 'name') return [...rows].sort((a, b) => sign * a.card.id.localeCompare(b.card.id, 'en', { numeric: true }));
  return [...rows].sort((a, b) => {
    const [x, y] = [a.numbers[by], b.numbers[by]];
    if (x === undefined || y === undefined) return Number(x === undefined) - Number(y === undefined);
    return sign * (x - y);
  });
}

/** A cell that a spreadsheet would read as a formula is quoted with a leading apostrophe. */
const quoted = (text: string): string => `"${(/^[=+\-@\t\r]/.test(text) ? `'${text}` : text).replaceAll('"', '""')}"`;

/** RFC 4180; numbers as they are, not as they are shown. */
export function tableCsv(rows: readonly TableRow[]): string {
  const head = ['layer', 'title', 'operator', ...numberIds];
  const lines = rows.map(({ card, numbers }) => [
    quoted(card.id),
    quoted(card.title),
    card.op,
    ...numberIds.map((id) => numbers[id] ?? ''),
  ]);
  return [head, ...lines].map((cells) => `${cells.join(',')}\r\n`).join('');
}
