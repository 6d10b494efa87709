/**
 * Layer by layer: after correction the finished integer model has, on the calibration samples, the means (and deviations) of
 * the float model in every layer. That holds only if what a layer was decided on is what the finished model gives there.
 */
import { describe, expect, test } from 'vitest';
import { quietContext, type Progress } from '../base/context';
import { CancelledError } from '../base/errors';
import type { StepRunner } from '../reconstruct/step-runner';
import type { CanonicalModel, ValueName } from '../ir/model';
import type { IntegerModel, QuantInfo } from '../ir/integer-model';
import { totalOf } from '../integer/execute/token-rows';
import { stepOf } from '../ops/lower/tokens';
import { execute } from '../integer/execute';
import { lower } from '../integer/lower';
import { planQuantization } from '../integer/make-plan';
import { quantizeInputs } from '../integer/quantize-inputs';
import { dequantizeAffine } from '../quant/affine';
import { defaultRecipe, type Recipe } from '../recipe/recipe';
import { MomentSums, type Moments } from './float-pass';
import { ownRunner, randomSource, runFloat } from './float-runner.fixture';
import { linearLayers } from './linear-layers';
import { attentionNet, calibrated, convNet, normNet } from './networks.fixture';
import { prepare } from './prepare';
import type { Finished, Prepared } from './types';

const samples = 6;

async function made(c: CanonicalModel, recipe: Recipe): Promise<{ p: Prepared; model: IntegerModel }> {
  const source = randomSource(c, samples);
  const calibration = await calibrated(c, source);
  const ctx = quietContext();
  const p = await prepare({ canonical: c, calibration, recipe, source, runner: ownRunner }, ctx);
  const plan = await planQuantization(p.canonical, { ...calibration, stats: p.stats }, recipe, ctx, p);
  return { p, model: lower(p.canonical, plan, recipe, ctx) };
}

/** Per layer: moments of the float model and of the integer model, in units of the accumulator. */
async function compare(
  c: CanonicalModel,
  model: IntegerModel,
): Promise<{ stem: string; float: Moments; integer: Moments; unit: number[] }[]> {
  const source = randomSource(c, samples);
  const rows = linearLayers(c).map((layer) => {
    const op = model.ops.find((o) => o.name === layer.stem);
    if (!op || !('acc' in op) || op.acc === undefined || !('weight' in op)) throw new Error(layer.stem);
    const shape = model.values.get(op.acc)?.shape ?? [];
    const axis = layer.node.op === 'Conv' ? 1 : shape.length - 1;
    const qx = model.values.get(op.inputs[0] as string)?.quant;
    if (!qx) throw new Error(layer.stem);
    const sx = stepOf(qx);
    const sw = model.constants.get(op.weight as string)?.quant?.scale as Float32Array;
    return {
      layer,
      op,
      acc: op.acc,
      unit: Array.from({ length: layer.outputs }, (_, o) => sx * (sw[sw.length === 1 ? 0 : o] as number)),
      sums: [new MomentSums(shape, axis), new MomentSums(shape, axis)] as const,
    };
  });
  for (let i = 0; i < samples; i++) {
    const sample = await source.sample(i);
    const float = runFloat(c, sample).raw;
    const integers = await execute(model, quantizeInputs(model, sample), { keep: 'all' }, quietContext());
    for (const r of rows) {
      r.sums[0].add(float.get(r.layer.node.id) as Float32Array);
      r.sums[1].add(totalOf(r.op, integers.get(r.acc)?.data as Int32Array, r.layer.outputs, model));
    }
  }
  return rows.map(({ layer, unit, sums }) => {
    const seen = sums[1].moments();
    const integer = {
      mean: seen.mean.map((m, o) => m * (unit[o] as number)),
      deviation: seen.deviation.map((d, o) => d * (unit[o] as number)),
    };
    return { stem: layer.stem, float: sums[0].moments(), integer, unit };
  });
}

const four = (algorithm: string): Recipe => ({ ...defaultRecipe, weights: { algorithm, bits: 4, options: {} } });

