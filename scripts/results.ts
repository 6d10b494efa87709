/**
 * docs/RESULTS.md: every named recipe on every trained network beside the repository, measured by the same engine that the page
 * has. Rows are kept in .cache/results.json, so that it runs in parts and may be interrupted; the document is written from
 * the rows over whole test sets at the end of each run. Nothing that was learned before is taken over, so that times are honest.
 *
 *   npm run results -- --models resnet14,vit --presets minmax_channel+minmax,gptq+mse --bits 8/8,4/8,8/8/16
 *   --samples N (calibration, default all)  --test N (for a try: not written to the document)  --seed N  --again  --write-only
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { dataInputs, modelFiles } from '../src/adapters/node/files';
import { nodePorts } from '../src/adapters/node/ports';
import { compareRecipes, defaultRecipe, presetOf, presetRecipe, presets, recipeHash, type Preset, type Widths } from '../src/core/index';
import type { RecipeEntry } from '../src/core/recipe/recipe-table';
import type { EngineApi, FileInput } from '../src/engine/api';
import { createEngine } from '../src/engine/create-engine';
import { bytesOfFile } from '../src/engine/read-files';
import { keyOf, openCache, type ResultRow } from './results-cache';
import { resultModels, type ResultModel } from './results-models';
import { resultsText } from './results-text';

const { values: flags } = parseArgs({
  options: {
    models: { type: 'string' },
    presets: { type: 'string' },
    bits: { type: 'string', default: '8/8,4/8,4/4' },
    samples: { type: 'string' },
    test: { type: 'string' },
    seed: { type: 'string', default: '0' },
    folder: { type: 'string' },
    again: { type: 'boolean', default: false },
    'write-only': { type: 'boolean', default: false },
  },
});

const root = join(import.meta.dirname, '..');
const folder = flags.folder ?? join(root, '../shared/models');
const document = join(root, 'docs/RESULTS.md');
const cache = openCache(join(root, '.cache/results.json'));
const seed = Number(flags.seed);
const usualBits = ['8/8/8', '4/8/8', '4/4/8'];

const list = (text: string | undefined): string[] | undefined => text?.split(',').map((t) => t.trim());
const say = (text: string): void => void process.stderr.write(`${text}\n`);

function chosenModels(): readonly ResultModel[] {
  const asked = list(flags.models);
  for (const id of asked ?? []) {
    if (resultModels.some((m) => m.id === id)) continue;
    throw new Error(`There is no model ${id}, expected ${resultModels.map((m) => m.id).join(', ')}`);
  }
  return resultModels.filter((m) => asked === undefined || asked.includes(m.id));
}

const chosenPresets: readonly Preset[] = list(flags.presets)?.map((id) => presetOf(id)) ?? presets();

const widths: readonly Widths[] = (list(flags.bits) ?? []).map((text) => {
  const [weights = NaN, activations = NaN, residual = 8] = text.split('/').map(Number);
  if (![weights, activations, residual].every((b) => Number.isInteger(b))) throw new Error(`--bits is not understood: ${text}`);
  return { weights, activations, residual };
});

const bitsText = (w: Widths): string => `${w.weights}/${w.activations}/${w.residual}`;

interface Wanted {
  readonly key: string;
  readonly preset: string;
  readonly bits: string;
  readonly entry: RecipeEntry;
}

/** SHA-256 over the files of a data set, names and bytes. */
async function digestOf(files: readonly FileInput[]): Promise<string> {
  const hash = createHash('sha256');
  for (const file of files) hash.update(file.path ?? file.name).update(await bytesOfFile(file));
  return hash.digest('hex');
}

async function wantedOf(model: ResultModel, all: readonly Preset[], bits: readonly Widths[]): Promise<Wanted[]> {
  const modelSha = createHash('sha256')
    .update(readFileSync(join(folder, model.file)))
    .digest('hex');
  const calibrationSha = await digestOf(await dataInputs(join(folder, model.calibration)));
  const testSha = await digestOf(await dataInputs(join(folder, model.test)));
  const calibrationSamples = flags.samples === undefined ? Infinity : Number(flags.samples);
  const testSamples = flags.test === undefined ? undefined : Number(flags.test);
  return bits.flatMap((w) =>
    all.map((preset) => {
      const recipe = presetRecipe(preset, w, { ...defaultRecipe, seed });
      const key = keyOf({ modelSha, calibrationSha, testSha, recipeHash: recipeHash(recipe), calibrationSamples, testSamples });
      return { key, preset: preset.id, bits: bitsText(w), entry: { name: preset.title, recipe } };
    }),
  );
}

