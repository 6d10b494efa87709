// One row of a comparison with the real runtime: the same numbers as converting and evaluating, and nothing else changed by it.
import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import { calibrationData, memoryEngine, preprocessing, resnet, testData } from '../adapters/node/engine.fixture';
import { nodeRunner } from '../adapters/onnxruntime/node';
import { CancelledError, compareRecipes, defaultRecipe, presetOf, presetRecipe, StudioError } from '../core/index';
import type { RecipeEntry } from '../core/recipe/recipe-table';
import type { EngineApi, Job } from './api';

const convertOptions = { sampleIndex: 0, strict: false };
const entry = (id: string, weights = 8, activations = 8): RecipeEntry => ({
  name: id,
  recipe: presetRecipe(presetOf(id), { weights, activations, residual: 8 }),
});

let loads = 0;
async function prepared(): Promise<EngineApi> {
  const runner = nodeRunner();
  const counted = { ...runner, load: (...args: Parameters<typeof runner.load>) => (loads++, runner.load(...args)) };
  const { engine } = memoryEngine({ runner: counted });
  await engine.open([resnet], {});
  await engine.useData([calibrationData], { role: 'calibration', preprocessing });
  await engine.calibrate({ samples: 8, provider: 'wasm' });
  await engine.useData([testData], { role: 'evaluation', preprocessing });
  return engine;
}

describe('a recipe that is tried', () => {
  let engine: EngineApi;
  beforeAll(async () => {
    engine = await prepared();
  });

  test.each([entry('minmax_channel+minmax'), entry('gptq+mse+bias-correction', 4, 4)])(
    '$name gives what converting and evaluating gives',
    async ({ recipe }) => {
      const row = await engine.tryRecipe(recipe, { samples: 12 });
      const conversion = await engine.convert(recipe, convertOptions);
      const report = await engine.evaluate({ samples: 12 });
      const { fp32Top1, fakeTop1, intTop1, agreement, fakeIntAgreement, kl, logitsSqnrDb, samples } = report;
      expect(row).toMatchObject({ fp32Top1, fakeTop1, intTop1, agreement, fakeIntAgreement, kl, logitsSqnrDb, samples });
      expect([row.weightBytes, row.islands]).toEqual([conversion.weightBytes, conversion.islands.length]);
    },
  );

  test('the float model runs once for all recipes on the same samples, and the row is the same without it', async () => {
    const { recipe } = entry('minmax_channel+minmax');
    const fresh = await prepared();
    loads = 0;
    const first = await fresh.tryRecipe(recipe, { samples: 6 });
    expect(loads).toBe(1);
    const second = await fresh.tryRecipe(recipe, { samples: 6 });
    expect(loads).toBe(1);
    const more = await fresh.tryRecipe(recipe, { samples: 7 });
    expect(loads).toBe(2);
    const times = { convertMs: 0, evaluateMs: 0 };
    expect({ ...second, ...times }).toEqual({ ...first, ...times });
    expect({ ...more, ...times }).toEqual({ ...(await engine.tryRecipe(recipe, { samples: 7 })), ...times });
    await fresh.useData([testData], { role: 'evaluation', preprocessing: { ...preprocessing, mean: [0.5] } });
    const other = await fresh.tryRecipe(recipe, { samples: 6 });
    expect(other.logitsSqnrDb).not.toBe(first.logitsSqnrDb);
    expect(loads).toBe(3);
  });

  test('what was converted before stays, and is exported with the same bytes', async () => {
    const { engine: own, written } = memoryEngine();
    await own.open([resnet], {});
    await own.useData([calibrationData], { role: 'calibration', preprocessing });
    await own.calibrate({ samples: 4, provider: 'wasm' });
    await own.useData([testData], { role: 'evaluation', preprocessing });
    await own.convert(defaultRecipe, convertOptions);
    const digest = async () => {
      await own.exportBundle({ formats: [], level: 0 });
      const hash = createHash('sha256');
      for (const chunk of written.chunks) hash.update(chunk);
      return hash.digest('hex');
    };
    const before = await digest();
    await own.tryRecipe(entry('mse_channel+mse', 4, 4).recipe, { samples: 3 });
    await own.evaluate({ samples: 3 });
    expect(await digest()).toBe(before);
  });

  test('rows arrive one by one; a bad recipe is a row; a cancel keeps what is finished', async () => {
    const controller = new AbortController();
    const job: Job = { signal: controller.signal };
    const bad = { name: 'bad', recipe: { ...defaultRecipe, weights: { ...defaultRecipe.weights, algorithm: 'magic' } } };
    const seen: string[] = [];
    const rows = await compareRecipes([entry('minmax_channel+minmax'), bad, entry('mse_channel+mse'), entry('gptq+mse')], {
      signal: controller.signal,
      tryRecipe: ({ recipe }, onProgress: NonNullable<Job['onProgress']>) =>
        engine.tryRecipe(recipe, { samples: 4 }, { ...job, onProgress }),
      onRow: (row) => void seen.push(`${row.name} ${row.outcome.kind}`),
      onProgress: ({ index, progress }) => {
        if (index === 2 && progress?.stage === 'evaluate') controller.abort();
      },
    });
    expect(seen).toEqual(['minmax_channel+minmax done', 'bad failed']);
    expect(rows.length).toBe(2);
    expect(rows[1]?.outcome).toMatchObject({ reason: expect.stringMatching(/no quantizer of weights.*magic/) as unknown });
  });

  test('without test data it says what is missing; a cancelled one rejects as cancelled', async () => {
    const { engine: own } = memoryEngine();
    await own.open([resnet], {});
    await own.useSyntheticData({ samples: 2, seed: 0 });
    await own.calibrate({ samples: 2, provider: 'wasm' });
    await expect(own.tryRecipe(defaultRecipe, { samples: 1 })).rejects.toThrow(/evaluation data/);
    const controller = new AbortController();
    const cancelling: Job = { signal: controller.signal, onProgress: () => controller.abort() };
    const error: unknown = await engine.tryRecipe(defaultRecipe, { samples: 3 }, cancelling).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(CancelledError);
    expect(error).not.toBeInstanceOf(StudioError);
  });
});
