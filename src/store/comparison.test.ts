/** Laws of the comparison as the page keeps it: what is current, what is run, and that finished rows outlive a cancel. */
import { beforeEach, expect, test } from 'vitest';
import type { DatasetInfo } from '../core/calibrate/types';
import type { Preset } from '../core/recipe/preset-recipe';
import { defaultRecipe } from '../core/recipe/recipe';
import type { RecipeResult } from '../core/recipe/recipe-table';
import type { CalibrationSummary, EngineApi, Job, ModelSummary } from '../engine/api';
import { applyRow, clearRows, compare, removeRow, setComparison } from './actions/compare';
import { basisNow, currentTitle, entriesOf, parseRows, rowIdOf, staleReason } from './comparison';
import { initialComparison, type ComparedRow } from './comparison-slice';
import { cancelJob, provideServices } from './services';
import type { OpenModel } from './state';
import type { Storage } from './storage';
import { emptyWork, setRecipe, setWork, state, undoRecipe, useStudio } from './store';

const preset = (weights: string, activations: string): Preset => ({
  id: `${weights}+${activations}`,
  title: `${weights} + ${activations}`,
  weights,
  activations,
  corrections: [],
  learns: false,
});
const presets = [preset('minmax_channel', 'minmax'), preset('gptq', 'mse')];
const info = (name: string, samples = 50): DatasetInfo => ({
  name,
  kind: 'npz',
  samples,
  hasLabels: true,
  arrays: [],
  preprocessing: undefined,
});
const model = (sha256: string): OpenModel => ({
  summary: { name: 'net', sha256 } as ModelSummary,
  graph: {} as OpenModel['graph'],
  sample: undefined,
}); // no more is read
const calibrated = (sha256: string) => ({ samples: 4, sha256 }) as CalibrationSummary;
const result: RecipeResult = {
  samples: 20,
  fp32Top1: 0.9,
  fakeTop1: 0.9,
  intTop1: 0.9,
  agreement: 1,
  fakeIntAgreement: 1,
  kl: 0,
  logitsSqnrDb: Infinity,
  weightBytes: 1,
  islands: 0,
  convertMs: 1,
  evaluateMs: 1,
  warnings: [],
};

let tried: string[] = [];
let onTry: (job: Job) => void = () => undefined;
beforeEach(() => {
  tried = [];
  onTry = () => undefined;
  const engine = {
    tryRecipe: async (recipe, _, job = {}) => {
      tried.push(recipe.weights.algorithm);
      onTry(job);
      if (job.signal?.aborted) throw new Error('stopped');
      return result;
    },
  } as Partial<EngineApi> as EngineApi;
  const storage = { writeMeta: async () => undefined } as Partial<Storage> as Storage;
  provideServices({
    engine,
    storage,
    layout: () => Promise.reject(new Error('no layout here')),
    codeHelp: () => {
      throw new Error('no editor here');
    },
  });
  const data = info('calib.npz');
  setWork({
    ...emptyWork,
    presets,
    compared: [],
    model: { kind: 'ready', value: model('m1') },
    data: { calibration: { kind: 'ready', value: data }, evaluation: { kind: 'ready', value: info('test.npz') } },
    calibration: { kind: 'ready', value: calibrated('c1') },
    calibratedOn: data,
  });
  useStudio.setState({ recipe: { past: [], present: defaultRecipe, future: [] }, notices: [] });
  setComparison({
    ...initialComparison,
    presets: presets.map((p) => p.id),
    widths: [{ weights: 8, activations: 8, residual: 8 }],
    samples: 20,
  });
});
const rows = () => state().work.compared;
const reasons = () => rows().map((r) => staleReason(r, basisNow(state())));

test('presets at every width and the recipe at hand are run, equal ones once', () => {
  const { comparison } = state().view;
  const widths = [...comparison.widths, { weights: 4, activations: 4, residual: 16 }];
  const entries = entriesOf(presets, { ...comparison, widths }, defaultRecipe, 'current');
  // the recipe at hand is the first preset at 8 bits
  expect(entries.map((e) => [e.name, e.recipe.weights.bits, e.recipe.residualBits])).toEqual([
    ['minmax_channel + minmax', 8, 8],
    ['gptq + mse', 8, 8],
    ['minmax_channel + minmax', 4, 16],
    ['gptq + mse', 4, 16],
  ]);
  expect(entriesOf(presets, { ...comparison, presets: [] }, { ...defaultRecipe, seed: 1 }, 'current').map((e) => e.name)).toEqual([
    'current',
  ]);
});

