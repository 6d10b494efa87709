import { expect, test } from 'vitest';
import { withWidths } from './bit-widths';
import { defaultRecipe, type Recipe } from './recipe';
import { resolveLayer } from './resolve';

const recipe: Recipe = {
  ...defaultRecipe,
  weights: { ...defaultRecipe.weights, bits: 4 },
  activations: { ...defaultRecipe.activations, bits: 6 },
  edges8: true,
  layers: [
    { match: 'a.*', weightBits: 3 },
    { match: 'b', weights: 'mse_channel', activationBits: 5 },
    { match: 'c', keep: 'float' },
  ],
};

test('layers that are named get their bits and all others the reference, whatever the recipe said before', () => {
  const made = withWidths(
    recipe,
    new Map([
      ['a.x', { weightBits: 2 }],
      ['b', { activationBits: 4 }],
      ['d*', { weightBits: 8 }],
    ]),
  );
  const bits = (stem: string) => {
    const { weights, activations } = resolveLayer(made, stem);
    return [weights.bits, activations.bits];
  };
  expect(['a.x', 'a.y', 'b', 'c', 'd*'].map(bits)).toEqual([
    [2, 8],
    [8, 8],
    [8, 4],
    [8, 8],
    [8, 8],
  ]);
  expect(made.edges8).toBe(false);
});

test('algorithms and layers kept in float stay as they were', () => {
  const made = withWidths(recipe, new Map([['b', { weightBits: 2 }]]));
  expect(resolveLayer(made, 'b').weights).toEqual({ algorithm: 'mse_channel', bits: 2 });
  expect(resolveLayer(made, 'c').keep).toBe('float');
  expect(made.layers).toEqual([
    { match: 'b', weights: 'mse_channel' },
    { match: 'c', keep: 'float' },
    { match: 'b', weightBits: 2 },
  ]);
});

test('a wildcard in a name stands for itself or one character, never for many', () => {
  const made = withWidths(recipe, new Map([['d*', { weightBits: 2 }]]));
  expect(resolveLayer(made, 'd*').weights.bits).toBe(2);
  expect(resolveLayer(made, 'dxy').weights.bits).toBe(8);
});
