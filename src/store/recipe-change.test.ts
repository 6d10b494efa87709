/** Every change of a recipe has a name that says what it does. */
import { expect, test } from 'vitest';
import { defaultRecipe, type Recipe } from '../core/recipe/recipe';
import { describeChange } from './recipe-change';

const titleOf = (_: string, id: string) => ({ adaround: 'AdaRound', bias: 'Bias correction', softmax: 'Softmax' })[id] ?? id;
const named = (after: Partial<Recipe>, before: Partial<Recipe> = {}) =>
  describeChange({ ...defaultRecipe, ...before }, { ...defaultRecipe, ...before, ...after }, titleOf);
const { weights, activations, arithmetic, nonlinear, corrections } = defaultRecipe;
const rule = (match: string, of: object = {}) => ({ match, ...of });

test.each<[string, Partial<Recipe>, Partial<Recipe>?]>([
  ['4-bit weights', { weights: { ...weights, bits: 4 } }],
  ['AdaRound for weights', { weights: { ...weights, algorithm: 'adaround' } }],
  ['options of minmax_channel', { weights: { ...weights, options: { a: 1 } } }],
  ['symmetric activations', { activations: { ...activations, symmetric: true } }],
  ['4-bit weights, 6-bit activations', { weights: { ...weights, bits: 4 }, activations: { ...activations, bits: 6 } }],
  ['12-bit residual streams', { residualBits: 12 }],
  ['8-bit outputs', { outputBits: 8 }],
  ['first and last layer at 8 bits', { edges8: true }],
  ['Bias correction on', { corrections: { ...corrections, bias: true } }],
  ['Softmax: reciprocal', { nonlinear: { ...nonlinear, softmax: 'reciprocal' } }],
  ['power-of-two multipliers, rounding half even', { arithmetic: { rounding: 'half-even', multiplier: { kind: 'pow2' } } }],
  ['24-bit accumulator that wraps', { arithmetic: { ...arithmetic, accumulator: { bits: 24, overflow: 'wrap' } } }],
  ['seed 7', { seed: 7 }],
  ['4-bit weights in layer1.conv1', { layers: [rule('layer1.conv1', { weightBits: 4 })] }],
  ['float in fc', { layers: [rule('fc', { keep: 'float' })] }],
  ['3-bit weights in a', { layers: [rule('a', { weightBits: 3 })] }, { layers: [rule('a', { weightBits: 4 })] }],
  ['usual weight bits in a', { layers: [rule('a', { keep: 'float' })] }, { layers: [rule('a', { keep: 'float', weightBits: 4 })] }],
  ['4-bit weights in 2 layers', { layers: [rule('a', { weightBits: 4 }), rule('b', { weightBits: 4 })] }],
  ['no rule for a', { layers: [rule('b')] }, { layers: [rule('a'), rule('b')] }],
  ['2 rules less', { layers: [] }, { layers: [rule('a'), rule('b')] }],
  ['a rule for b*', { layers: [rule('b*', { weightBits: 4 })] }, { layers: [rule('a', { weightBits: 4 })] }],
  ['order of rules', { layers: [rule('b'), rule('a')] }, { layers: [rule('a'), rule('b')] }],
  ['4-bit weights, 12-bit residual streams and 1 more', { weights: { ...weights, bits: 4 }, residualBits: 12, seed: 2 }],
  [
    'another recipe, 5 changes',
    { weights: { ...weights, bits: 4 }, activations: { ...activations, bits: 4 }, residualBits: 12, seed: 2, edges8: true },
  ],
])('%s', (name, after, before) => {
  expect(named(after, before)).toBe(name);
});
