import { nonlinearOptions } from './nonlinear-options';
import { describe, expect, test } from 'vitest';
import { canonicalJson, recipeHash } from './canonical-json';
import { parseLayerFlag } from './layer-flag';
import { correctionOptions } from './corrections';
import { defaultRecipe } from './recipe';
import { globMatches, resolveLayer, unusedOverrides } from './resolve';
import { parseRecipe } from './validate';

describe('parseRecipe', () => {
  test('nothing said gives the default recipe, and a recipe is a fixed point', () => {
    expect(parseRecipe({})).toEqual(defaultRecipe);
    const own = parseRecipe({
      weights: { bits: 4 },
      arithmetic: { multiplier: { kind: 'qformat', swl: 32, sfl: 26 } },
      layers: [{ match: 'fc', weightBits: 8 }],
    });
    expect(parseRecipe(JSON.parse(JSON.stringify(own)))).toEqual(own);
  });

  test('pow2 rounds half-even unless told otherwise', () => {
    expect(parseRecipe({ arithmetic: { multiplier: { kind: 'pow2' } } }).arithmetic.rounding).toBe('half-even');
    expect(parseRecipe({ arithmetic: { rounding: 'floor', multiplier: { kind: 'pow2' } } }).arithmetic.rounding).toBe('floor');
  });

  test.each([
    [{ weights: { bits: 9 } }, /weights\.bits/],
    [{ activations: { bits: 1 } }, /activations\.bits/],
    [{ weights: { bits: 4.5 } }, /weights\.bits/],
    [{ residualBits: 17 }, /residualBits/],
    [{ outputBits: 7 }, /outputBits/],
    [{ layers: [{ match: 'a', wbits: 4 }] }, /layers\.0\.wbits/],
    [{ arithmetic: { rounding: 'up' } }, /arithmetic\.rounding/],
    [{ arithmetic: { multiplier: { kind: 'normalized', bits: 32 } } }, /multiplier\.bits/],
    [{ version: 2 }, /version/],
    [{ surprise: 1 }, /surprise/],
    [{ weights: { algorithm: 'magic' } }, /minmax_channel/],
    [{ layers: [{ match: 'a', activations: 'magic' }] }, /minmax/],
    [null, /recipe/],
    ['text', /recipe/],
  ])('%j is refused by name', (data, message) => {
    expect(() => parseRecipe(data)).toThrow(message);
    try {
      parseRecipe(data);
    } catch (e) {
      expect(e).toMatchObject({ code: 'bad-recipe' });
    }
  });
});

test.each([
  [{ arithmetic: { rounding: 'up' } }, 'arithmetic.rounding, expected half-up or half-even or half-away or floor, got up'],
  [{ weights: { bits: 4.5 } }, 'weights.bits, expected a whole number, got 4.5'],
  [{ weights: { bits: '4' } }, 'weights.bits, expected a number, got 4'],
  [{ weights: { bits: 9 } }, 'weights.bits: at most 8 bits, got 9'],
  [{ surprise: 1 }, 'surprise: there is no such setting, got surprise'],
  [{ seed: -1 }, 'seed, expected at least 0, got -1'],
  [{ layers: [{ match: '' }] }, 'layers.0.match, expected text that is not empty, got 0'],
] as const)('%j is told in plain words', (data, said) => {
  expect(() => parseRecipe(data)).toThrow(`The recipe is not valid at ${said}`);
});

