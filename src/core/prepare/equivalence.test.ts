/** Equalization and smoothing change parameters, not the function; and what they are for gets better. */
import { describe, expect, test } from 'vitest';
import { quietContext, type Warning } from '../base/context';
import { sqnrDb } from '../analysis/metrics';
import type { CanonicalModel, ValueName } from '../ir/model';
import { execute } from '../integer/execute';
import { lower } from '../integer/lower';
import { planQuantization } from '../integer/make-plan';
import { quantizeInputs } from '../integer/quantize-inputs';
import { dequantizeAffine } from '../quant/affine';
import { defaultRecipe, type Recipe } from '../recipe/recipe';
import { equalize } from './equalize';
import { ownRunner, randomSource, runFloat } from './float-runner.fixture';
import { inputMaxima, linearLayers } from './linear-layers';
import { calibrated, convNet, normNet } from './networks.fixture';
import { prepare } from './prepare';
import { smoothSpots } from './smooth';
import { visionTransformer } from './vision-transformer.fixture';

async function expectSameFunction(a: CanonicalModel, b: CanonicalModel): Promise<void> {
  const source = randomSource(a, 5);
  for (let i = 0; i < 5; i++) {
    const sample = await source.sample(i);
    const [y, z] = [a, b].map((c) => runFloat(c, sample).values.get('y' as ValueName) as Float32Array) as [Float32Array, Float32Array];
    expect(sqnrDb(y, z)).toBeGreaterThan(100);
  }
}

/** SQNR of y over the samples, from floats to integers. */
async function integerSqnr(c: CanonicalModel, recipe: Recipe): Promise<number> {
  const source = randomSource(c, 12);
  const calibration = await calibrated(c, source);
  const ctx = quietContext();
  const p = await prepare({ canonical: c, calibration, recipe, source, runner: ownRunner }, ctx);
  const plan = await planQuantization(p.canonical, { ...calibration, stats: p.stats }, recipe, ctx, p);
  const model = lower(p.canonical, plan, recipe, ctx);
  const all: number[] = [];
  const float: number[] = [];
  for (let i = 0; i < 12; i++) {
    const sample = await source.sample(i);
    const y = (await execute(model, quantizeInputs(model, sample), { keep: 'outputs' }, ctx)).get('y');
    const q = model.values.get('y')?.quant;
    if (!y || !q) throw new Error('y');
    all.push(...dequantizeAffine(y.data as Int16Array, q));
    float.push(...(runFloat(c, sample).values.get('y' as ValueName) as Float32Array));
  }
  return sqnrDb(Float32Array.from(float), Float32Array.from(all)) ?? NaN;
}

describe('equalization', () => {
  test('keeps the function and gives the channels between two layers like ranges on both sides', async () => {
    const c = convNet();
    const { canonical, report } = equalize(c);
    expect(report.pairs).toEqual([
      ['conv0', 'conv1'],
      ['conv1', 'conv2'],
      ['conv5', 'gemm8'],
    ]);
    expect(report.left.map((l) => l.layer)).toEqual(['conv2', 'conv3', 'gemm8']);
    await expectSameFunction(c, canonical);
    const layers = new Map(linearLayers(canonical).map((l) => [l.stem, l]));
    const [dw, second] = [layers.get('conv1'), layers.get('conv2')];
    if (!dw || !second) throw new Error('layers');
    inputMaxima(second).forEach((r2, o) => {
      const r1 = Math.max(...dw.weight.subarray(o * 9, o * 9 + 9).map(Math.abs));
      expect(Math.abs(r1 / r2 - 1)).toBeLessThan(1e-3);
    });
    // the model given is as it was
    expect(equalize(c).report).toEqual(report);
  });

  test('a bound from above keeps a layer as it is, and it is said', async () => {
    const c = convNet();
    const nodes = c.model.graph.nodes.map((n) => (n.clamp ? { ...n, clamp: { lo: 0, hi: 6, op: 'Clip' } } : n));
    const bounded = { ...c, model: { ...c.model, graph: { ...c.model.graph, nodes } } };
    const { report, canonical } = equalize(bounded);
    expect(report.pairs).toEqual([]);
    const warnings: Warning[] = [];
    const source = randomSource(bounded, 2);
    const recipe = { ...defaultRecipe, corrections: { ...defaultRecipe.corrections, equalize: true } };
    await prepare(
      { canonical: bounded, calibration: await calibrated(bounded, source), recipe, source, runner: ownRunner },
      quietContext(warnings),
    );
    expect(warnings.map((w) => w.code)).toEqual(['idle-step']);
    expect(report.left[0]).toEqual({ layer: 'conv0', why: 'Clip bounds it' });
    expect(canonical).toBe(bounded);
  });

  test('makes one scale a tensor good enough where channels differ much', async () => {
    const weights = { algorithm: 'minmax', bits: 6, options: {} };
    const before = await integerSqnr(convNet(), { ...defaultRecipe, weights });
    const after = await integerSqnr(convNet(), {
      ...defaultRecipe,
      weights,
      corrections: { ...defaultRecipe.corrections, equalize: true },
    });
    expect(after).toBeGreaterThan(before);
  });
});

describe('SmoothQuant', () => {
  const recipe: Recipe = {
    ...defaultRecipe,
    weights: { algorithm: 'smooth_channel', bits: 8, options: {} },
    activations: { ...defaultRecipe.activations, algorithm: 'smooth' },
  };

  test('folds its factors into the layer norm, shares them among readers, and leaves alone what nothing can take', async () => {
    const c = normNet(40);
    const { spots, notes } = smoothSpots(c, () => true);
    expect(spots.map((s) => [s.value, s.readers.map((r) => r.stem)])).toEqual([['n', ['matmul1', 'matmul2']]]);
    expect(notes).toEqual([{ step: 'smooth', layer: 'matmul5', done: false, text: 'Gelu before it cannot take the factors' }]);
    const source = randomSource(c, 6);
    const p = await prepare({ canonical: c, calibration: await calibrated(c, source), recipe, source, runner: ownRunner }, quietContext());
    await expectSameFunction(c, p.canonical);
    const n = p.stats.get('n' as ValueName);
    const before = (await calibrated(c, source)).stats.get('n' as ValueName);
    if (!n || !before) throw new Error('n');
    expect(Math.max(n.max, -n.min)).toBeLessThan(Math.max(before.max, -before.min) / 3);
  });

  test('gains 3 dB and more where gammas have outliers, per tensor at 8 bits', async () => {
    for (const outlier of [20, 60]) {
      const plain = await integerSqnr(normNet(outlier), { ...defaultRecipe, residualBits: 16 });
      const smoothed = await integerSqnr(normNet(outlier), { ...recipe, residualBits: 16 });
      expect(smoothed - plain).toBeGreaterThan(3);
    }
  });

  test.each([
    // outliers are then most of what a layer gives, and little is lost on them either way
    [0, 'as strongly as the other channels', 20, 1],
    [3, 'with a quarter of the strength', 20, 1 / 4],
    [3, 'as weakly as their gammas are large', 30, 1 / 30],
  ])('gains %i dB and more on a vision transformer whose weights read the outliers %s', async (least, _, outlier, strength) => {
    const c = visionTransformer(outlier, strength);
    const plain = await integerSqnr(c, defaultRecipe);
    expect((await integerSqnr(c, recipe)) - plain).toBeGreaterThan(least);
  });
});
