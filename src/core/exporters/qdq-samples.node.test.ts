import { describe, expect, test } from 'vitest';
import { nodeRunner } from '../../adapters/onnxruntime/node';
import { quietContext } from '../base/context';
import { lower } from '../integer/lower';
import { planQuantization } from '../integer/make-plan';
import { fakeQuantizeAffine } from '../quant/affine';
import { defaultRecipe, type Recipe } from '../recipe/recipe';
import { calibratedSample, feedsOf } from './calibrated-sample.fixture';
import { qdqModel } from './qdq';
import { differences, fakeValues, firstDifference } from './qdq.fixture';

const runtime = nodeRunner();

const recipes: Readonly<Record<string, Partial<Recipe>>> = {
  '8 bits': {},
  '4 bits, residual stream of 12': {
    weights: { ...defaultRecipe.weights, bits: 4 },
    activations: { ...defaultRecipe.activations, bits: 4 },
    residualBits: 12,
  },
};

describe.each(['resnet14_fashion.onnx', 'vggbn_fashion.onnx'])('%s', (file) => {
  const prepared = calibratedSample(file, 8);

  test.each(Object.entries(recipes))('in %s: every value on its grid, every op within the dual-path law', async (_, change) => {
    const { c, data, calibration } = await prepared;
    const recipe: Recipe = { ...defaultRecipe, ...change };
    const plan = await planQuantization(c, calibration, recipe, quietContext());
    const integer = lower(c, plan, recipe, quietContext());
    expect(integer.islands).toEqual([]);
    const bytes = qdqModel(c, plan, recipe);
    for (const index of [30]) {
      const fake = await fakeValues(runtime, c, plan, bytes, feedsOf(await data.sample(index)));
      for (const [name, q] of plan.activations) {
        const got = fake.get(name) as Float32Array;
        expect(firstDifference(got, fakeQuantizeAffine(got, q)), name).toBeUndefined();
      }
      const found = await differences(integer, fake);
      expect(found.length).toBeGreaterThanOrEqual(c.model.graph.nodes.length);
      for (const d of found) expect(d.worst, `${d.op} ${d.value}`).toBeLessThanOrEqual(d.limit);
    }
  });
});
