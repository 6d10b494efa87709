import { expect, test } from 'vitest';
import { CancelledError } from '../../base/errors';
import { quietContext } from '../../base/context';
import { execute } from '../../integer/execute';
import { lower } from '../../integer/lower';
import { planQuantization } from '../../integer/make-plan';
import { quantizeInputs } from '../../integer/quantize-inputs';
import { withWidths, type LayerWidths } from '../../recipe/bit-widths';
import { dequantizeAffine } from '../../quant/affine';
import type { Recipe } from '../../recipe/recipe';
import { klOfLogits, sqnrDb } from '../metrics';
import { network, ranges, recipe, sampleOf } from './network.fixture';
import { recipeEstimate } from './recipe-estimate';
import { sweepRecipe } from './sweep-recipe';
import { sweep, type SweepInput } from './sweep';
import { tensorErrors } from './tensor-errors';
import type { LogitsLoss, SensitivityReport } from './types';
import { sqnrOf } from './estimate';

const samples = [0, 1].map((i) =>
  sampleOf(
    i,
    Float32Array.from({ length: 5 }, (_, k) => 100 * Math.sin(i + k)),
  ),
);
const decided = { weights: new Map(), tokens: new Map(), steps: new Map() };
const input = (more: Partial<SweepInput> = {}): SweepInput => ({
  canonical: network,
  calibration: ranges,
  under: sweepRecipe(recipe),
  decided,
  samples,
  weightBits: [4, 2],
  activationBits: [3],
  known: new Map(),
  ...more,
});

/** Planned from the beginning and run as a whole. */
async function slowly(widths: Readonly<Record<string, LayerWidths>>): Promise<LogitsLoss & { readonly db: number | undefined }> {
  const other = withWidths(recipe, new Map(Object.entries(widths)));
  const model = lower(network, await planQuantization(network, ranges, other, quietContext()), other, quietContext());
  let [noise, kl] = [0, 0];
  const all: [number[], number[]] = [[], []];
  for (const { sample, logits } of samples) {
    const t = (await execute(model, quantizeInputs(model, sample), { keep: 'all' }, quietContext())).get('y');
    const q = model.values.get('y')?.quant;
    if (!t || !q) throw new Error('y');
    const real = dequantizeAffine(t.data as Int16Array, q);
    real.forEach((v, i) => (noise += (v - (logits[i] ?? 0)) ** 2));
    kl += klOfLogits(logits, real) / samples.length;
    all[0].push(...logits);
    all[1].push(...real);
  }
  return { noise, kl, db: sqnrDb(...all) };
}

test('every point is what the whole network gives with these bits in this layer, planned from the beginning', async () => {
  const report = await sweep(input(), quietContext());
  expect(report.layers.map((l) => [l.id, l.weights, l.points.length])).toEqual([
    ['conv0', 72, 3],
    ['conv1', 144, 3],
    ['matmul4', 0, 1],
    ['matmul6', 720, 3],
  ]);
  const reference = await slowly({});
  expect(report.reference.noise).toBeCloseTo(reference.noise, 6);
  expect(sqnrOf(report, report.reference)).toBeCloseTo(reference.db ?? NaN, 9);
  for (const layer of report.layers) {
    for (const point of layer.points) {
      const want = await slowly({ [layer.id]: point.kind === 'weights' ? { weightBits: point.bits } : { activationBits: point.bits } });
      expect(point.noise, `${layer.id} ${point.kind} ${point.bits}`).toBeCloseTo(want.noise, 6);
      expect(point.kl).toBeCloseTo(want.kl, 9);
    }
  }
});

test('points of frontiers that are measured are the network with all their bits at once', async () => {
  const report = await sweep(input(), quietContext());
  expect(report.frontiers.map((f) => [f.cost, f.loss])).toEqual([
    ['bytes', 'kl'],
    ['bytes', 'noise'],
    ['bops', 'kl'],
    ['bops', 'noise'],
  ]);
  const last = report.frontiers[3]?.points.at(-1);
  const want = await slowly({
    conv0: { weightBits: 2, activationBits: 3 },
    conv1: { weightBits: 2, activationBits: 3 },
    matmul4: { activationBits: 3 },
    matmul6: { weightBits: 2, activationBits: 3 },
  });
  expect(last?.measured?.noise).toBeCloseTo(want.noise, 6);
});

test('what is known is not measured again, and a cancelled sweep leaves what it has', async () => {
  const known: SweepInput['known'] = new Map();
  let seen = 0;
  const signal = {
    get aborted() {
      return known.size >= 4;
    },
  };
  await expect(sweep(input({ known }), { ...quietContext(), signal })).rejects.toThrow(CancelledError);
  expect(known.size).toBe(4);
  const [first] = known;
  const marked: LogitsLoss = { noise: 1234, kl: 5 };
  known.set(first?.[0] ?? '', marked);
  const report = await sweep(input({ known }), { ...quietContext(), progress: (p) => void (seen = Math.max(seen, p.done)) });
  expect(report.layers[0]?.points[0]).toEqual({ kind: 'weights', bits: 4, ...marked });
  expect(seen).toBeGreaterThan(0);
});

const estimate = (of: Recipe, report?: SensitivityReport) =>
  recipeEstimate({
    canonical: network,
    recipe: of,
    sweep: report,
    errors: tensorErrors(network, ranges),
  });

test('the estimate of one changed layer is what was measured of it, and costs need no sweep', async () => {
  const report = await sweep(input(), quietContext());
  const changed: Recipe = { ...recipe, layers: [...recipe.layers, { match: 'matmul6', weightBits: 2 }] };
  const made = await estimate(changed, report);
  const point = report.layers[3]?.points.find((p) => p.bits === 2);
  expect(made.logits?.noise).toBeCloseTo(Math.max(point?.noise ?? NaN, report.reference.noise), 6);
  expect(made).toMatchObject({ measured: 4, scaled: 0, unknown: [], unseen: [] });
  // 72 + 144 at 8 bits, 720 at 2
  expect(made.bytes).toBe(72 + 144 + 180);
  expect(made.bops).toBe(64 * (36 * 72 + 36 * 144) + 64 * 4 * 36 * 6 + 16 * 720);
  const alone = await estimate(changed);
  expect(alone).toMatchObject({ bytes: made.bytes, bops: made.bops, logits: undefined });
});

test('other bits, another algorithm and learned weights are estimated and said to be', async () => {
  const report = await sweep(input(), quietContext());
  const three = await estimate({ ...recipe, layers: [...recipe.layers, { match: 'conv1', weightBits: 3 }] }, report);
  expect(three).toMatchObject({ measured: 3, scaled: 1 });
  const mse = await estimate({ ...recipe, weights: { ...recipe.weights, bits: 2, algorithm: 'mse_channel' } }, report);
  expect(mse).toMatchObject({ scaled: 3, unknown: [] });
  const learned = await estimate({ ...recipe, residualBits: 16, weights: { ...recipe.weights, algorithm: 'gptq' } }, report);
  expect(learned.unseen).toEqual(['learned weights (GPTQ)', 'other bits of residual streams than in the sweep']);
});
