/**
 * `recipes MODEL --calibration PATH --data PATH`: named recipes on the same data, one row each. A recipe that fails is a row;
 * after Ctrl-C the rows until then are told and written all the same.
 */
import { writeFile } from 'node:fs/promises';
import { nodePorts } from '../../adapters/node/ports';
import { dataInputs, modelFiles } from '../../adapters/node/files';
import {
  CancelledError,
  compareRecipes,
  csvOf,
  memorySizeText,
  parseRecipe,
  presetOf,
  presetRecipe,
  presets,
  widthsOf,
  widthsText,
  type Widths,
} from '../../core/index';
import type { DatasetInfo } from '../../core/calibrate/types';
import type { OptionSpec } from '../../core/quant/quantizer';
import type { Quantizers } from '../../core/quant/registry';
import type { Recipe } from '../../core/recipe/recipe';
import type { RecipeEntry, RecipeRow } from '../../core/recipe/recipe-table';
import { createEngine } from '../../engine/create-engine';
import type { EngineApi, Job } from '../../engine/api';
import { shapesForData } from '../chosen-shapes';
import type { CommandSpec } from '../command';
import { dataFlags, preprocessingOf, preprocessingText, refuseImageFlags, shapeFlags } from '../data-flags';
import { badUsage, type Flags } from '../flags';
import { learnMemoryFlag, learnMemoryOf } from '../learn-memory';
import { checkOutPath } from '../out-path';
import { pluginFlags, usePlugins } from '../plugins';
import { recipeFlags, recipeOf } from '../recipe-flags';
import { counted, decibel, percent, table, type Terminal } from '../terminal';

/** Said by the presets and by --bits. */
const replaced = ['weights', 'activations', 'wbits', 'abits'];

export const recipes: CommandSpec = {
  usage: 'recipes <model>',
  about: 'Compare recipes on the same data: accuracy, KL, SQNR, size and time',
  flags: (registry) => [
    ['--calibration <path>', '.npz, .npy, a folder of images, or `synthetic` (made-up data: for a first look only)'],
    ['--samples <n>', 'At most this many calibration samples (default 64)'],
    ['--data <path>', '.npz, .npy or a folder of images to measure on, with labels if there are any'],
    ['--test <n>', 'At most this many samples of --data (default all)'],
    [
      '--presets <list>',
      `Of ${presets(registry.quantizers)
        .map((p) => p.id)
        .join(', ')}; any other pair is written the same way (default all)`,
    ],
    ['--bits <list>', 'Bits of weights/activations, and of residual streams where they are not 8: 8/8,4/8,8/8/16 (default 8/8)'],
    ['--out <file.csv>', 'Where the table is written'],
    learnMemoryFlag,
    ...pluginFlags,
    ...recipeFlags(registry).filter(([flag]) => !replaced.some((name) => flag.startsWith(`--${name} `))),
    ...dataFlags,
    ...shapeFlags,
  ],
  async run([path = ''], flags, terminal, plugins) {
    const { registry } = plugins;
    const out = flags.text('out');
    const entries = entriesOf(flags, await recipeOf(flags, registry), registry.quantizers);
    const [first] = entries;
    flags.required('calibration');
    flags.required('data');
    const test = flags.integer('test', 1);
    const memory = learnMemoryOf(flags);
    if (out !== undefined) await checkOutPath(out);
    const engine = createEngine(nodePorts((name) => name));
    await usePlugins(engine, plugins, terminal);
    const data = await prepared(engine, path, first?.recipe.seed ?? 0, flags, terminal);
    const job = terminal.job();
    const rows = await compareRecipes(entries, {
      signal: terminal.signal,
      tryRecipe: ({ recipe }, onProgress: NonNullable<Job['onProgress']>) =>
        engine.tryRecipe(recipe, { samples: test, memory }, { signal: terminal.signal, onProgress }),
      onProgress: ({ index, entry, progress }) =>
        progress && job.onProgress?.({ ...progress, stage: `${index + 1}/${entries.length} ${nameOf(entry)}: ${progress.stage}` }),
    });
    if (rows.length === 0) throw new CancelledError();
    if (out !== undefined) await writeFile(out, csvOf(rows));
    for (const message of new Set(rows.flatMap((r) => (r.outcome.kind === 'done' ? r.outcome.result.warnings : []))))
      terminal.note(`warning: ${message}`);
    if (rows.length < entries.length) terminal.note(`interrupted: ${rows.length} of ${entries.length} recipes are done`);
    const lines = [
      ...textOf(rows),
      `${counted(data.samples, 'sample')} of ${data.name}${data.preprocessing ? `: ${preprocessingText(data.preprocessing)}` : ''}`,
    ];
    terminal.result({ rows, data: data.name, preprocessing: data.preprocessing, ...(out === undefined ? {} : { out }) }, lines);
    if (terminal.signal.aborted) throw new CancelledError();
    return rows.some((r) => r.outcome.kind === 'done') ? 0 : 1;
  },
};

