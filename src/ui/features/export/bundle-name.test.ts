import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bundleName as made } from '../../../core/exporters/bundle';
import { defaultRecipe } from '../../../core/recipe/recipe';
import { bundleName } from './bundle-name';

test('the name that is shown is the name that is made', () => {
  fc.assert(
    fc.property(fc.string(), fc.boolean(), fc.integer({ min: 2, max: 8 }), (name, ending, bits) => {
      const recipe = { ...defaultRecipe, weights: { ...defaultRecipe.weights, bits } };
      const model = ending ? `${name}.onnx` : name;
      expect(bundleName(model, recipe)).toBe(made(model, recipe));
    }),
  );
});
