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

const linear = (name: string, x: string, y: string) => [
  { op: 'MatMul', in: `${x} ${name}.w`, out: `${name}.p` },
  { op: 'Add', in: `${name}.b ${name}.p`, out: y },
];
const weights = (name: string, from: number, to: number): Record<string, Tensor> => ({
  [`${name}.w`]: random(rng, [from, to], 1 / Math.sqrt(from)),
  [`${name}.b`]: random(rng, [to], 0.2),
});
const mean = (x: string, y: string) => ({ op: 'ReduceMean', in: x, out: y, attrs: { axes: [-1] } });
const [length, width] = [6, 16];

/** Layer normalization, causal attention with its factor on the query, RMS normalization and GELU, all in their parts. */
const block: ModelSketch = {
  inputs: { x: [1, length, width] },
  outputs: 'y',
  constants: {
    ...{ eps: scalar(1e-5), two: scalar(2), half: scalar(0.5), one: scalar(1), root2: scalar(Math.SQRT2), quarter: scalar(0.25) },
    ...{ gamma: random(rng, [width], 0.2, 1), beta: random(rng, [width], 0.2), scale: random(rng, [width], 0.2, 1), low: scalar(-1e9) },
    causal: {
      dtype: 'bool',
      shape: [length, length],
      data: Uint8Array.from({ length: length ** 2 }, (_, i) => (i % length <= Math.floor(i / length) ? 1 : 0)),
    },
    ...weights('q', width, width),
    ...weights('k', width, width),
    ...weights('v', width, width),
    ...weights('o', width, width),
    ...weights('up', width, 32),
    ...weights('down', 32, width),
  },
  nodes: [
    ...[mean('x', 'm'), { op: 'Sub', in: 'x m', out: 'd' }, { op: 'Pow', in: 'd two', out: 's' }, mean('s', 'va')],
    ...[
      { op: 'Add', in: 'va eps', out: 'r' },
      { op: 'Sqrt', in: 'r', out: 'sd' },
      { op: 'Div', in: 'd sd', out: 'n' },
    ],
    ...[
      { op: 'Mul', in: 'n gamma', out: 'g' },
      { op: 'Add', in: 'g beta', out: 'ln' },
    ],
    ...[...linear('q', 'ln', 'query'), ...linear('k', 'ln', 'key'), ...linear('v', 'ln', 'value')],
    { op: 'Transpose', in: 'key', out: 'kt', attrs: { perm: [0, 2, 1] } },
    ...[
      { op: 'Mul', in: 'query quarter', out: 'qs' },
      { op: 'MatMul', in: 'qs kt', out: 'scores' },
    ],
    ...[
      { op: 'Where', in: 'causal scores low', out: 'masked' },
      { op: 'Softmax', in: 'masked', out: 'p', attrs: { axis: -1 } },
    ],
    ...[{ op: 'MatMul', in: 'p value', out: 'a' }, ...linear('o', 'a', 'ao'), { op: 'Add', in: 'x ao', out: 'h' }],
    ...[{ op: 'Mul', in: 'h h', out: 'hh' }, mean('hh', 'hm'), { op: 'Add', in: 'hm eps', out: 'hr' }, { op: 'Sqrt', in: 'hr', out: 'hs' }],
    ...[{ op: 'Div', in: 'h hs', out: 'hn' }, { op: 'Mul', in: 'hn scale', out: 'rms' }, ...linear('up', 'rms', 'u')],
    ...[
      { op: 'Div', in: 'u root2', out: 'uz' },
      { op: 'Erf', in: 'uz', out: 'ue' },
      { op: 'Add', in: 'ue one', out: 'ut' },
    ],
    ...[
      { op: 'Mul', in: 'u ut', out: 'up2' },
      { op: 'Mul', in: 'up2 half', out: 'gelu' },
    ],
    ...[...linear('down', 'gelu', 'dn'), { op: 'Add', in: 'h dn', out: 'y' }],
  ],
};

