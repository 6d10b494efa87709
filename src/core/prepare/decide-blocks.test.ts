/** Networks learned block by block: less error of the whole than its parts alone give, the same for the same seed. */
import { describe, expect, it } from 'vitest';
import { concatBytes } from '../base/bytes';
import { quietContext, type Context } from '../base/context';
import { CancelledError } from '../base/errors';
import { createRng } from '../base/rng';
import { canonicalModel } from '../integer/canonical.fixture';
import { execute } from '../integer/execute';
import { lower } from '../integer/lower';
import { planQuantization } from '../integer/make-plan';
import { quantizeInputs } from '../integer/quantize-inputs';
import type { IntegerModel, QuantInfo } from '../ir/integer-model';
import type { CanonicalModel, ValueName } from '../ir/model';
import { dequantizeAffine } from '../quant/affine';
import { defaultRecipe, type Recipe } from '../recipe/recipe';
import { ownRunner, randomSource, runFloat } from './float-runner.fixture';
import { attentionNet, calibrated, convNet } from './networks.fixture';
import { learnedFileHead, readLearned, takeLearned, writeLearned } from './learned-file';
import { prepare, type PrepareInput } from './prepare';
import type { Finished, LearnedRecord, Prepared } from './types';

const samples = 6;
const [conv, attention] = [convNet(), attentionNet()];

async function inputOf(c: CanonicalModel, recipe: Recipe): Promise<PrepareInput> {
  const source = randomSource(c, samples);
  return { canonical: c, calibration: await calibrated(c, source), recipe, source, runner: ownRunner };
}

async function made(c: CanonicalModel, recipe: Recipe): Promise<{ p: Prepared; model: IntegerModel }> {
  const ctx = quietContext();
  const input = await inputOf(c, recipe);
  const p = await prepare(input, ctx);
  const plan = await planQuantization(p.canonical, { ...input.calibration, stats: p.stats }, recipe, ctx, p);
  return { p, model: lower(p.canonical, plan, recipe, ctx) };
}

/** Squared error of the integer model's output over the calibration samples. */
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

const recipe = (weights: string, activations: string): Recipe => ({
  ...defaultRecipe,
  weights: { algorithm: weights, bits: 4, options: weights === 'adaround' ? { rate: 0.05, iterations: 40 } : {} },
  activations: {
    ...defaultRecipe.activations,
    algorithm: activations,
    bits: 4,
    options: activations.startsWith('qdrop') ? { iterations: 40, batch: 4, rate: 0.01 } : {},
  },
});

