import { expect, test } from 'vitest';
import { defaultRecipe, type Recipe } from '../core/recipe/recipe';
import { withLayerBits } from './layer-bits';

const recipe: Recipe = {
  ...defaultRecipe,
  layers: [
    { match: 'a', weightBits: 5 },
    { match: '*', weightBits: 4 },
  ],
};

test('the last rule is the layer’s, and says what was asked for', () => {
  expect(withLayerBits(recipe, 'a', 'weightBits', 2).layers).toEqual([
    { match: '*', weightBits: 4 },
    { match: 'a', weightBits: 2 },
  ]);
});

test('bits of weights and of activations of a layer share a rule', () => {
  const once = withLayerBits(recipe, 'b', 'weightBits', 2);
  expect(withLayerBits(once, 'b', 'activationBits', 3).layers.at(-1)).toEqual({ match: 'b', weightBits: 2, activationBits: 3 });
});

test('a wildcard in a name means the one layer', () => {
  expect(withLayerBits(recipe, 'a*', 'weightBits', 2).layers.at(-1)?.match).toBe('a?');
});
