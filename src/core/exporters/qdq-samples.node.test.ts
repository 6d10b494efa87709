import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { nodeRunner } from '../../adapters/onnxruntime/node';
import { quietContext } from '../base/context';
import { observedValues } from '../calibrate/observed-values';
import { calibrate } from '../calibrate/run';
import type { Sample } from '../calibrate/types';
import { openData } from '../data/open-data';
import { lower } from '../integer/lower';
import { planQuantization } from '../integer/make-plan';
import type { ValueName } from '../ir/model';
import { withExtraOutputs } from '../onnx/extra-outputs';
import { readModel } from '../onnx/read';
import { canonicalise } from '../passes/canonical';
import { fakeQuantizeAffine } from '../quant/affine';
import { defaultRecipe, type Recipe } from '../recipe/recipe';
import { qdqModel } from './qdq';
import { differences, fakeValues, firstDifference } from './qdq.fixture';

const runtime = nodeRunner();
const folder = join(import.meta.dirname, '../../../public/samples');
const bytesOf = (name: string): Uint8Array => new Uint8Array(readFileSync(join(folder, name)));
const feedsOf = (s: Sample) => [...s.inputs].map(([name, { dtype, shape, data }]) => ({ name, dtype, shape, data }));

const recipes: Readonly<Record<string, Partial<Recipe>>> = {
  '8 bits': {},
  '4 bits, residual stream of 12': {
    weights: { ...defaultRecipe.weights, bits: 4 },
    activations: { ...defaultRecipe.activations, bits: 4 },
    residualBits: 12,
  },
};

describe.each(['resnet14_fashion.onnx', 'vggbn_fashion.onnx'])('%s', (file) => {
  const prepared = (async () => {
    const bytes = bytesOf(file);
    const c = await canonicalise(readModel(bytes, file), {}, quietContext());
    const inputs = c.model.graph.inputs.map(({ name, dtype, shape }) => ({ name, dtype, shape: shape as readonly number[] }));
    const data = await openData([{ path: 'calib.npz', read: async () => bytesOf('fashion_calib.npz') }], inputs, {
      preprocessing: { scale: 255, mean: [0.286], std: [0.353] },
      decodeImage: () => {
        throw new Error('no images');
      },
    });
    const values = observedValues(c);
    const graphInputs = new Set<string>(inputs.map((i) => i.name));
    const asked = values.filter((v) => !graphInputs.has(v));
    const extra = asked.map((name) => ({ name, dtype: 'float32', shape: undefined }) as const);
    const session = await runtime.load(withExtraOutputs(bytes, extra), { provider: 'wasm' });
    const calibration = await calibrate(
      data,
      async (s) => new Map((await session.run(feedsOf(s), asked)).map((t) => [t.name as ValueName, t.data as Float32Array])),
      values,
      { samples: 8, provider: 'wasm' },
      quietContext(),
    );
    await session.close();
    return { c, data, calibration };
  })();

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
