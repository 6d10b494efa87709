/**
 * `sensitivity MODEL --calibration PATH`: other bits in one layer at a time, measured on the logits, and the assignments of bits
 * that follow. `--apply N` writes the recipe of a point of the chart. Nothing is converted.
 */
import { writeFile } from 'node:fs/promises';
import { nodePorts } from '../../adapters/node/ports';
import { modelFiles } from '../../adapters/node/files';
import { parseRecipe, recipeOfPoint, sensitivityCsv, sqnrOf } from '../../core/index';
import type { Frontier, LogitsLoss, SensitivityReport } from '../../core/analysis/sensitivity/types';
import { createEngine } from '../../engine/create-engine';
import { shapesForData } from '../chosen-shapes';
import type { CommandSpec } from '../command';
import { dataFlags, shapeFlags } from '../data-flags';
import { badUsage, type Flags } from '../flags';
import { pluginFlags, usePlugins } from '../plugins';
import { recipeFlags, recipeOf } from '../recipe-flags';
import { decibel, table } from '../terminal';
import { calibrated, calibrationFlags } from './quantize';

export const sensitivity: CommandSpec = {
  usage: 'sensitivity <model>',
  about: 'Measure what fewer bits in one layer at a time do to the logits, and where bits can be saved',
  flags: (registry) => [
    ...calibrationFlags,
    ['--data <path>', 'Samples to run, where --calibration is a saved calibration'],
    ['--try-weights <bits>', 'Bits of weights to try, 2 to 7 (default 6,4,3,2)'],
    ['--try-activations <bits>', 'Bits of activations to try (default none)'],
    ['--run <n>', 'So many samples are run (default up to 8, fewer for a large model)'],
    ['--cost <cost>', 'Of the assignments listed: bytes or bops (default bytes)'],
    ['--by <loss>', 'What they spare: kl or noise (default kl)'],
    ['--point <n>', 'Write the recipe of the assignment with this number to --recipe-out'],
    ['--recipe-out <file.json>', 'Where that recipe goes'],
    ['--csv', 'One row per layer and bits as CSV'],
    ...pluginFlags,
    ...recipeFlags(registry),
    ...dataFlags,
    ...shapeFlags,
  ],
  async run([model = ''], flags, terminal, plugins) {
    const { registry } = plugins;
    const path = flags.required('calibration');
    const recipe = parseRecipe(await recipeOf(flags, registry), registry.quantizers);
    const cost = flags.choice('cost', ['bytes', 'bops']) ?? 'bytes';
    const by = flags.choice('by', ['kl', 'noise']) ?? 'kl';
    const point = flags.integer('point', 0);
    const out = point === undefined ? undefined : flags.required('recipe-out');
    const weightBits = bitsOf(flags, 'try-weights') ?? [6, 4, 3, 2];
    const activationBits = bitsOf(flags, 'try-activations') ?? [];
    const engine = createEngine(nodePorts((name) => name));
    await usePlugins(engine, plugins, terminal);
    const opened = await modelFiles(model);
    const shapes = await shapesForData(opened, flags, flags.text('data') ?? path, terminal);
    await engine.open(opened, shapes ? { shapes } : {}, terminal.job());
    await calibrated(engine, flags, recipe.seed, terminal);
    const samples = flags.integer('run', 1);
    const report = await engine.sensitivity({ recipe, samples, weightBits, activationBits }, terminal.job());
    const frontier = report.frontiers.find((f) => f.cost === cost && f.loss === by);
    if (!frontier) throw badUsage('The sweep has no such assignments', { got: `${cost}, ${by}` });
    if (point !== undefined && out !== undefined) {
      if (point > frontier.moves.length) {
        throw badUsage('There is no such assignment', { expected: `0 to ${frontier.moves.length}`, got: String(point) });
      }
      await writeFile(out, `${JSON.stringify(recipeOfPoint(recipe, frontier, point), null, 2)}\n`);
    }
    terminal.result(report, flags.flag('csv') ? sensitivityCsv(report).trimEnd().split('\r\n') : linesOf(report, frontier));
    return 0;
  },
};

function bitsOf(flags: Flags, name: string): readonly number[] | undefined {
  const bits = flags.numbers(name);
  const wrong = bits?.find((b) => !Number.isInteger(b) || b < 2 || b > 7);
  if (wrong === undefined) return bits;
  throw badUsage(`--${name} is not understood`, { expected: 'whole numbers from 2 to 7', got: String(wrong) });
}

const nats = (kl: number): string => kl.toExponential(2);

function linesOf(report: SensitivityReport, frontier: Frontier): string[] {
  const columns = [
    ...report.weightBits.map((bits) => ({ kind: 'weights', bits, head: `W${bits}` })),
    ...report.activationBits.map((bits) => ({ kind: 'activations', bits, head: `A${bits}` })),
  ];
  const both = (loss: LogitsLoss): string => `${nats(loss.kl)} ${decibel(sqnrOf(report, loss))}`;
  return [
    ...table([
      ['layer', 'op', 'MACs', 'weights', ...columns.map((c) => c.head)],
      ...report.layers.map((l) => [
        l.id,
        l.op,
        String(l.macs),
        String(l.weights),
        ...columns.map((c) => {
          const found = l.points.find((p) => p.kind === c.kind && p.bits === c.bits);
          return found ? both(found) : '-';
        }),
      ]),
    ]),
    '',
    `KL in nats and SQNR of the logits, measured on ${report.samples.length === 1 ? 'one sample' : `${report.samples.length} samples`}, with these bits in this layer alone; all layers at 8 bits: ${both(report.reference)}`,
    ...report.refused.map((r) => `${r.layer} with ${r.bits} bits of ${r.kind}: ${r.why}`),
    ...(report.leftOut.length === 0 ? [] : [`left out: ${report.leftOut.join(', ')}`]),
    '',
    ...table([
      ['n', frontier.cost === 'bytes' ? 'weight bytes' : 'bit operations', 'KL estimated', 'SQNR estimated', 'measured', 'move'],
      ...shown(frontier).map((i) => {
        const p = frontier.points[i];
        const move = frontier.moves[i - 1];
        return [
          String(i),
          p ? String(p[frontier.cost]) : '-',
          p ? nats(p.kl) : '-',
          p ? decibel(sqnrOf(report, p)) : '-',
          p?.measured ? both(p.measured) : '-',
          move ? `${move.layer} ${move.kind === 'weights' ? 'W' : 'A'}${move.bits}` : 'all at 8 bits',
        ];
      }),
    ]),
  ];
}

/** All of a short list; of a long one about thirty, with all that were measured. */
function shown({ points }: Frontier): number[] {
  const every = Math.max(1, Math.ceil(points.length / 30));
  return points.flatMap((p, i) => (i % every === 0 || p.measured ? [i] : []));
}