async function prepared(model: ResultModel): Promise<{ engine: EngineApi; calibrationSamples: number; testSamples: number }> {
  const engine = createEngine(nodePorts((name) => name));
  await engine.open(await modelFiles(join(folder, model.file)), model.shapes === undefined ? {} : { shapes: model.shapes });
  const { preprocessing } = model;
  const calibration = await engine.useData(await dataInputs(join(folder, model.calibration)), { role: 'calibration', preprocessing });
  const samples = Math.min(calibration.samples, flags.samples === undefined ? Infinity : Number(flags.samples));
  await engine.calibrate({ samples, provider: 'wasm' });
  const test = await engine.useData(await dataInputs(join(folder, model.test)), { role: 'evaluation', preprocessing });
  return { engine, calibrationSamples: samples, testSamples: test.samples };
}

async function runModel(model: ResultModel, signal: AbortSignal): Promise<void> {
  const wanted = await wantedOf(model, chosenPresets, widths);
  const missing = wanted.filter((w) => flags.again || cache.get(w.key) === undefined);
  say(`${model.id}: ${missing.length} of ${wanted.length} rows to measure`);
  if (missing.length === 0) return;
  const { engine, calibrationSamples, testSamples: available } = await prepared(model);
  const asked = flags.test === undefined ? undefined : Number(flags.test);
  await compareRecipes(
    missing.map((m) => m.entry),
    {
      signal,
      tryRecipe: ({ recipe }) => engine.tryRecipe(recipe, { samples: asked }, { signal }),
      onRow: ({ id, outcome }) => {
        for (const { key, preset, bits } of missing.filter((m) => recipeHash(m.entry.recipe) === id)) {
          const testSamples = Math.min(available, asked ?? Infinity);
          cache.set(key, {
            model: model.id,
            preset,
            bits,
            seed,
            calibrationSamples,
            testSamples,
            whole: testSamples === available,
            outcome,
          });
          say(
            `  ${preset} ${bits}: ${outcome.kind === 'failed' ? outcome.reason : `${((outcome.result.intTop1 ?? NaN) * 100).toFixed(2)} %`}`,
          );
        }
      },
    },
  );
  await engine.close();
}

/** What is known of every model, preset and usual width over whole test sets, whatever this run was asked for. */
async function knownRows(models: readonly ResultModel[]): Promise<ResultRow[]> {
  if (flags.test !== undefined || flags.samples !== undefined) return [];
  const rows: ResultRow[] = [];
  const bits = allBits().map((text) => widthsFrom(text));
  for (const model of models) {
    for (const { key } of await wantedOf(model, allPresets(), bits)) {
      const row = cache.get(key);
      if (row) rows.push(row);
    }
  }
  return rows;
}

/** Those of the list, then others that were measured once; a quantizer of theirs may be gone. */
function allPresets(): Preset[] {
  const listed = presets();
  const further = [...new Set(cache.rows().map((r) => r.preset))].filter((id) => !listed.some((p) => p.id === id));
  return [
    ...listed,
    ...further.flatMap((id) => {
      try {
        return [presetOf(id)];
      } catch {
        return [];
      }
    }),
  ];
}

const allBits = (): string[] => [...new Set([...usualBits, ...cache.rows().map((r) => r.bits)])];
const widthsFrom = (text: string): Widths => {
  const [weights = 8, activations = 8, residual = 8] = text.split('/').map(Number);
  return { weights, activations, residual };
};

if (!existsSync(folder) || !statSync(folder).isDirectory()) {
  say(`The trained networks are not at ${folder}. Give --folder, or leave docs/RESULTS.md as it is.`);
  process.exit(2);
}
const interrupt = new AbortController();
process.once('SIGINT', () => interrupt.abort());
process.once('SIGTERM', () => interrupt.abort());
const there = resultModels.filter((m) => existsSync(join(folder, m.file)));
if (!flags['write-only']) {
  for (const model of chosenModels()) if (!interrupt.signal.aborted) await runModel(model, interrupt.signal);
}
const rows = await knownRows(there);
if (rows.length > 0) {
  writeFileSync(document, resultsText({ models: there, presets: allPresets(), bits: allBits(), expected: usualBits, rows }));
  say(`docs/RESULTS.md: ${rows.length} rows`);
} else {
  say('docs/RESULTS.md is left as it is: it tells of whole test sets and of all calibration samples only.');
}
// ONNX Runtime keeps the process alive
process.exit(interrupt.signal.aborted ? 130 : 0);