test('a recipe is called by the titles of its quantizers, its corrections and its rules', () => {
  const algorithms = [{ id: 'gptq', title: 'GPTQ', target: 'weights', options: [] } as const];
  const recipe = { ...defaultRecipe, weights: { ...defaultRecipe.weights, algorithm: 'gptq' }, layers: [{ match: 'fc', weightBits: 8 }] };
  expect(currentTitle({ ...recipe, corrections: { ...recipe.corrections, bias: true } }, algorithms)).toBe(
    'GPTQ + minmax, bias corrected, 1 rule',
  );
});

test('rows are current until model, calibration, test data or their number change, and again when they are back', async () => {
  await compare();
  expect(rows().map((r) => r.id)).toEqual([rowIdOf(defaultRecipe), rows()[1]?.id]);
  expect(reasons()).toEqual([undefined, undefined]);
  setComparison({ samples: 30 });
  expect(reasons()[0]).toBe('Measured on 20 test samples');
  setComparison({ samples: 20 });
  expect(reasons()[0]).toBeUndefined();
  const { data } = state().work;
  setWork({ data: { ...data, evaluation: { kind: 'ready', value: info('other.npz') } } });
  expect(reasons()[0]).toMatch(/other test data, test\.npz/);
  setWork({ data });
  setWork({ data: { ...data, calibration: { kind: 'ready', value: info('calib2.npz') } } });
  expect(reasons()[0]).toMatch(/calibration has changed/);
  setWork({ data, calibration: { kind: 'ready', value: calibrated('c2') } });
  expect(reasons()[0]).toMatch(/calibration has changed/);
  setWork({ ...emptyWork, model: { kind: 'ready', value: model('m2') } });
  expect(reasons()[0]).toMatch(/another model, net/);
});

test('a row measured anew takes the place of the one of the same recipe', async () => {
  await compare();
  const before = rows().map((r) => r.id);
  setComparison({ samples: 30 });
  await compare();
  expect(rows().map((r) => r.id)).toEqual(before);
  expect(rows().map((r) => r.basis.samples)).toEqual([30, 30]);
});

test('a cancel keeps the rows until then and ends the run', async () => {
  onTry = () => {
    if (tried.length === 2) cancelJob('compare');
  };
  await compare();
  expect(rows().length).toBe(1);
  expect(state().work.comparing).toBeUndefined();
});

test('what is not ready is said, and nothing is tried', async () => {
  setWork({ data: { ...state().work.data, evaluation: { kind: 'empty' } } });
  await compare();
  expect(state().notices.at(-1)?.title).toBe('There are no test data');
  expect(tried).toEqual([]);
});

test('a row’s recipe becomes the one at hand, and undo takes it back', async () => {
  await compare();
  applyRow(rows()[1] as ComparedRow);
  expect(state().recipe.present.weights.algorithm).toBe('gptq');
  undoRecipe();
  expect(state().recipe.present).toEqual(defaultRecipe);
  setRecipe(defaultRecipe);
});

test('a baseline leaves with its row', async () => {
  await compare();
  const [first, second] = rows();
  setComparison({ baseline: second?.id });
  removeRow(first?.id ?? '');
  expect(state().view.comparison.baseline).toBe(second?.id);
  clearRows();
  expect([rows().length, state().view.comparison.baseline]).toEqual([0, undefined]);
});

test('kept rows come back as they were; what is of another form is left out', async () => {
  await compare();
  const stored: unknown = structuredClone(rows());
  expect(parseRows(stored)).toEqual(rows());
  const broken = [{ ...rows()[0], outcome: { kind: 'done', result: { ...result, kl: 'much' } } }, null, 7];
  expect(parseRows([...broken, rows()[1]])).toEqual([rows()[1]]);
  for (const none of [undefined, {}, 'rows']) expect(parseRows(none)).toEqual([]);
});