describe.each([
  ['convNet', convNet],
  ['normNet', () => normNet(3)],
] as const)('%s', (_, net) => {
  test.each(['minmax_channel', 'gptq', 'minmax'])(
    'bias correction leaves no mean error but the rounding of a bias: %s',
    async (algorithm) => {
      const c = net();
      const { p, model } = await made(c, { ...four(algorithm), corrections: { equalize: false, batchNorm: false, bias: true } });
      const rows = await compare(c, model);
      for (const { float, integer, unit } of rows) {
        float.mean.forEach((m, o) =>
          expect(Math.abs(m - (integer.mean[o] as number))).toBeLessThanOrEqual((unit[o] as number) * 0.51 + 1e-6),
        );
      }
      expect(p.notes.filter((n) => n.step === 'bias' && n.done).length).toBe(rows.length);
    },
  );
});

test('layers that take their input token by token are decided alike', async () => {
  const c = normNet(3);
  const recipe: Recipe = {
    ...four('gptq'),
    activations: { ...defaultRecipe.activations, algorithm: 'minmax_token' },
    corrections: { equalize: false, batchNorm: false, bias: true },
  };
  const { p, model } = await made(c, recipe);
  expect(model.ops.filter((o) => 'requant' in o && o.requant?.rowMul !== undefined).map((o) => o.name)).toEqual([
    'matmul1',
    'matmul2',
    'matmul5',
  ]);
  for (const { float, integer, unit } of await compare(c, model)) {
    float.mean.forEach((m, o) => expect(Math.abs(m - (integer.mean[o] as number))).toBeLessThanOrEqual((unit[o] as number) * 0.51 + 1e-6));
  }
  for (const n of p.notes.filter((note) => note.step === 'learn')) expect(n.text).toMatch(/[1-9]\d*\.\d dB less error/);
});

test('BatchNorm re-estimation gives convolutions the deviations of the float model too, by scales alone', async () => {
  const c = convNet();
  const { model } = await made(c, { ...four('minmax_channel'), corrections: { equalize: false, batchNorm: true, bias: false } });
  const { model: plain } = await made(c, four('minmax_channel'));
  for (const { stem, float, integer, unit } of await compare(c, model)) {
    if (stem.startsWith('gemm')) continue;
    float.deviation.forEach((d, o) => {
      expect(Math.abs(d - (integer.deviation[o] as number))).toBeLessThan(d * 1e-3 + 1e-6);
      expect(Math.abs((float.mean[o] as number) - (integer.mean[o] as number))).toBeLessThanOrEqual((unit[o] as number) * 0.51 + d * 1e-3);
    });
    expect(model.constants.get(`${stem}_x2`)?.data).toEqual(plain.constants.get(`${stem}_x2`)?.data);
  }
});

test('the same data and seed give the same model; without corrections nothing is touched', async () => {
  const c = convNet();
  const all: Recipe = { ...four('gptq'), corrections: { equalize: true, batchNorm: true, bias: true }, seed: 3 };
  const [a, b] = [await made(c, all), await made(c, all)];
  expect([...a.model.constants]).toEqual([...b.model.constants]);
  expect(a.p.notes).toEqual(b.p.notes);
  const source = randomSource(c, samples);
  const calibration = await calibrated(c, source);
  const nothing = await prepare({ canonical: c, calibration, recipe: defaultRecipe, source, runner: ownRunner }, quietContext());
  expect(nothing.canonical).toBe(c);
  expect(nothing.stats).toBe(calibration.stats);
  expect(nothing.weights.size + nothing.notes.length + nothing.samples).toBe(0);
});

test('gptq says how much of the error of nearest rounding it takes away', async () => {
  const { p } = await made(convNet(), four('gptq'));
  const notes = p.notes.filter((n) => n.step === 'learn');
  expect(notes.map((n) => n.layer)).toEqual(['conv0', 'conv1', 'conv2', 'conv3', 'conv5', 'gemm8']);
  for (const n of notes) expect(n.text).toMatch(/\d+ of \d+ weights are not the nearest integer: \d+\.\d dB less error/);
});

