/** Laws of one setting for many layers: the chosen have it, the others keep theirs, whatever rules there were. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { LayerOverride } from '../../../core/recipe/recipe';
import { globForAll, ruleValue, withMany } from './many-rules';
import { matches } from './overrides';

const all = ['conv1', 'fc', 'layer1.0.conv1', 'layer1.0.conv2', 'layer1.1.conv1', 'layer2.0.conv1', 'odd*name?'];

test.each([
  [['layer1.0.conv1', 'layer1.0.conv2', 'layer1.1.conv1'], 'layer1.*'],
  [['layer1.0.conv1', 'layer1.1.conv1'], 'layer1.*.conv1'],
  [['layer1.0.conv1', 'layer1.0.conv2'], 'layer1.0.conv*'],
  [all, '*'],
  [['fc'], 'fc'],
  [['conv1', 'layer1.0.conv2'], undefined],
  [[], undefined],
] as const)('%s are %s', (chosen, glob) => {
  expect(globForAll(all, chosen)).toBe(glob);
});

const bits = fc.option(fc.integer({ min: 2, max: 8 }), { nil: undefined });
const rules: fc.Arbitrary<readonly LayerOverride[]> = fc.array(
  fc
    .record({
      match: fc.constantFrom('*', 'layer1.*', 'layer?.0.conv1', 'fc', 'nothing', 'layer1.0.conv1'),
      weightBits: bits,
      activationBits: bits,
    })
    .map(({ match, weightBits, activationBits }) => ({
      match,
      ...(weightBits === undefined ? {} : { weightBits }),
      ...(activationBits === undefined ? {} : { activationBits }),
    })),
  { maxLength: 6 },
);

describe('whatever the rules were', () => {
  test('the chosen have the value, others and other settings stay', () => {
    fc.assert(
      fc.property(rules, fc.subarray(all, { minLength: 1 }), bits, (before, chosen, value) => {
        const usual = 8;
        const after = withMany(before, all, chosen, 'weightBits', value, usual);
        for (const one of all) {
          const had = ruleValue(before, one, 'weightBits') ?? usual;
          expect(ruleValue(after, one, 'weightBits') ?? usual).toBe(chosen.includes(one) ? (value ?? usual) : had);
          expect(ruleValue(after, one, 'activationBits')).toBe(ruleValue(before, one, 'activationBits'));
        }
      }),
      { numRuns: 500 },
    );
  });

  test('doing it twice is doing it once, and taking it back leaves no rule that was not there', () => {
    fc.assert(
      fc.property(fc.subarray(all, { minLength: 1 }), fc.integer({ min: 2, max: 7 }), (chosen, value) => {
        const once = withMany([], all, chosen, 'weightBits', value, 8);
        expect(withMany(once, all, chosen, 'weightBits', value, 8)).toEqual(once);
        expect(withMany(once, all, chosen, 'weightBits', undefined, 8)).toEqual([]);
        expect(once.length).toBeLessThanOrEqual(chosen.length);
      }),
    );
  });
});

test('layers that share a name get one rule, and a rule that is there is filled', () => {
  const chosen = all.filter((one) => matches('layer1.*', one));
  const four = withMany([], all, chosen, 'weightBits', 4, 8);
  expect(four).toEqual([{ match: 'layer1.*', weightBits: 4 }]);
  expect(withMany(four, all, chosen, 'keep', 'float', 'integer')).toEqual([{ match: 'layer1.*', weightBits: 4, keep: 'float' }]);
});
