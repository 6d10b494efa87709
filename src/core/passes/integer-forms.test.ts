/** What passes make of a network goes through calibration, plan, lowering and the executor without a float island. */
import { expect, test } from 'vitest';
import { quietContext } from '../base/context';
import { createRng } from '../base/rng';
import { observedValues } from '../calibrate/observed-values';
import { calibrate } from '../calibrate/run';
import type { Sample, SampleSource } from '../calibrate/types';
import { execute } from '../integer/execute';
import { lower } from '../integer/lower';
import { planQuantization } from '../integer/make-plan';
import { quantizeInputs } from '../integer/quantize-inputs';
import type { ValueName } from '../ir/model';
import type { Tensor } from '../ir/tensor';
import { dequantizeAffine } from '../quant/affine';
import { defaultRecipe } from '../recipe/recipe';
import { canonical, floats, interpret, modelOf, ops, random, randomInputs, scalar, type ModelSketch } from './sketch.fixture';

const rng = createRng(3);

function norm(prefix: string, channels: number): Record<string, Tensor> {
  return {
    [`${prefix}.g`]: random(rng, [channels], 0.2, 1),
    [`${prefix}.b`]: random(rng, [channels], 0.5),
    [`${prefix}.m`]: random(rng, [channels], 0.5),
    [`${prefix}.v`]: floats(
      [channels],
      Array.from({ length: channels }, () => 0.5 + rng.uniform()),
    ),
  };
}

const bn = (x: string, y: string, p: string) => ({ op: 'BatchNormalization', in: `${x} ${p}.g ${p}.b ${p}.m ${p}.v`, out: y });

/** Clip that leaves out 0, batch norm after a sum and after a vector's ReLU, Sum, a linear layer in two nodes. */
const network: ModelSketch = {
  inputs: { x: ['batch', 3, 8, 8] },
  outputs: 'y',
  constants: {
    ...{ w1: random(rng, [8, 3, 3, 3], 0.3), w2: random(rng, [8, 8, 1, 1], 0.3), fc: random(rng, [8, 5], 0.4), bias: random(rng, [5]) },
    ...{ one: scalar(1), six: scalar(6), t: random(rng, [8, 1, 1]) },
    ...norm('a', 8),
    ...norm('b', 8),
    ...norm('c', 5),
  },
  nodes: [
    { op: 'Conv', in: 'x w1', out: 'c1', attrs: { pads: [1, 1, 1, 1] } },
    bn('c1', 'n1', 'a'),
    { op: 'Clip', in: 'n1 one six', out: 'r1' },
    { op: 'Conv', in: 'r1 w2', out: 'c2' },
    { op: 'Mul', in: 'c2 t', out: 'm2' },
    { op: 'Sum', in: 'm2 r1', out: 's' },
    bn('s', 'n2', 'b'),
    { op: 'Relu', in: 'n2', out: 'r2' },
    { op: 'GlobalAveragePool', in: 'r2', out: 'g' },
    { op: 'Flatten', in: 'g', out: 'f' },
    { op: 'MatMul', in: 'f fc', out: 'p' },
    { op: 'Add', in: 'p bias', out: 'l' },
    { op: 'Relu', in: 'l', out: 'r3' },
    bn('r3', 'y', 'c'),
  ],
};

test('a network with everything that passes rewrite becomes integers that mean the same', async () => {
  const c = await canonical(network);
  expect(ops(c)).toEqual(['Conv+', 'Conv', 'Add', 'Conv+', 'GlobalAveragePool', 'Flatten', 't2c:MatMul+', 't2c:MatMul']);
  const feeds = Array.from({ length: 24 }, (_, i) => randomInputs(c, i + 1));
  // the ORIGINAL model gives the values, by name, as in a calibration run
  const values = feeds.map((f) => interpret(modelOf(network), f));
  const samples = feeds.map((inputs, i): Sample => ({ id: `${i}`, inputs, label: undefined }));
  const info: SampleSource['info'] = {
    name: 'made',
    kind: 'synthetic',
    samples: 24,
    hasLabels: false,
    arrays: [],
    preprocessing: undefined,
  };
  const source: SampleSource = { info, sample: async (i) => samples[i] as Sample };
  const run = async (s: Sample) =>
    new Map([...(values[Number(s.id)] ?? [])].map(([name, t]) => [name as ValueName, t.data as Float32Array] as const));
  const calibration = await calibrate(source, run, observedValues(c), { samples: 24, provider: 'wasm' }, quietContext());
  const plan = await planQuantization(c, calibration, defaultRecipe, quietContext());
  const integer = lower(c, plan, defaultRecipe, quietContext());
  expect(integer.islands).toEqual([]);
  const quant = integer.values.get('y')?.quant;
  if (!quant) throw new Error('the output has no quantizer');
  let [signal, noise] = [0, 0];
  for (const s of samples) {
    const y = values[Number(s.id)]?.get('y')?.data as Float32Array;
    const q = (await execute(integer, quantizeInputs(integer, s), { keep: 'outputs' }, quietContext())).get('y');
    const got = dequantizeAffine(q?.data as Int32Array, quant);
    y.forEach((v, i) => {
      signal += v * v;
      noise += (v - (got[i] as number)) ** 2;
    });
  }
  expect(10 * Math.log10(signal / noise)).toBeGreaterThan(25);
});