describe.each([
  ['convNet', conv, ['conv0', 'conv1', 'conv2', 'conv3', 'conv5', 'gemm8']],
  ['attentionNet', attention, ['matmul1 to matmul15', 'matmul18 to matmul20', 'matmul22']],
] as const)('%s', (_, c, blocks) => {
  it('has less error with steps and roundings learned together, told block by block', async () => {
    const [a, b] = [await made(c, recipe('adaround', 'qdrop')), await made(c, recipe('adaround', 'qdrop'))];
    expect([...a.model.constants]).toEqual([...b.model.constants]);
    expect(a.p.notes).toEqual(b.p.notes);
    expect(a.p.notes.map((n) => n.layer)).toEqual(blocks);
    for (const n of a.p.notes) {
      expect(n).toMatchObject({ step: 'learn', done: true });
      expect(n.text).toMatch(
        /^steps .*, \d+ of \d+ weights not the nearest integer: (\d+\.\d\d dB less error of the block's output|no error) .* after 40 steps$/,
      );
    }
    expect(await outputError(c, a.model)).toBeLessThan((await outputError(c, (await made(c, recipe('mse_channel', 'mse'))).model)) * 0.9);
  });

  it('has less error with steps alone, which stand in the integer model', async () => {
    const { p, model } = await made(c, recipe('mse_channel', 'qdrop'));
    expect(p.weights.size).toBe(0);
    const scales = new Set([...model.values.values()].map((v) => v.quant?.scale[0]));
    expect(p.steps.size).toBeGreaterThan(3);
    for (const q of p.steps.values()) expect(scales).toContain(q.scale[0]);
    // of a few random samples, the error of the whole is as much luck as learning
    const gains = p.notes.map((n) => Number(/([\d.]+) dB less/.exec(n.text)?.[1]));
    expect(gains.length).toBe(blocks.length);
    expect(gains.some((g) => g > 0.05)).toBe(true);
  });
});

it('learns a scale for every token where layers take them so', async () => {
  const c = attention;
  const [a, plain] = [await made(c, recipe('mse_channel', 'qdrop_token')), await made(c, recipe('mse_channel', 'minmax_token'))];
  const rows = (m: IntegerModel) => m.ops.filter((o) => 'requant' in o && o.requant?.rowMul !== undefined).map((o) => o.name);
  expect(rows(a.model)).toEqual(rows(plain.model));
  expect([...a.p.tokens.keys()]).toEqual([...plain.p.tokens.keys()]);
  for (const [value, maxima] of a.p.tokens) expect(maxima).not.toEqual(plain.p.tokens.get(value));
  expect(await outputError(c, a.model)).toBeLessThan(await outputError(c, plain.model));
  expect([...(await made(c, recipe('mse_channel', 'qdrop_token'))).model.constants]).toEqual([...a.model.constants]);
});

it('leaves layers to other algorithms where rules say so, and corrects biases after', async () => {
  const c = conv;
  const layers = [
    { match: 'conv1', activations: 'mse' },
    { match: 'conv3', weights: 'gptq' },
  ];
  const { p } = await made(c, { ...recipe('adaround', 'qdrop'), layers, corrections: { equalize: false, batchNorm: false, bias: true } });
  const learned = p.notes.filter((n) => n.step === 'learn').map((n) => n.layer);
  // the tensor that conv1 makes keeps its step; conv2, which reads it, is learned alone
  expect(learned).toEqual(['conv0', 'conv1', 'conv3', 'conv5', 'gemm8', 'conv2', 'conv3']);
  expect(p.notes.filter((n) => n.step === 'bias').length).toBe(6);
});

it('learns the layers of a block alone where no gradient passes through it', async () => {
  const rng = createRng(5);
  const layer = (x: string, y: string) => ({ op: 'Conv', inputs: [x, 'w'], outputs: [y] });
  const c = canonicalModel({
    nodes: [
      layer('x', 'a'),
      layer('a', 'b'),
      { op: 'Floor', inputs: ['b'], outputs: ['c'] },
      layer('c', 'd'),
      { op: 'Add', inputs: ['a', 'd'], outputs: ['e'] },
      layer('e', 'y'),
    ],
    inputs: ['x'],
    outputs: ['y'],
    shapes: Object.fromEntries(['x', 'a', 'b', 'c', 'd', 'e', 'y'].map((v) => [v, [1, 4, 5, 5]])),
    constants: { w: { shape: [4, 4, 1, 1], data: Array.from({ length: 16 }, () => rng.normal()) } },
  });
  const { p } = await made(c, recipe('adaround', 'qdrop'));
  expect(p.notes.map((n) => [n.layer, n.done])).toEqual(['conv0', 'conv1', 'conv3', 'conv5'].map((l) => [l, true]));
});

it('goes on after the blocks that were learned when it was cancelled, to the same model', async () => {
  const kept = [learnedFileHead('0'.repeat(64))];
  const keep = async (r: LearnedRecord) => void kept.push(writeLearned(r));
  const finished: Finished = { weights: new Map(), steps: new Map(), blocks: new Map(), keep };
  const input = await inputOf(conv, recipe('adaround', 'qdrop'));
  const whole = await prepare(input, quietContext());
  const signal = { aborted: false };
  const cancelling: Context = { ...quietContext(), signal, progress: () => void (signal.aborted ||= finished.blocks.size === 3) };
  await expect(prepare({ ...input, finished }, cancelling)).rejects.toThrow(CancelledError);
  expect([...finished.blocks.keys()]).toEqual(['a', 'b', 'c']);
  expect(await prepare({ ...input, finished }, quietContext())).toEqual(whole);
  // and from a file
  const known: Finished = { weights: new Map(), steps: new Map(), blocks: new Map() };
  takeLearned(readLearned(concatBytes(kept.slice(0, 4)))?.records ?? [], known);
  expect([...known.blocks.keys()]).toEqual(['a', 'b', 'c']);
  expect(await prepare({ ...input, finished: known }, quietContext())).toEqual(whole);
});
