/** A sweep as CSV (RFC 4180): one row per layer, kind and bits, all measured. The reference is the first row. */
import { sqnrOf } from './estimate';
import type { LogitsLoss, SensitivityReport } from './types';

const cell = (v: string | number | undefined): string => {
  const text = v === undefined ? '' : String(v);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

export function sensitivityCsv(report: SensitivityReport): string {
  const loss = (l: LogitsLoss) => [l.kl, sqnrOf(report, l), l.noise];
  const rows = [
    ['layer', 'op', 'macs', 'weights', 'kind', 'bits', 'kl', 'logits_sqnr_db', 'logits_noise'],
    ['', '', '', '', 'reference', 8, ...loss(report.reference)],
    ...report.layers.flatMap((l) => l.points.map((p) => [l.id, l.op, l.macs, l.weights, p.kind, p.bits, ...loss(p)])),
  ];
  return rows.map((row) => `${row.map(cell).join(',')}\r\n`).join('');
}
