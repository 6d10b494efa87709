/** Token-wise layers in integer.onnx and qdq.onnx, in ONNX Runtime. */
import { describe, expect, test } from 'vitest';
import { quietContext } from '../base/context';
import { createRng } from '../base/rng';
import { calibrationOf, canonicalModel } from '../integer/canonical.fixture';
import { execute } from '../integer/execute';
import { randomInputs } from '../integer/lawful.fixture';
import { lower } from '../integer/lower';
import { planQuantization } from '../integer/make-plan';
import { dequantizeAffine } from '../quant/affine';
import { sqnrDb } from '../analysis/metrics';
import { parseRecipe } from '../recipe/validate';
import { nodeRunner } from '../../adapters/onnxruntime/node';
import { compareWithExecutor } from './integer-onnx.fixture';
import { floatTensorsInside } from './integer-onnx-proof';
import { integerOnnx } from './integer-onnx';
import { qdqModel } from './qdq';
import { tokenMaxima, tokenModel, tokenRanges, tokenSketch } from './token-bundle.fixture';

describe('integer.onnx', () => {
  test.each([
    {},
    { weights: { bits: 3 }, activations: { bits: 4 } },
    { arithmetic: { rounding: 'half-even' } },
    { arithmetic: { rounding: 'half-away', multiplier: { kind: 'normalized', bits: 31 } } },
    { arithmetic: { rounding: 'floor' } },
  ])('under %j: every tensor, and nothing but integers inside', async (recipe) => {
    const model = await tokenModel(recipe);
    expect(floatTensorsInside(integerOnnx(model, 'm'))).toEqual([]);
    for (const seed of [1, 2]) await compareWithExecutor(model, randomInputs(model, createRng(seed)));
  });
});

test('qdq.onnx computes what the integers do, up to a few units', async () => {
  const c = canonicalModel(tokenSketch);
  const recipe = parseRecipe({ activations: { algorithm: 'minmax_token' } });
  const plan = await planQuantization(c, calibrationOf(tokenRanges), recipe, quietContext(), tokenMaxima);
  const model = lower(c, plan, recipe, quietContext());
  const inputs = randomInputs(model, createRng(9));
  const x = inputs.get('x');
  const q = model.values.get('x')?.quant;
  const qy = model.values.get('y')?.quant;
  if (!x || !q || !qy) throw new Error('x');
  const session = await nodeRunner().load(qdqModel(c, plan, recipe), { provider: 'wasm', exact: true });
  const [fake] = await session.run(
    [{ name: 'x', dtype: 'float32', shape: x.shape, data: dequantizeAffine(x.data as Int16Array, q) }],
    ['y'],
  );
  await session.close();
  const y = (await execute(model, inputs, { keep: 'outputs' }, quietContext())).get('y');
  expect(sqnrDb(fake?.data as Float32Array, dequantizeAffine(y?.data as Int16Array, qy))).toBeGreaterThan(50);
});
