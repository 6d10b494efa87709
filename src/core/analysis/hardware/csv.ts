/** The report as CSV (RFC 4180): one row per layer, a header row, sizes in bytes. */
import type { HardwareReport } from './types';

const cell = (v: string | number | undefined): string => {
  const text = v === undefined ? '' : String(v);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

export function hardwareCsv(report: HardwareReport): string {
  const head = [
    ...['layer', 'kind', 'macs', 'acc_bits_proved', 'acc_bits_seen', 'acc_min', 'acc_max', 'acc_outputs'],
    ...report.widths.map((w) => `overflows_${w}_bit`),
    ...['weight_bytes_packed', 'weight_bytes_stored', 'table_bytes_packed', 'table_bytes_stored'],
    ...['input_bytes_packed', 'input_bytes_stored', 'output_bytes_packed', 'output_bytes_stored'],
    ...['live_bytes', 'mode', 'dram_constant_bytes', 'dram_read_bytes', 'dram_written_bytes'],
  ];
  const rows = report.layers.map((l) => [
    ...[l.id, l.kind, l.macs, l.accumulator?.boundBits, l.accumulator?.seenBits, l.accumulator?.seenMin, l.accumulator?.seenMax],
    ...[l.accumulator?.elements, ...report.widths.map((_, i) => l.accumulator?.overflows[i])],
    ...[l.weights.packed, l.weights.stored, l.tables.packed, l.tables.stored],
    ...[l.input.packed, l.input.stored, l.output.packed, l.output.stored],
    ...[l.live, l.mode, l.dram.constants, l.dram.read, l.dram.written],
  ]);
  return [head, ...rows].map((row) => `${row.map(cell).join(',')}\r\n`).join('');
}
