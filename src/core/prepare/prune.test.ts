/** Masks are those of a slow reading; what was pruned stays 0 through everything that learns, and nothing else changes the law. */
import { describe, expect, test } from 'vitest';
import { quietContext } from '../base/context';
import { createRng } from '../base/rng';
import { lower } from '../integer/lower';
import { planQuantization } from '../integer/make-plan';
import { pruningMask, type PruningCriterion } from '../quant/pruning';
import { builtInQuantizers, type Quantizers } from '../quant/registry';
import { parseRecipe } from '../recipe/validate';
import { ownRunner, randomSource } from './float-runner.fixture';
import { linearLayers } from './linear-layers';
import { calibrated, convNet } from './networks.fixture';
import { prepare } from './prepare';
import { refuseRevived } from './prune';

const magnitude: PruningCriterion = { id: 'magnitude', title: 'Magnitude', options: [], score: (w) => w.map(Math.abs) };
const quantizers: Quantizers = { ...builtInQuantizers, pruning: [magnitude] };

/** Weights of one output in the order that neighbours are counted in, straight from the definition. */
function slowRow(shape: readonly number[], axis: number, o: number, order: string): number[] {
  const found: { readonly i: number; readonly key: number }[] = [];
  const inner = (d: number): number => shape.slice(d + 1).reduce((a, b) => a * b, 1);
  const size = shape.reduce((a, b) => a * b, 1);
  for (let i = 0; i < size; i++) {
    const at = shape.map((n, d) => Math.floor(i / inner(d)) % n);
    if (at[axis] !== o) continue;
    const window = at.slice(2).reduce((a, v, d) => a * (shape[d + 2] as number) + v, 0);
    const key = order === 'channels-last' && axis === 0 ? window * 1000 + (at[1] ?? 0) : i;
    found.push({ i, key });
  }
  return found.sort((a, b) => a.key - b.key).map((f) => f.i);
}

describe.each([
  [[6, 5, 3, 3], 0],
  [[7, 10], 0],
  [[10, 7], 1],
  [[4, 1, 3, 3], 0],
] as const)('the mask of %j along %i', (shape, axis) => {
  const rng = createRng(3);
  const size = shape.reduce((a: number, b) => a * b, 1);
  // few values, so that scores tie
  const scores = Float32Array.from({ length: size }, () => rng.int(0, 5));
  test.each(['1:2', '1:4', '2:4', '4:8'])('%s keeps the n best of every m neighbours', (pattern) => {
    const [n, m] = pattern.split(':').map(Number) as [number, number];
    for (const neighbours of ['stored', 'channels-last']) {
      const mask = pruningMask(scores, shape, axis, { pattern, neighbours });
      const expected = new Uint8Array(size).fill(1);
      for (let o = 0; o < (shape[axis] as number); o++) {
        const row = slowRow(shape, axis, o, neighbours);
        for (let at = 0; at < row.length; at += m) {
          const group = row.slice(at, at + m).map((i, place) => ({ i, place }));
          group.sort((a, b) => (scores[b.i] as number) - (scores[a.i] as number) || b.place - a.place);
          for (const { i } of group.slice(n)) expected[i] = 0;
        }
      }
      expect(mask).toEqual(expected);
    }
  });

  test('unstructured: exactly the share, and no weight that goes scores more than one that stays', () => {
    for (const sparsity of [0, 1, 37, 50, 99]) {
      const mask = pruningMask(scores, shape, axis, { sparsity });
      const [gone, kept] = [0, 1].map((m) => [...scores].filter((_, i) => mask[i] === m)) as [number[], number[]];
      expect(gone.length).toBe(Math.floor((size * sparsity) / 100));
      expect(Math.max(...gone, -1)).toBeLessThanOrEqual(Math.min(...kept));
    }
  });
});

describe('through learning', () => {
  const c = convNet();
  const source = randomSource(c, 6);
  test.each([
    ['minmax_channel', 'minmax', {}],
    ['mse_channel', 'minmax', {}],
    ['gptq', 'minmax', {}],
    ['adaround', 'minmax', { iterations: 60 }],
    ['adaround', 'qdrop', { iterations: 20 }],
  ] as const)('%s and %s keep every 0', async (algorithm, activations, options) => {
    const recipe = parseRecipe(
      {
        weights: { algorithm, bits: 4, options },
        activations: { algorithm: activations, options: activations === 'qdrop' ? { iterations: 20 } : {} },
        pruning: { criterion: 'magnitude', options: { pattern: '2:4', edges: true } },
      },
      quantizers,
    );
    const ctx = quietContext();
    const calibration = await calibrated(c, source);
    const p = await prepare({ canonical: c, calibration, recipe, quantizers, source, runner: ownRunner }, ctx);
    const plan = await planQuantization(p.canonical, { ...calibration, stats: p.stats }, recipe, ctx, p, quantizers);
    lower(p.canonical, plan, recipe, ctx);
    refuseRevived(p.canonical, plan.weights, p.masks, recipe);
    const layers = linearLayers(c);
    expect([...p.masks.keys()]).toEqual(layers.map((l) => l.node.id));
    for (const { node, weight, shape, role } of layers) {
      const mask = pruningMask(weight.map(Math.abs), shape, role.channelAxis, { pattern: '2:4' });
      const integers = plan.weights.get(node.id)?.data as Int8Array;
      expect(mask).toEqual(p.masks.get(node.id));
      expect([...integers].filter((q, i) => mask[i] === 0 && q !== 0)).toEqual([]);
      expect([...integers].some((q) => q !== 0)).toBe(true);
    }
    // what comparisons are made with is whole
    expect(linearLayers(p.reference).map((l) => l.weight)).toEqual(layers.map((l) => l.weight));
  });

  test('the first and the last layer stay whole unless asked for, layers in float do', async () => {
    const recipe = parseRecipe(
      { pruning: { criterion: 'magnitude', options: {} }, layers: [{ match: 'conv2', keep: 'float' }] },
      quantizers,
    );
    const calibration = await calibrated(c, source);
    const { notes } = await prepare({ canonical: c, calibration, recipe, quantizers, source, runner: ownRunner }, quietContext());
    expect(notes.map((n) => `${n.layer} ${n.done ? 'done' : n.text}`)).toEqual([
      'conv0 the first or the last layer',
      'conv1 done',
      'conv2 kept in float',
      'conv3 done',
      'conv5 done',
      'gemm8 the first or the last layer',
    ]);
  });
});

test('recipes are checked: criteria by name, options by their kind', () => {
  const parse = (pruning: unknown) => () => parseRecipe({ pruning }, quantizers);
  expect(parse({ criterion: 'magnitude', options: { pattern: '2:4', sparsity: 30 } })).not.toThrow();
  expect(parse({ criterion: 'none' })).toThrow(/no pruning criterion with this name.*magnitude/);
  expect(parse({ criterion: 'magnitude', options: { pattern: '3:4' } })).toThrow(/pattern/);
  expect(parse({ criterion: 'magnitude', options: { share: 3 } })).toThrow(/Pruning has no such option/);
  expect(() => parseRecipe({ pruning: { criterion: 'magnitude' } })).toThrow(/criteria come with plugins/);
});
