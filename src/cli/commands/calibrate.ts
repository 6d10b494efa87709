/** `calibrate MODEL`: statistics only, or one shard of them, as a file that `merge` and `quantize` take. */
import { nodePorts } from '../../adapters/node/ports';
import { dataInputs, modelFiles } from '../../adapters/node/files';
import { writeFileWhole } from '../../adapters/node/file-sink';
import { writeCalibration } from '../../core/index';
import { calibrateModel } from '../../engine/calibrate';
import { openDataset, syntheticDataset } from '../../engine/data';
import { openModel } from '../../engine/open';
import { shapesForData } from '../chosen-shapes';
import type { CommandSpec } from '../command';
import { engineContext } from '../context';
import { dataFlags, preprocessingOf, refuseImageFlags, shapeFlags } from '../data-flags';
import { badUsage, type Flags } from '../flags';
import { checkOutPath } from '../out-path';
import { calibrationFlags } from './quantize';

export const calibrate: CommandSpec = {
  usage: 'calibrate <model>',
  about: 'Collect calibration statistics, or one shard of them, into a file',
  flags: [
    ...calibrationFlags,
    ['--shard <i/n>', 'Only the i-th of n parts of the samples: 1/4 to 4/4'],
    ['--out <file>', 'Where the statistics are written'],
    ['--seed <number>', 'Seed of synthetic data (default 0)'],
    ...dataFlags,
    ...shapeFlags,
  ],
  async run([path = ''], flags, terminal) {
    const out = flags.required('out');
    await checkOutPath(out);
    const from = flags.required('calibration');
    const samples = flags.integer('samples', 1) ?? 64;
    const shard = shardOf(flags);
    const files = await modelFiles(path);
    const shapes = await shapesForData(files, flags, from, terminal);
    const ports = nodePorts((name) => name);
    const ctx = engineContext(terminal);
    const model = await openModel(files, shapes, ports, ctx);
    const source =
      from === 'synthetic'
        ? syntheticDataset({ samples, seed: flags.integer('seed', 0, 4294967295) ?? 0 }, model, ctx)
        : await openDataset(await dataInputs(from), preprocessingOf(flags), model, ports);
    refuseImageFlags(flags, source.info);
    const { shard: made, summary } = await calibrateModel(
      { samples, provider: 'wasm', ...(shard ? { shard } : {}) },
      model,
      source,
      ports,
      ctx,
    );
    const bytes = writeCalibration(made);
    await writeFileWhole(out, bytes);
    for (const warning of summary.warnings) terminal.warn(warning);
    terminal.result({ out, bytes: bytes.length, first: made.first, ...summary }, [
      `${out}: samples ${made.first} to ${made.first + made.samples - 1} of ${source.info.name}, ${summary.tensors} tensors`,
    ]);
    return 0;
  },
};

/** From 1 on, as people count. */
function shardOf(flags: Flags): { readonly index: number; readonly count: number } | undefined {
  const text = flags.text('shard');
  if (text === undefined) return undefined;
  const match = /^(\d+)\/(\d+)$/.exec(text);
  const [part, count] = [Number(match?.[1]), Number(match?.[2])];
  if (!(part >= 1 && part <= count)) throw badUsage('--shard is not understood', { expected: 'i/n with i from 1 to n', got: text });
  return { index: part - 1, count };
}
