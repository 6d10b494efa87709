/** Options go with the algorithms that use them: what the panel makes of a recipe is one that the engine takes. */
import { expect, test } from 'vitest';
import { activationQuantizers, weightQuantizers } from '../../../core/quant/registry';
import { defaultRecipe, type Recipe } from '../../../core/recipe/recipe';
import { parseRecipe } from '../../../core/recipe/validate';
import type { Algorithms } from '../../../store/state';
import { usedOptions, withAlgorithm, withUsedOptions } from './used-options';

const algorithms: Algorithms = [...weightQuantizers, ...activationQuantizers].map(({ id, title, target, options }) => ({
  ...{ id, title, target, options },
}));
const ids = (recipe: Recipe, target: 'weights' | 'activations') => usedOptions(recipe, target, algorithms).map((o) => o.id);

const ruled: Recipe = {
  ...defaultRecipe,
  weights: { ...defaultRecipe.weights, options: { iterations: 60, rate: 0.02 } },
  activations: { ...defaultRecipe.activations, algorithm: 'lsq', options: { iterations: 40 } },
  layers: [
    { match: 'fc', weights: 'adaround' },
    { match: 'conv1', weights: 'gptq' },
  ],
};

test('algorithms of single layers bring their options, each name once', () => {
  expect(ids(defaultRecipe, 'weights')).toEqual([]);
  expect(ids(ruled, 'weights')).toEqual(['iterations', 'rows', 'rate', 'lambda', 'linear', 'grid', 'damping']);
  expect(ids(ruled, 'activations')).toEqual(['iterations', 'rows', 'rate']);
  expect(parseRecipe(ruled)).toMatchObject({ weights: { options: { iterations: 60 } } });
});

test('an option goes with the last algorithm that has it', () => {
  const without = { ...ruled, layers: ruled.layers.slice(1) };
  expect(() => parseRecipe(without)).toThrow('no such option');
  const mended = withUsedOptions(without, algorithms);
  expect(mended.weights.options).toEqual({});
  expect(mended.activations.options).toEqual({ iterations: 40 });
  expect(parseRecipe(mended)).toEqual(mended);
  expect(withUsedOptions(ruled, algorithms)).toEqual(ruled);
  // a plugin that is not here yet may have them
  const strange = { ...without, layers: [{ match: 'fc', weights: 'plugin/mine' }] };
  expect(withUsedOptions(strange, algorithms)).toEqual(strange);
});

test('another algorithm begins with its defaults, and leaves the options of single layers alone', () => {
  expect(withAlgorithm(ruled, 'weights', 'mse_channel', algorithms).weights).toEqual({
    ...{ algorithm: 'mse_channel', bits: 8 },
    options: { iterations: 60, rate: 0.02 },
  });
  expect(withAlgorithm(ruled, 'weights', 'adaround', algorithms).weights.options).toEqual({});
  expect(withAlgorithm(ruled, 'activations', 'qdrop', algorithms).activations).toMatchObject({ algorithm: 'qdrop', options: {} });
  for (const { id, target } of algorithms) {
    if (target !== 'weights' && target !== 'activations') continue;
    const next = withAlgorithm(ruled, target, id, algorithms);
    const symmetric = { ...next, activations: { ...next.activations, symmetric: true } };
    expect(parseRecipe(symmetric).weights.options, id).toEqual(next.weights.options);
  }
});