test('adaround learns every layer on what the layers before give, the same for the same seed', async () => {
  const recipe: Recipe = {
    ...four('adaround'),
    weights: { algorithm: 'adaround', bits: 4, options: { iterations: 60, rows: 32, rate: 0.05 } },
  };
  const c = convNet();
  const [a, b] = [await made(c, recipe), await made(c, recipe)];
  expect([...a.model.constants]).toEqual([...b.model.constants]);
  const notes = a.p.notes.filter((n) => n.step === 'learn');
  expect(notes.map((n) => n.layer)).toEqual(['conv0', 'conv1', 'conv2', 'conv3', 'conv5', 'gemm8']);
  for (const n of notes) expect(n.text).toMatch(/\d+ of \d+ weights are not the nearest integer: \d+\.\d dB less error .* after 60 steps/);
  // six samples are six rows of a fully connected layer, too few for what it is to learn; a convolution has one for each position
  const few = notes.filter((n) => n.text.endsWith('; only 6 input rows for 16 columns: more samples help'));
  expect(few.map((n) => n.layer)).toEqual(['gemm8']);
  expect(await outputError(c, a.model)).toBeLessThan(await outputError(c, (await made(c, four('mse_channel'))).model));
});

test('lsq learns the steps that layers alone read, says which it leaves, and leaves less error', async () => {
  const c = convNet();
  const recipe = (algorithm: string, options = {}): Recipe => ({
    ...defaultRecipe,
    activations: { ...defaultRecipe.activations, algorithm, bits: 3, options },
  });
  const learning = recipe('lsq', { iterations: 60, rate: 0.01, rows: 64 });
  const [a, b] = [await made(c, learning), await made(c, learning)];
  expect([...a.model.constants]).toEqual([...b.model.constants]);
  const notes = a.p.notes.filter((n) => n.step === 'learn');
  expect(notes.some((n) => n.done)).toBe(true);
  for (const n of notes) {
    expect(n.text).toMatch(n.done ? /^step times \d\.\d{3}: (\d+\.\d\d dB less error|no error)/ : /reads it too/);
  }
  expect(a.p.steps.size).toBe(notes.filter((n) => n.done).length);
  const scales = new Set([...a.model.values.values()].map((v) => v.quant?.scale[0]));
  for (const q of a.p.steps.values()) expect(scales).toContain(q.scale[0]);
  // a smaller error of every layer is no promise for the network: it holds over several
  const errors = { lsq: 0, mse: 0 };
  for (const net of [c, convNet(), convNet(), convNet()]) {
    errors.lsq += Math.log(await outputError(net, (await made(net, learning)).model));
    errors.mse += Math.log(await outputError(net, (await made(net, recipe('mse'))).model));
  }
  expect(errors.lsq).toBeLessThan(errors.mse);
});

test('lsq_token learns a scale for every token where layers take them so, and steps as lsq elsewhere', async () => {
  const c = attentionNet();
  const recipe = (algorithm: string, options = {}): Recipe => ({
    ...defaultRecipe,
    activations: { ...defaultRecipe.activations, algorithm, bits: 4, options },
  });
  const learning = recipe('lsq_token', { iterations: 60, rate: 0.01, rows: 64 });
  const [a, plain] = [await made(c, learning), await made(c, recipe('minmax_token'))];
  const rows = (m: IntegerModel) => m.ops.filter((o) => 'requant' in o && o.requant?.rowMul !== undefined).map((o) => o.name);
  expect(rows(a.model)).toEqual(rows(plain.model));
  expect(rows(a.model).length).toBeGreaterThan(3);
  expect([...a.p.tokens.keys()]).toEqual([...plain.p.tokens.keys()]);
  for (const [value, maxima] of a.p.tokens) expect(maxima).not.toEqual(plain.p.tokens.get(value));
  const notes = a.p.notes.filter((n) => n.step === 'learn' && n.done);
  expect(notes.filter((n) => /^steps of tokens times \d\.\d{3} to \d\.\d{3}: \d+\.\d\d dB less error/.test(n.text)).length).toBe(
    a.p.tokens.size,
  );
  expect(await outputError(c, a.model)).toBeLessThan(await outputError(c, plain.model));
  expect([...(await made(c, learning)).model.constants]).toEqual([...a.model.constants]);
  // a value that one layer takes with other bits keeps the scales of its maxima
  const other = await made(c, { ...learning, layers: [{ match: 'matmul2', activationBits: 8 }] });
  expect(other.p.notes.filter((n) => /a layer of 8 bits reads it too/.test(n.text)).length).toBe(1);
});

