import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { nodeRunner } from '../../adapters/onnxruntime/node';
import { quietContext } from '../base/context';
import { createRng } from '../base/rng';
import { observedValues } from '../calibrate/observed-values';
import { calibrate } from '../calibrate/run';
import type { Sample } from '../calibrate/types';
import { openData } from '../data/open-data';
import { lower } from '../integer/lower';
import { planQuantization } from '../integer/make-plan';
import { quantizeInputs } from '../integer/quantize-inputs';
import type { ValueName } from '../ir/model';
import { withExtraOutputs } from '../onnx/extra-outputs';
import { readModel } from '../onnx/read';
import { canonicalise } from '../passes/canonical';
import { parseRecipe } from '../recipe/validate';
import { integerOnnx } from './integer-onnx';
import { floatTensorsInside } from './integer-onnx-proof';
import { compareWithExecutor, randomInputs } from './integer-onnx.fixture';

const folder = join(import.meta.dirname, '../../../public/samples');
const bytesOf = (name: string): Uint8Array => new Uint8Array(readFileSync(join(folder, name)));
const feedsOf = (s: Sample) => [...s.inputs].map(([name, { dtype, shape, data }]) => ({ name, dtype, shape, data }));

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
  const prepared = (async () => {
    const bytes = bytesOf(file);
    const c = await canonicalise(readModel(bytes, file), {}, quietContext());
    const inputs = c.model.graph.inputs.map(({ name, dtype, shape }) => ({ name, dtype, shape: shape as readonly number[] }));
    const data = await openData([{ path: 'calib.npz', size: 0, read: async () => bytesOf('fashion_calib.npz') }] as never, inputs, {
      preprocessing: { scale: 255, mean: [0.286], std: [0.353] },
      decodeImage: () => {
        throw new Error('no images');
      },
    });
    const values = observedValues(c);
    const graphInputs = new Set<string>(inputs.map((i) => i.name));
    const asked = values.filter((v) => !graphInputs.has(v));
    const extra = asked.map((name) => ({ name, dtype: 'float32', shape: undefined }) as const);
    const session = await nodeRunner().load(withExtraOutputs(bytes, extra), { provider: 'wasm' });
    const run = async (s: Sample) =>
      new Map((await session.run(feedsOf(s), asked)).map((t) => [t.name as ValueName, t.data as Float32Array]));
    const calibration = await calibrate(data, run, values, { samples: 16, provider: 'wasm' }, quietContext());
    await session.close();
    return { c, data, calibration };
  })();

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