describe('layers', () => {
  test.each([
    ['*', '', true],
    ['layer1.*', 'layer1.0.conv1', true],
    ['layer1.*', 'layer10.0', false],
    ['*.conv?', 'layer1.0.conv1', true],
    ['*.conv?', 'layer1.0.conv10', false],
    ['fc', 'fc', true],
    ['fc', 'fc2', false],
    ['a*b*c', 'a-b-b-c', true],
    ['a.c', 'abc', false],
  ])('glob %s on %s: %s', (glob, text, want) => {
    expect(globMatches(glob, text)).toBe(want);
  });

  test('later overrides win key by key', () => {
    const r = parseRecipe({
      layers: [
        { match: 'layer1.*', weightBits: 4, activationBits: 6 },
        { match: '*conv1', weightBits: 3 },
      ],
    });
    expect(resolveLayer(r, 'layer1.0.conv1')).toMatchObject({ weights: { bits: 3 }, activations: { bits: 6 } });
    expect(resolveLayer(r, 'fc')).toMatchObject({ weights: { bits: 8 }, activations: { bits: 8 } });
    expect(unusedOverrides(r, ['layer1.0.conv1', 'fc'])).toEqual([]);
    expect(unusedOverrides(r, ['fc']).map((l) => l.match)).toEqual(['layer1.*', '*conv1']);
  });

  test('the command line flag', () => {
    expect(parseLayerFlag('layer1.*:wbits=4, abits=6')).toEqual({ match: 'layer1.*', weightBits: 4, activationBits: 6 });
    expect(parseLayerFlag('a:b:weights=minmax')).toEqual({ match: 'a:b', weights: 'minmax' });
    for (const bad of [
      '',
      'fc',
      'fc:',
      ':wbits=4',
      'fc:wbits',
      'fc:wbits=',
      'fc:wbits=four',
      'fc:bits=4',
      'fc:wbits=4=5',
      'fc:wbits=4,,abits=2',
    ]) {
      expect(() => parseLayerFlag(bad)).toThrow(/GLOB/);
    }
  });
});

test('the hash names the data, not the order of its keys', () => {
  expect(canonicalJson({ b: [1, { d: 2, c: undefined }], a: null })).toBe('{"a":null,"b":[1,{"d":2}]}');
  const turned = Object.fromEntries(Object.entries(defaultRecipe).reverse());
  expect(recipeHash(parseRecipe(turned))).toBe(recipeHash(defaultRecipe));
  expect(recipeHash({ ...defaultRecipe, seed: 1 })).not.toBe(recipeHash(defaultRecipe));
  expect(recipeHash(defaultRecipe)).toMatch(/^[0-9a-f]{64}$/);
});

test('the options of softmax and layer normalization are those of the recipe, with its defaults', () => {
  expect(Object.fromEntries(nonlinearOptions.map((o) => [o.id, o.fallback]))).toEqual(defaultRecipe.nonlinear);
  for (const o of nonlinearOptions) {
    if (o.kind.type !== 'choice') throw new Error(o.id);
    for (const { value } of o.kind.choices) expect(parseRecipe({ nonlinear: { [o.id]: value } }).nonlinear[o.id]).toBe(value);
    expect(() => parseRecipe({ nonlinear: { [o.id]: 'other' } })).toThrow(/nonlinear/);
  }
});

test('options are held to the specs of the algorithms in use', () => {
  const activations = { algorithm: 'percentile', options: { percentile: 99.9 } };
  expect(parseRecipe({ activations }).activations.options).toEqual({ percentile: 99.9 });
  expect(parseRecipe({ activations: { options: { percentile: 99 } }, layers: [{ match: 'fc', activations: 'percentile' }] })).toBeDefined();
  expect(() => parseRecipe({ activations: { options: { percentile: 99 } } })).toThrow(/activations has no such option.*got percentile/);
  expect(() => parseRecipe({ activations: { ...activations, options: { percentile: 101 } } })).toThrow(/from 90 to 100/);
  expect(() => parseRecipe({ weights: { options: { percentile: 99 } } })).toThrow(/weights has no such option/);
  // what is counted is whole: half a row is none
  const counted = (options: object) => parseRecipe({ activations: { algorithm: 'qdrop', options } });
  expect(counted({ batch: 4, iterations: 15, rate: 0.0015 }).activations.options).toEqual({ batch: 4, iterations: 15, rate: 0.0015 });
  for (const batch of [1.5, Infinity]) expect(() => counted({ batch })).toThrow(/batch is not usable.*a whole number from 1 to 64/);
  expect(() => parseRecipe({ weights: { algorithm: 'adaround', options: { rows: 16.5 } } })).toThrow(/a whole number from 16 to 4096/);
});

test("corrections are data with the recipe's own defaults", () => {
  expect(Object.fromEntries(correctionOptions.map((o) => [o.id, o.fallback]))).toEqual(defaultRecipe.corrections);
  expect(parseRecipe({ corrections: { bias: true } }).corrections).toEqual({ ...defaultRecipe.corrections, bias: true });
  expect(() => parseRecipe({ corrections: { magic: true } })).toThrow(/no such setting/);
});
