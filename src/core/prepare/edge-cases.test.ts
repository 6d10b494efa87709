/**
 * What data and weights may be at their worst: one sample, samples that are all the same or all 0, channels that are dead,
 * inputs that nothing bounds. Law: whatever is learned then, the model can be lowered, its scales are positive and finite, and
 * nothing ends with more error than it began with.
 */
import { describe, expect, test } from 'vitest';
import { quietContext } from '../base/context';
import type { SampleSource } from '../calibrate/types';
import { execute } from '../integer/execute';
import { lower } from '../integer/lower';
import { planQuantization } from '../integer/make-plan';
import { quantizeInputs } from '../integer/quantize-inputs';
import type { CanonicalModel, NodeId } from '../ir/model';
import { defaultRecipe, type Recipe } from '../recipe/recipe';
import { ownRunner, randomSource } from './float-runner.fixture';
import { linearLayers, withParameters, type Parameters } from './linear-layers';
import { attentionNet, calibrated, convNet } from './networks.fixture';
import { prepare } from './prepare';
import type { Prepared } from './types';

const learning = { iterations: 10, rows: 16 };
const steps = { iterations: 10 };
const recipes: readonly (readonly [name: string, recipe: Recipe])[] = [
  ['adaround + lsq', recipeOf('adaround', learning, 'lsq', { ...steps, rows: 16 })],
  ['adaround + qdrop', recipeOf('adaround', learning, 'qdrop', { ...steps, batch: 2 })],
  ['gptq + mse with all corrections', { ...recipeOf('gptq', {}, 'mse', {}), corrections: { equalize: true, batchNorm: true, bias: true } }],
];

function recipeOf(
  weights: string,
  options: Recipe['weights']['options'],
  activations: string,
  further: Recipe['activations']['options'],
): Recipe {
  return {
    ...defaultRecipe,
    weights: { algorithm: weights, bits: 4, options },
    activations: { ...defaultRecipe.activations, algorithm: activations, bits: 4, options: further },
  };
}

async function expectSound(c: CanonicalModel, source: SampleSource, recipe: Recipe): Promise<Prepared> {
  const ctx = quietContext();
  const calibration = await calibrated(c, source);
  const p = await prepare({ canonical: c, calibration, recipe, source, runner: ownRunner }, ctx);
  const plan = await planQuantization(p.canonical, { ...calibration, stats: p.stats }, recipe, ctx, p);
  const model = lower(p.canonical, plan, recipe, ctx);
  for (const { learned, layer } of p.notes) {
    if (!learned) continue;
    expect([layer, Number.isFinite(learned.before), learned.after <= learned.before]).toEqual([layer, true, true]);
  }
  for (const [name, { quant }] of model.values) {
    const isSound = quant === undefined || quant.scale.every((s) => s > 0 && Number.isFinite(s));
    expect([name, isSound]).toEqual([name, true]);
  }
  const output = await execute(model, quantizeInputs(model, await source.sample(0)), { keep: 'outputs' }, quietContext());
  expect(output.size).toBeGreaterThan(0);
  return p;
}

/** The samples of `source`, changed. */
function withSamples(source: SampleSource, change: (data: Float32Array, sample: number) => Float32Array): SampleSource {
  return {
    ...source,
    async sample(i) {
      const { inputs, ...rest } = await source.sample(i);
      const changed = [...inputs].map(
        ([name, t]) => [name, t.dtype === 'float32' ? { ...t, data: change(t.data as Float32Array, i) } : t] as const,
      );
      return { ...rest, inputs: new Map(changed) };
    },
  };
}

describe.each(recipes)('%s', (_, recipe) => {
  test('learns from a single sample', async () => {
    const c = convNet();
    const p = await expectSound(c, randomSource(c, 1), recipe);
    expect(p.samples).toBe(1);
    expect(p.notes.some((n) => n.done)).toBe(true);
  });

  test('stands samples that are all 0, and samples that are all the same number', async () => {
    const c = convNet();
    await expectSound(
      c,
      withSamples(randomSource(c, 2), (x) => x.map(() => 0)),
      recipe,
    );
    await expectSound(
      c,
      withSamples(randomSource(c, 2), (x) => x.map(() => -3)),
      recipe,
    );
  });

  test('stands channels without weights, with next to none, and layers that give nothing', async () => {
    const c = convNet();
    const [first, second, third] = linearLayers(c);
    if (!first || !second || !third) throw new Error('three layers');
    const changes = new Map<NodeId, Parameters>([
      // a channel of zeros, and one at the end of what a float32 can be
      [first.node.id, { weight: first.weight.map((w, i) => (i < 27 ? 0 : i < 54 ? 1e-38 : w)) }],
      [third.node.id, { weight: third.weight.map(() => 0) }],
    ]);
    await expectSound(withParameters(c, changes), randomSource(c, 2), recipe);
  });

  test('stands one value that is a million times the others', async () => {
    const c = convNet();
    await expectSound(
      c,
      withSamples(randomSource(c, 2), (x, s) => x.map((v, i) => (s === 1 && i === 5 ? 1e6 : v))),
      recipe,
    );
  });

  test('learns attention from one sample', async () => {
    const c = attentionNet();
    await expectSound(c, randomSource(c, 1), { ...recipe, residualBits: 16 });
  });
});

test.each([NaN, Infinity, -Infinity])('%s among the samples is refused before anything is learned', async (bad) => {
  const c = convNet();
  const source = withSamples(randomSource(c, 2), (x, s) => x.map((v, i) => (s === 1 && i === 7 ? bad : v)));
  await expect(calibrated(c, source)).rejects.toThrow(/NaN or infinite|not finite/);
});