test('smooth_token is minmax_token on the model that smooth_channel has smoothed', async () => {
  const c = normNet(60);
  const recipe = (weights: string, activations: string): Recipe => ({
    ...defaultRecipe,
    weights: { ...defaultRecipe.weights, algorithm: weights },
    activations: { ...defaultRecipe.activations, algorithm: activations },
  });
  const { model } = await made(c, recipe('smooth_channel', 'smooth_token'));
  expect([...model.constants]).toEqual([...(await made(c, recipe('smooth_channel', 'minmax_token'))).model.constants]);
  expect(model.ops.filter((o) => 'requant' in o && o.requant?.rowMul !== undefined).length).toBe(3);
  expect(await outputError(c, model)).toBeLessThan(await outputError(c, (await made(c, recipe('minmax_channel', 'minmax_token'))).model));
});

test('lsq leaves a tensor alone that a layer kept in float reads', async () => {
  const c = convNet();
  const learned = async (layers: Recipe['layers']) => {
    const options = { iterations: 20, rows: 32 };
    const { p } = await made(c, { ...defaultRecipe, activations: { ...defaultRecipe.activations, algorithm: 'lsq', options }, layers });
    return p.notes.filter((n) => n.step === 'learn');
  };
  const notes = await learned([{ match: 'conv2', keep: 'float' }]);
  expect(notes.length).toBeLessThan((await learned([])).length);
  expect(notes.some((n) => n.done)).toBe(true);
});

test('what was cancelled goes on after the layers that were learned, to the same model', async () => {
  const c = convNet();
  const source = randomSource(c, samples);
  const calibration = await calibrated(c, source);
  const options = { iterations: 20, rows: 32 };
  const recipe: Recipe = {
    ...defaultRecipe,
    weights: { algorithm: 'adaround', bits: 4, options },
    activations: { ...defaultRecipe.activations, algorithm: 'lsq', options },
  };
  const finished: Finished = { weights: new Map(), steps: new Map(), blocks: new Map() };
  const signal = { aborted: false };
  let opened = 0;
  const steps: StepRunner = { open: (model) => (opened++, ownRunner.steps.open(model)) };
  const input = { canonical: c, calibration, recipe, source, runner: { ...ownRunner, steps } };
  const whole = await prepare(input, quietContext());
  const all = opened;
  const cancelling = {
    ...quietContext(),
    signal,
    progress: ({ layer }: Progress) => void (signal.aborted ||= layer === 'conv3' && finished.steps.size > 0 && finished.weights.size > 0),
  };
  await expect(prepare({ ...input, finished }, cancelling)).rejects.toThrow(CancelledError);
  expect([...finished.weights.keys()]).toEqual(['conv0', 'conv1', 'conv2']);
  opened = 0;
  const rest = await prepare({ ...input, finished }, quietContext());
  expect(opened).toBeLessThan(all / 2);
  expect(opened).toBeGreaterThan(0);
  expect(rest).toEqual(whole);
});

/** Squared error of the outputs over the calibration samples. */
async function outputError(c: CanonicalModel, model: IntegerModel): Promise<number> {
  const source = randomSource(c, samples);
  const name = c.model.graph.outputs[0]?.name as ValueName;
  const q = model.values.get(name)?.quant as QuantInfo;
  let sum = 0;
  for (let i = 0; i < samples; i++) {
    const sample = await source.sample(i);
    const float = runFloat(c, sample).values.get(name) as Float32Array;
    const integers = (await execute(model, quantizeInputs(model, sample), { keep: 'all' }, quietContext())).get(name);
    const real = dequantizeAffine(integers?.data as Int32Array, q);
    sum += real.reduce((s, v, k) => s + (v - (float[k] as number)) ** 2, 0);
  }
  return sum;
}
