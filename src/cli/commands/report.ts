/** `report FILE.zip`: accumulators, bytes, memory over the schedule and DRAM traffic of the network in a bundle, layer by layer. */
import { hardwareCsv, hardwareReport, memorySizeText, parseMemorySize, readBundle } from '../../core/index';
import type { HardwareLayer, HardwareReport } from '../../core/analysis/hardware/types';
import { readBundleFiles } from '../bundle-file';
import type { CommandSpec } from '../command';
import { badUsage } from '../flags';
import { table } from '../terminal';

const SRAM = '512K';

export const report: CommandSpec = {
  usage: 'report <bundle>',
  about: 'Accumulators, bytes, memory over the schedule and DRAM traffic, layer by layer',
  flags: [
    ['--sram <size>', `On-chip memory for activations and constants: 512K, 2M, or bytes (default ${SRAM})`],
    ['--packing <packing>', 'Bytes with elements at their bits, or in whole bytes: packed or stored (default packed)'],
    ['--widths <bits>', 'Accumulator widths to try (default 16,20,24)'],
    ['--csv', 'One row per layer as CSV'],
  ],
  async run([path = ''], flags, terminal) {
    const size = flags.text('sram') ?? SRAM;
    const sramBytes = parseMemorySize(size);
    if (sramBytes === undefined) throw badUsage('--sram is not understood', { expected: 'a size such as 512K, 2M or 65536', got: size });
    const packing = flags.choice('packing', ['packed', 'stored']) ?? 'packed';
    const widths = flags.numbers('widths') ?? [16, 20, 24];
    if (!widths.every((w) => Number.isInteger(w) && w >= 2 && w <= 64)) {
      throw badUsage('--widths is not understood', { expected: 'whole numbers from 2 to 64', got: widths.join(',') });
    }
    const { manifest, model, tensors } = readBundle(await readBundleFiles(path));
    const made = hardwareReport(model, tensors, { sramBytes, packing, widths, islands: manifest.islands });
    terminal.result(made, flags.flag('csv') ? hardwareCsv(made).trimEnd().split('\r\n') : linesOf(made));
    return 0;
  },
};

function linesOf(r: HardwareReport): string[] {
  const { peak, dram } = r;
  const kib = (bytes: number): string => (bytes / 1024).toFixed(1);
  const head = [
    'layer',
    'kind',
    'MACs',
    'acc proved',
    'seen',
    ...r.widths.map((w) => `over ${w}`),
    'weights',
    'in',
    'out',
    'live',
    'DRAM',
    'mode',
  ];
  const row = (l: HardwareLayer): string[] => [
    l.id,
    l.kind,
    l.macs === 0 ? '-' : String(l.macs),
    ...(l.accumulator
      ? [String(l.accumulator.boundBits), String(l.accumulator.seenBits), ...l.accumulator.overflows.map(String)]
      : ['-', '-', ...r.widths.map(() => '-')]),
    kib(l.weights[r.packing] + l.tables[r.packing]),
    kib(l.input[r.packing]),
    kib(l.output[r.packing]),
    kib(l.live),
    kib(l.dram.constants + l.dram.read + l.dram.written),
    l.mode,
  ];
  const widest = Math.max(0, ...r.layers.map((l) => l.accumulator?.seenBits ?? 0));
  return [
    ...table([head, ...r.layers.map(row)]),
    '',
    `sizes in KiB, ${r.packing}; over N: outputs of the sample that an accumulator of N bits cannot hold`,
    `${r.macs} MACs; weights ${memorySizeText(r.weights[r.packing])}, tables and multipliers ${memorySizeText(r.tables[r.packing])}; ${widest} bit hold every accumulator of the sample`,
    `peak of the activations ${memorySizeText(peak.bytes)} at ${peak.layer}: ${peak.tensors.map((t) => `${t.value} ${memorySizeText(t.bytes)}`).join(', ')}`,
    `DRAM with ${memorySizeText(r.sramBytes)} on chip: ${memorySizeText(dram.total)} a sample (${memorySizeText(dram.constants)} constants, ${memorySizeText(dram.read)} read, ${memorySizeText(dram.written)} written); every byte once: ${memorySizeText(dram.least)}`,
    `by size: ${r.sweep.map((s) => `${memorySizeText(s.sramBytes)} ${memorySizeText(s.total)}`).join(', ')}`,
  ];
}
