import { describe, expect, test } from 'vitest';
import { StudioError } from '../base/errors';
import { activationQuantizer, activationQuantizers, weightQuantizer, weightQuantizers } from '../quant/registry';
import { recipeHash } from './canonical-json';
import { presetRecipe, widthsOf, widthsText, type Preset, type Widths } from './preset-recipe';
import { presetOf, presets } from './presets';
import { defaultRecipe } from './recipe';
import { parseRecipe } from './validate';

const usual = { weights: 8, activations: 8, residual: 8 };

/** What its quantizers say of these bits. */
function can(p: Preset, { weights, activations }: Widths): boolean {
  const scheme = { signed: undefined, narrow: true, granularity: 'channel' } as const;
  return (
    weightQuantizer(p.weights).supports({ ...scheme, signed: true, bits: weights, symmetric: true }) === true &&
    activationQuantizer(p.activations).supports({
      ...scheme,
      granularity: 'tensor',
      narrow: false,
      bits: activations,
      symmetric: false,
    }) === true
  );
}

describe('named recipes', () => {
  test('each has a name and a title of its own, and quantizers that are registered', () => {
    const all = presets();
    expect(new Set(all.map((p) => p.id)).size).toBe(all.length);
    expect(new Set(all.map((p) => p.title)).size).toBe(all.length);
    for (const p of all) {
      expect(weightQuantizers.map((q) => q.id)).toContain(p.weights);
      expect(activationQuantizers.map((q) => q.id)).toContain(p.activations);
    }
  });

  test('every quantizer of the registry but `identity` is in one of them', () => {
    const all = presets();
    for (const { id } of weightQuantizers) if (id !== 'identity') expect(all.map((p) => p.weights)).toContain(id);
    for (const { id } of activationQuantizers) if (id !== 'identity') expect(all.map((p) => p.activations)).toContain(id);
  });

  test('each is a valid recipe at 8, 4/8 and 4 bits, found again by its name, and no two are the same', () => {
    const hashes = new Set<string>();
    let count = 0;
    for (const p of presets()) {
      expect(presetOf(p.id)).toEqual(p);
      for (const widths of [usual, { ...usual, weights: 4 }, { weights: 4, activations: 4, residual: 8 }]) {
        if (!can(p, widths)) {
          expect(() => parseRecipe(presetRecipe(p, widths))).toThrow(StudioError);
          continue;
        }
        const recipe = presetRecipe(p, widths);
        expect(parseRecipe(recipe)).toEqual(recipe);
        expect(widthsOf(recipe)).toEqual(widths);
        hashes.add(recipeHash(recipe));
        count += 1;
      }
    }
    expect(hashes.size).toBe(count);
  });

  test('the first at 8 bits is the default recipe', () => {
    const [first] = presets();
    expect(first && presetRecipe(first, usual)).toEqual(defaultRecipe);
  });

  test('those that learn are told apart from those that take seconds', () => {
    const slow = presets().filter((p) => p.learns);
    expect(slow.map((p) => p.id)).toEqual(expect.arrayContaining(['adaround+lsq', 'gptq+minmax', 'minmax_channel+qdrop']));
    for (const id of ['minmax_channel+minmax', 'mse_channel+mse', 'smooth_channel+smooth']) expect(presetOf(id).learns).toBe(false);
  });

  test('any other pair is written the same way; the order of corrections does not matter', () => {
    expect(presetOf('gptq+entropy+equalize+bias-correction')).toMatchObject({
      id: 'gptq+entropy+equalize+bias-correction',
      title: 'GPTQ + Entropy, equalized, bias corrected',
      corrections: ['equalize', 'bias'],
    });
    expect(presetOf('gptq+entropy+bias-correction+equalize')).toEqual(presetOf('gptq+entropy+equalize+bias-correction'));
  });

  test('probabilities of 16 bits are a flag like the corrections', () => {
    const wide = presetOf('gptq+minmax+probabilities-16');
    expect(presets()).toContainEqual(wide);
    expect(wide.title).toBe('GPTQ + MinMax, 16-bit probabilities');
    expect(presetRecipe(wide, usual).nonlinear).toEqual({ ...defaultRecipe.nonlinear, probabilityBits: '16' });
    expect(presetOf('minmax_channel+lsq+probabilities-16+bias-correction').id).toBe('minmax_channel+lsq+bias-correction+probabilities-16');
    const base = parseRecipe({ nonlinear: { probabilityBits: '12' } });
    expect(presetRecipe(presetOf('gptq+minmax'), usual, base).nonlinear).toEqual(base.nonlinear);
  });

  test.each(['', 'magic+minmax', 'minmax_channel', 'minmax_channel+magic', 'minmax_channel+minmax+magic', 'minmax+minmax_channel'])(
    'the name `%s` is refused with those that there are',
    (id) => {
      expect(() => presetOf(id)).toThrow(StudioError);
      expect(() => presetOf(id)).toThrow(/adaround\+lsq/);
    },
  );

  test('what a preset leaves open comes from the base; options of other quantizers do not', () => {
    const base = parseRecipe({
      weights: { algorithm: 'gptq', options: { damping: 0.02 } },
      activations: { algorithm: 'minmax', symmetric: true },
      corrections: { equalize: true },
      edges8: true,
      seed: 7,
    });
    const recipe = presetRecipe(presetOf('minmax_channel+minmax+bias-correction'), { ...usual, residual: 16 }, base);
    expect(recipe).toMatchObject({
      weights: { algorithm: 'minmax_channel', options: {} },
      activations: { symmetric: true },
      corrections: { equalize: true, batchNorm: false, bias: true },
      residualBits: 16,
      edges8: true,
      seed: 7,
    });
    expect(presetRecipe(presetOf('gptq+minmax'), usual, base).weights.options).toEqual({ damping: 0.02 });
  });

  test('bits are written as usual, those of residual streams where they are not 8', () => {
    expect(widthsText({ weights: 4, activations: 8, residual: 8 })).toBe('W4A8');
    expect(widthsText({ weights: 8, activations: 8, residual: 16 })).toBe('W8A8R16');
  });
});
