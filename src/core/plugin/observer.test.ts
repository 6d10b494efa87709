/** A plugin's observer: what it keeps is the fold over the samples in their order, and its `fit` is given exactly that. */
import { describe, expect, test } from 'vitest';
import { quietContext } from '../base/context';
import { observedValues } from '../calibrate/observed-values';
import type { ValueName } from '../ir/model';
import { ownRunner, randomSource, runFloat } from '../prepare/float-runner.fixture';
import { calibrated, convNet } from '../prepare/networks.fixture';
import { prepare } from '../prepare/prepare';
import { defaultRecipe } from '../recipe/recipe';
import { battery } from './battery';
import { pluginRecord, withPlugin, builtInRegistry } from './registry';
import type { ObserverPlugin, Plugin } from './sdk';

/** Depends on the order of the samples: each counts half of what the one after it does. */
const late: ObserverPlugin = {
  id: 'late',
  title: 'Late',
  options: [{ id: 'share', title: 'Share', help: '', kind: { type: 'number', min: 0, max: 1, step: 0.1 }, fallback: 0.5 }],
  start: () => Float64Array.of(0),
  observe: ([kept = 0], x, { share }) => Float64Array.of(kept * Number(share) + x.reduce((most, v) => Math.max(most, Math.abs(v)), 0)),
  fit: ({ kept: [most = 0], min }, scheme, _options, kit) => kit.rangeQuantizer(min < 0 ? -most : 0, most, scheme),
};

function registryOf(observer: ObserverPlugin) {
  const plugin: Plugin = { apiVersion: 1, name: 'Test', observers: [observer] };
  return withPlugin(builtInRegistry, plugin, pluginRecord(plugin, ''));
}

test('what is kept is the fold over the samples, and only where the recipe asks for it', async () => {
  const c = convNet();
  const source = randomSource(c, 5);
  const calibration = await calibrated(c, source);
  const { quantizers } = registryOf(late);
  const recipe = {
    ...defaultRecipe,
    activations: { ...defaultRecipe.activations, algorithm: 'late', options: { share: 0.25 } },
    layers: [{ match: 'conv1', activations: 'minmax' }],
  };
  const { stats } = await prepare({ canonical: c, calibration, recipe, quantizers, source, runner: ownRunner }, quietContext());
  const expected = new Map<ValueName, number>();
  for (let i = 0; i < 5; i++) {
    const sample = await source.sample(i);
    const { values } = runFloat(c, sample);
    for (const value of observedValues(c)) {
      const x = (values.get(value) ?? sample.inputs.get(value)?.data) as Float32Array;
      expected.set(value, (expected.get(value) ?? 0) * 0.25 + Math.max(...x.map(Math.abs)));
    }
  }
  const own = c.model.graph.nodes.find((n) => c.stems.get(n.id) === 'conv1')?.outputs[0];
  for (const [value, most] of expected)
    expect([value, stats.get(value)?.seen?.['late']?.[0]]).toEqual([value, value === own ? undefined : most]);
  const plain = await prepare({ canonical: c, calibration, recipe: defaultRecipe, quantizers, source, runner: ownRunner }, quietContext());
  expect(plain.stats).toBe(calibration.stats);
});

describe('the battery', () => {
  const check = async (part: Partial<ObserverPlugin>) => {
    const found = registryOf({ ...late, ...part }).quantizers.activations.find((q) => q.id === 'late');
    if (!found) throw new Error('late');
    const report = await battery(found, { seed: 7 }, quietContext());
    return report.laws.flatMap((l) => (l.ok ? [] : [`${l.law}: ${l.counterexample?.text ?? ''}`])).join('\n');
  };
  test.each([
    ['one that keeps the laws', {}, /^$/],
    [
      'one that grows',
      { observe: (kept: Float64Array) => new Float64Array(kept.length + 1) },
      /late\.observe keeps something else than numbers of fixed length, expected Float64Array of 1, got 2/,
    ],
    ['one that keeps NaN', { observe: () => Float64Array.of(NaN) }, /NaN at index 0/],
    ['one that begins with a list', { start: () => [0] as never }, /late\.start keeps something else.*got Array/],
    ['one that is random', { start: () => Float64Array.of(Math.random()) }, /deterministic: two fits/],
  ] as const)('%s', async (_name, part, text) => {
    expect(await check(part)).toMatch(text);
  });
});
