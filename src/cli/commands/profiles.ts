/**
 * `profiles MODEL --calibration PATH`: requantization profiles side by side, the recipe's own first: what each costs on
 * calibration samples, over the network and layer by layer. Nothing is written.
 */
import { nodePorts } from '../../adapters/node/ports';
import { modelFiles } from '../../adapters/node/files';
import { parseRecipe } from '../../core/index';
import { createEngine } from '../../engine/create-engine';
import type { ProfileLayer, ProfileReport, ProfileResult } from '../../engine/api';
import { shapesForData } from '../chosen-shapes';
import type { CommandSpec } from '../command';
import { dataFlags, shapeFlags } from '../data-flags';
import { pluginFlags, usePlugins } from '../plugins';
import { recipeFlags, recipeOf } from '../recipe-flags';
import { decibel, table } from '../terminal';
import { calibrated, calibrationFlags } from './quantize';

export const profiles: CommandSpec = {
  usage: 'profiles <model>',
  about: 'Compare requantization profiles: what multipliers, shifts and accumulators cost',
  flags: (registry) => [
    ...calibrationFlags,
    ['--data <path>', 'Samples to run, where --calibration is a saved calibration'],
    ['--sample <index>', 'The first sample that is run (default 0)'],
    ['--run <n>', 'So many samples are run (default one, up to 4 while the model is small)'],
    ['--profiles <list>', `Some of ${registry.profiles.map((p) => p.id).join(', ')} (default all)`],
    ['--layers <profile>', "The layers of one profile too; `recipe` is the recipe's own"],
    ...pluginFlags,
    ...recipeFlags(registry),
    ...dataFlags,
    ...shapeFlags,
  ],
  async run([model = ''], flags, terminal, plugins) {
    const { registry } = plugins;
    const path = flags.required('calibration');
    const recipe = parseRecipe(await recipeOf(flags, registry), registry.quantizers);
    const ids = flags.text('profiles')?.split(',');
    const engine = createEngine(nodePorts((name) => name));
    await usePlugins(engine, plugins, terminal);
    const opened = await modelFiles(model);
    const shapes = await shapesForData(opened, flags, flags.text('data') ?? path, terminal);
    await engine.open(opened, shapes ? { shapes } : {}, terminal.job());
    const { data } = await calibrated(engine, flags, recipe.seed, terminal);
    const sampleIndex = flags.integer('sample', 0, data.samples - 1) ?? 0;
    await engine.convert(recipe, { sampleIndex, strict: false }, terminal.job());
    const report = await engine.profiles({ samples: flags.integer('run', 1), profiles: ids }, terminal.job());
    const wanted = flags.choice(
      'layers',
      report.profiles.map((p) => p.id),
    );
    const layers = report.profiles.find((p) => p.id === wanted)?.cost?.layers;
    terminal.result({ recipe, ...report }, [...linesOf(report), ...(layers ? ['', ...layerLines(layers)] : [])]);
    return 0;
  },
};

const share = (v: number): string => (v === 0 ? '0' : v < 1e-4 ? '< 0.01 %' : `${(100 * v).toFixed(2)} %`);

function linesOf({ profiles: all, samples }: ProfileReport): string[] {
  const row = ({ id, title, cost }: ProfileResult): string[] =>
    cost
      ? [
          id,
          title,
          decibel(cost.logitsSqnrDb),
          share(cost.offByOneShare),
          share(cost.offByMoreShare),
          String(cost.maxLsb),
          String(cost.overflows),
        ]
      : [id, title, '-', '-', '-', '-', '-'];
  return [
    ...table([['profile', '', 'logits SQNR', '1 LSB off', 'more', 'max LSB', 'overflows'], ...all.map(row)]),
    '',
    ...all.flatMap(({ id, problem }) => (problem === undefined ? [] : [`${id}: ${problem}`])),
    `outputs of ${samples.length === 1 ? 'one sample' : `${samples.length} samples`} that differ from the hard-rounded float path of the same integers; sums that the accumulator did not hold`,
  ];
}

function layerLines(layers: readonly ProfileLayer[]): string[] {
  const number = (v: number | undefined): string => (v === undefined ? '-' : String(v));
  return table([
    ['layer', 'op', '1 LSB off', 'more', 'max LSB', 'law', 'overflows', 'SQNR', 'change'],
    ...layers.map((l) => [
      l.id,
      l.kind,
      share(l.offByOneShare),
      share(l.offByMoreShare),
      number(l.maxLsb),
      number(l.lawLsb),
      String(l.overflows),
      decibel(l.sqnrDb),
      l.changeDb === undefined ? '-' : `${l.changeDb.toFixed(2)} dB`,
    ]),
  ]);
}