const hardSwish = (x: string, y: string) => [
  { op: 'Add', in: `${x} three`, out: `${y}.a` },
  { op: 'Clip', in: `${y}.a zero six`, out: `${y}.c` },
  { op: 'Mul', in: `${x} ${y}.c`, out: `${y}.m` },
  { op: 'Div', in: `${y}.m six`, out: y },
];

/** As MobileNet-V3 has it: expansion, depthwise, a gate per channel, projection, sum. */
const residual: ModelSketch = {
  inputs: { x: [1, 6, 8, 8] },
  outputs: 'y',
  constants: {
    ...{ zero: scalar(0), three: scalar(3), six: scalar(6), sixth: scalar(1 / 6) },
    ...{ up: random(rng, [12, 6, 1, 1], 0.5), dw: random(rng, [12, 1, 3, 3], 0.5), down: random(rng, [6, 12, 1, 1], 0.5) },
    ...{ less: random(rng, [4, 12, 1, 1], 0.5), more: random(rng, [12, 4, 1, 1], 0.8) },
    ...norm('a', 12),
    ...norm('b', 12),
  },
  nodes: [
    ...[{ op: 'Conv', in: 'x up', out: 'c1' }, bn('c1', 'n1', 'a'), ...hardSwish('n1', 'h1')],
    { op: 'Conv', in: 'h1 dw', out: 'c2', attrs: { group: 12, pads: [1, 1, 1, 1] } },
    ...[bn('c2', 'n2', 'b'), ...hardSwish('n2', 'h2'), { op: 'GlobalAveragePool', in: 'h2', out: 'g' }],
    ...[
      { op: 'Conv', in: 'g less', out: 's1' },
      { op: 'Relu', in: 's1', out: 's2' },
      { op: 'Conv', in: 's2 more', out: 's3' },
    ],
    ...[
      { op: 'Add', in: 's3 three', out: 's4' },
      { op: 'Clip', in: 's4 zero six', out: 's5' },
      { op: 'Mul', in: 's5 sixth', out: 's6' },
    ],
    ...[
      { op: 'Mul', in: 's6 h2', out: 'gated' },
      { op: 'Conv', in: 'gated down', out: 'p' },
      { op: 'Add', in: 'x p', out: 'z' },
    ],
    ...[
      { op: 'Sigmoid', in: 'z', out: 'sg' },
      { op: 'Mul', in: 'z sg', out: 'y' },
    ],
  ],
};

test('a network with everything that passes rewrite becomes integers that mean the same', async () => {
  const expected = ['Conv+', 'Conv', 'Add', 'Conv+', 'GlobalAveragePool', 'Flatten', 't2c:MatMul+', 't2c:MatMul'];
  expect(await sqnrDb(network, expected)).toBeGreaterThan(25);
});

test('a transformer block in its parts becomes integers that mean the same', async () => {
  const expected = ['t2c:LayerNormalization', 't2c:MatMul', 't2c:MatMul', 't2c:MatMul', 'Transpose', 't2c:MatMul', 't2c:Softmax'];
  const rest = ['MatMul', 't2c:MatMul', 'Add', 't2c:RMSNormalization', 't2c:MatMul', 't2c:Gelu', 't2c:MatMul', 'Add'];
  expect(await sqnrDb(block, [...expected, ...rest])).toBeGreaterThan(25);
});

test('an inverted residual with squeeze and excite in its parts becomes integers that mean the same', async () => {
  const body = ['Conv', 't2c:HardSwish', 'Conv', 't2c:HardSwish'];
  const gate = ['GlobalAveragePool', 'Conv+', 'Conv', 'HardSigmoid', 'Mul'];
  expect(await sqnrDb(residual, [...body, ...gate, 'Conv', 'Add', 't2c:Silu'])).toBeGreaterThan(25);
});

/** Signal to noise of the integer network's output, over the samples that it was calibrated with. */
async function sqnrDb(network: ModelSketch, expected: readonly string[]): Promise<number> {
  const c = await canonical(network);
  expect(ops(c)).toEqual(expected);
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
  return 10 * Math.log10(signal / noise);
}
