import { describe, expect, test } from 'vitest';
import { quietContext } from '../base/context';
import { createRng } from '../base/rng';
import { lower } from '../integer/lower';
import { planQuantization } from '../integer/make-plan';
import { quantizeInputs } from '../integer/quantize-inputs';
import { parseRecipe } from '../recipe/validate';
import { calibratedSample } from './calibrated-sample.fixture';
import { integerOnnx } from './integer-onnx';
import { floatTensorsInside } from './integer-onnx-proof';
import { compareWithExecutor, randomInputs } from './integer-onnx.fixture';

const recipes: Readonly<Record<string, unknown>>[] = [
  {},
  {
    weights: { bits: 4 },
    activations: { bits: 4, symmetric: true },
    residualBits: 12,
    arithmetic: { rounding: 'half-even', multiplier: { kind: 'normalized', bits: 24 } },
  },
  { arithmetic: { multiplier: { kind: 'tflite' }, shift: 'layer', accumulator: { bits: 16, overflow: 'saturate' } } },
];

describe.each(['resnet14_fashion.onnx', 'vggbn_fashion.onnx'])('%s', (file) => {
  const prepared = calibratedSample(file, 16);

  test.each(recipes)('under %j: integers only, and every tensor is that of the exact executor', async (recipe) => {
    const { c, data, calibration } = await prepared;
    const whole = parseRecipe(recipe);
    const plan = await planQuantization(c, calibration, whole, quietContext());
    const model = lower(c, plan, whole, quietContext());
    expect(floatTensorsInside(integerOnnx(model, 'm'))).toEqual([]);
    await compareWithExecutor(model, quantizeInputs(model, await data.sample(20)));
    await compareWithExecutor(model, randomInputs(model, createRng(3)));
  });
});