/** Every preset at every width, the widths outermost: rows that are compared stand together. */
function entriesOf(flags: Flags, given: RecipeData, quantizers: Quantizers): RecipeEntry[] {
  const base = parseRecipe({ ...given, weights: without(given.weights), activations: without(given.activations) }, quantizers);
  const asked = flags.texts('presets').flatMap((text) => text.split(','));
  const chosen = asked.length === 0 ? presets(quantizers) : asked.map((id) => presetOf(id.trim(), quantizers));
  const widths = (flags.text('bits') ?? `8/8/${base.residualBits}`).split(',').map((text) => widthsFrom(text.trim(), base.residualBits));
  return widths.flatMap((w) => chosen.map((p) => ({ name: p.title, recipe: withOptions(presetRecipe(p, w, base), given, quantizers) })));
}

type Options = Recipe['weights']['options'];
interface RecipeData {
  readonly weights?: { readonly options?: Options };
  readonly activations?: { readonly options?: Options };
}

/** Options are given for quantizers that the recipe of the flags does not name. */
const without = (scheme: RecipeData['weights']): object | undefined => scheme && { ...scheme, options: {} };

/** Each quantizer takes those that it has, one that a rule gives to single layers too. */
function withOptions(recipe: Recipe, { weights, activations }: RecipeData, quantizers: Quantizers): Recipe {
  const own = (target: 'weights' | 'activations', options: Options = {}): Options => {
    const used = [recipe[target].algorithm, ...recipe.layers.flatMap((l) => l[target] ?? [])];
    const all: readonly { readonly id: string; readonly options: readonly OptionSpec[] }[] = quantizers[target];
    const specs = all.filter((q) => used.includes(q.id)).flatMap((q) => q.options);
    return Object.fromEntries(Object.entries(options).filter(([id]) => specs.some((o) => o.id === id)));
  };
  return {
    ...recipe,
    weights: { ...recipe.weights, options: own('weights', weights?.options) },
    activations: { ...recipe.activations, options: own('activations', activations?.options) },
  };
}

function widthsFrom(text: string, residual: number): Widths {
  const match = /^([2-8])\/([2-8])(?:\/([2-9]|1[0-6]))?$/.exec(text);
  if (!match)
    throw badUsage('--bits is not understood', { expected: '8/8,4/8 or 8/8/16, each from 2 to 8 (residual streams to 16)', got: text });
  return { weights: Number(match[1]), activations: Number(match[2]), residual: match[3] === undefined ? residual : Number(match[3]) };
}

/** Opens, calibrates, and gives the test data; tells what was warned about. */
async function prepared(engine: EngineApi, path: string, seed: number, flags: Flags, terminal: Terminal): Promise<DatasetInfo> {
  const calibrationPath = flags.required('calibration');
  const dataPath = flags.required('data');
  const samples = flags.integer('samples', 1) ?? 64;
  const files = await modelFiles(path);
  const shapes = await shapesForData(files, flags, calibrationPath === 'synthetic' ? dataPath : calibrationPath, terminal);
  const summary = await engine.open(files, shapes ? { shapes } : {}, terminal.job());
  const preprocessing = preprocessingOf(flags);
  if (calibrationPath === 'synthetic') await engine.useSyntheticData({ samples, seed });
  else await engine.useData(await dataInputs(calibrationPath), { role: 'calibration', preprocessing }, terminal.job());
  const calibration = await engine.calibrate({ samples, provider: 'wasm' }, terminal.job());
  const data = await engine.useData(await dataInputs(dataPath), { role: 'evaluation', preprocessing }, terminal.job());
  refuseImageFlags(flags, data);
  for (const warning of [...summary.warnings, ...calibration.warnings]) terminal.warn(warning);
  return data;
}

const nameOf = ({ name, recipe }: RecipeEntry): string => `${name}, ${widthsText(widthsOf(recipe))}`;

function textOf(rows: readonly RecipeRow[]): string[] {
  const head = ['recipe', 'FP32', 'fake', 'integer', 'agreement', 'KL', 'SQNR', 'size', 'time'];
  const failed = rows.flatMap((r) => (r.outcome.kind === 'failed' ? [`${nameOf(r)} failed: ${r.outcome.reason}`] : []));
  const done = rows.flatMap((row) => {
    if (row.outcome.kind === 'failed') return [];
    const r = row.outcome.result;
    const measures = [percent(r.fp32Top1), percent(r.fakeTop1), percent(r.intTop1), percent(r.agreement), r.kl.toExponential(2)];
    return [
      [
        nameOf(row),
        ...measures,
        decibel(r.logitsSqnrDb),
        memorySizeText(r.weightBytes),
        `${((r.convertMs + r.evaluateMs) / 1000).toFixed(1)} s`,
      ],
    ];
  });
  return [...table([head, ...done]), ...failed];
}
