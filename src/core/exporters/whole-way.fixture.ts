/**
 * A made model the whole way in tests: read, canonical, calibrated on what the runtime's model gives, planned, lowered with
 * no island, executed; and its integer ONNX file in ONNX Runtime, tensor by tensor.
 */
import { expect } from 'vitest';
import { quietContext, type Warning } from '../base/context';
import { createRng } from '../base/rng';
import { observedValues } from '../calibrate/observed-values';
import { calibrate } from '../calibrate/run';
import type { Sample, SampleSource } from '../calibrate/types';
import { execute } from '../integer/execute';
import { lower } from '../integer/lower';
import { planQuantization } from '../integer/make-plan';
import { quantizeInputs } from '../integer/quantize-inputs';
import type { IntegerModel } from '../ir/integer-model';
import type { CanonicalModel, ValueName } from '../ir/model';
import type { Tensor } from '../ir/tensor';
import { readModel } from '../onnx/read';
import { writeModel } from '../onnx/write';
import { canonicalise } from '../passes/canonical';
import { runtimeModel } from '../passes/runtime-model';
import { interpret, modelOf, random, type ModelSketch } from '../passes/sketch.fixture';
import { dequantizeAffine } from '../quant/affine';
import { defaultRecipe, type Recipe } from '../recipe/recipe';
import { compareWithExecutor } from './integer-onnx.fixture';
import { floatTensorsInside } from './integer-onnx-proof';
import { integerOnnx } from './integer-onnx';

export interface WholeWay {
  readonly canonical: CanonicalModel;
  readonly integer: IntegerModel;
  /** Of every output, over the samples that it was calibrated with. */
  readonly sqnrDb: number;
  readonly warnings: readonly Warning[];
}

const SAMPLES = 12;

/** `fixed`: inputs of sample i that are no random floats. */
export async function wholeWay(
  s: ModelSketch,
  fixed: (i: number) => Readonly<Record<string, Tensor>> = () => ({}),
  recipe: Recipe = defaultRecipe,
): Promise<WholeWay> {
  const sketch = modelOf(s);
  const domains = Object.fromEntries(s.nodes.flatMap((n) => (n.domain === undefined || n.domain === '' ? [] : [[n.domain, 1]])));
  const model = readModel(writeModel({ ...sketch, opsets: { ...sketch.opsets, ...domains } }), 'made.onnx');
  const warnings: Warning[] = [];
  const ctx = quietContext(warnings);
  const canonical = await canonicalise(model, {}, ctx);
  const runnable = (await runtimeModel(model, canonical, ctx)) ?? model;
  const samples = Array.from({ length: SAMPLES }, (_, i): Sample => {
    const rng = createRng(i + 1);
    const own = fixed(i);
    const inputs = canonical.model.graph.inputs.map(
      (v) => [v.name, own[v.name] ?? random(rng, v.shape as readonly number[])] as const, // static after passes
    );
    return { id: `${i}`, inputs: new Map(inputs) as Sample['inputs'], label: undefined };
  });
  const values = samples.map((sample) => interpret(runnable, sample.inputs));
  const info: SampleSource['info'] = {
    name: 'made',
    kind: 'synthetic',
    samples: SAMPLES,
    hasLabels: false,
    arrays: [],
    preprocessing: undefined,
  };
  const source: SampleSource = { info, sample: async (i) => samples[i] as Sample };
  const run = async (sample: Sample) =>
    new Map([...(values[Number(sample.id)] ?? [])].map(([name, t]) => [name as ValueName, t.data as Float32Array] as const));
  const calibration = await calibrate(source, run, observedValues(canonical), { samples: SAMPLES, provider: 'wasm' }, ctx);
  const plan = await planQuantization(canonical, calibration, recipe, ctx);
  const integer = lower(canonical, plan, recipe, ctx);
  expect(integer.islands.map((island) => `${island.node}: ${island.reason}`)).toEqual([]);
  expect(floatTensorsInside(integerOnnx(integer, 'm'))).toEqual([]);
  await compareWithExecutor(integer, quantizeInputs(integer, samples[0] as Sample));
  let [signal, noise] = [0, 0];
  for (const sample of samples) {
    const got = await execute(integer, quantizeInputs(integer, sample), { keep: 'outputs' }, ctx);
    for (const name of integer.outputs) {
      const quant = integer.values.get(name)?.quant;
      if (!quant) throw new Error(name);
      const q = dequantizeAffine(got.get(name)?.data as Int32Array, quant);
      (values[Number(sample.id)]?.get(name)?.data as Float32Array).forEach((v, i) => {
        signal += v * v;
        noise += (v - (q[i] as number)) ** 2;
      });
    }
  }
  return { canonical, integer, sqnrDb: 10 * Math.log10(signal / noise), warnings };
}
