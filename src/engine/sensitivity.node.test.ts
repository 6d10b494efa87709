// The sweep on a real network: against conversions of the same recipes, and how far its sums can be trusted.
import { beforeAll, expect, test } from 'vitest';
import { calibrationData, memoryEngine, preprocessing, resnet } from '../adapters/node/engine.fixture';
import { defaultRecipe, recipeOfPoint, sqnrOf } from '../core/index';
import type { SensitivityReport } from '../core/analysis/sensitivity/types';
import type { Recipe } from '../core/recipe/recipe';

const { engine } = memoryEngine();
let report: SensitivityReport;
const request = { recipe: defaultRecipe, samples: 1, weightBits: [4, 2], activationBits: [4] };

beforeAll(async () => {
  await engine.open([resnet], {});
  await engine.useData([calibrationData], { role: 'calibration', preprocessing });
  await engine.calibrate({ samples: 8, provider: 'wasm' });
  report = await engine.sensitivity(request);
}, 60_000);

/** To 0.01 dB: with inner tensors as outputs the float runtime sums in another order. */
const converted = async (recipe: Recipe) => (await engine.convert(recipe, { sampleIndex: 0, strict: false })).logitsSqnrDb;

test('a point is the SQNR of a conversion with these bits', async () => {
  expect(sqnrOf(report, report.reference)).toBeCloseTo((await converted(defaultRecipe)) ?? NaN, 2);
  const layer = report.layers[3];
  const point = layer?.points.find((p) => p.kind === 'weights' && p.bits === 2);
  if (!layer || !point) throw new Error('no point');
  const recipe = { ...defaultRecipe, layers: [{ match: layer.id, weightBits: 2 }] };
  expect(sqnrOf(report, point)).toBeCloseTo((await converted(recipe)) ?? NaN, 2);
});

test('a point of a frontier that was measured is a conversion of its recipe', async () => {
  const frontier = report.frontiers[0];
  const at = frontier?.points.findIndex((p, i) => i > 0 && p.measured !== undefined) ?? -1;
  if (!frontier || at < 1) throw new Error('no point');
  expect(sqnrOf(report, frontier.points[at]?.measured ?? report.reference)).toBeCloseTo(
    (await converted(recipeOfPoint(defaultRecipe, frontier, at))) ?? NaN,
    2,
  );
});

test('the estimate answers within a second, exactly for bits that were swept and by name for what it does not see', async () => {
  const [, layer] = report.layers;
  if (!layer) throw new Error('no layer');
  const began = performance.now();
  const same = await engine.estimate({ ...defaultRecipe, layers: [{ match: layer.id, weightBits: 4 }] }, report);
  const other = await engine.estimate({ ...defaultRecipe, layers: [{ match: layer.id, weightBits: 3, weights: 'mse_channel' }] }, report);
  expect(performance.now() - began).toBeLessThan(2000);
  const point = layer.points.find((p) => p.kind === 'weights' && p.bits === 4);
  expect(same.logits?.noise).toBeCloseTo(Math.max(point?.noise ?? 0, report.reference.noise), 9);
  expect(same.bytes).toBe(same.reference.bytes - layer.weights / 2);
  expect(other).toMatchObject({ scaled: 1, unknown: [] });
  expect((await engine.estimate({ ...defaultRecipe, corrections: { ...defaultRecipe.corrections, bias: true } }, report)).unseen).toEqual([
    'bias correction',
  ]);
  expect((await engine.estimate(defaultRecipe, undefined)).logits).toBeUndefined();
});

test('a sweep that was cancelled goes on where it ended, and one that is known takes no time', async () => {
  const controller = new AbortController();
  let seen = 0;
  const wide = { ...request, weightBits: [5, 4, 2] };
  await expect(
    engine.sensitivity(wide, {
      signal: controller.signal,
      onProgress: (p) => {
        if (p.stage === 'sweep' && p.done > 10) controller.abort();
      },
    }),
  ).rejects.toThrow(/cancel/i);
  const again = await engine.sensitivity(wide, { onProgress: () => void seen++ });
  expect(again.layers[0]?.points.length).toBe(4);
  expect(again.reference).toEqual(report.reference);
  expect(seen).toBeGreaterThan(0);
});

test('bits that cannot be swept are refused', async () => {
  await expect(engine.sensitivity({ ...request, weightBits: [8] })).rejects.toThrow(/no bits to try/);
  await expect(engine.sensitivity({ ...request, weightBits: [], activationBits: [] })).rejects.toThrow(/no bits to try/);
});
