import fc from 'fast-check';
import { expect, test } from 'vitest';
import { globMatches } from '../../../core/recipe/resolve';
import { globFor, matches, withValue } from './overrides';

const texts = fc.string({ unit: fc.constantFrom('a', 'b', '.', '*', '?', '[', '\\', '+'), maxLength: 8 });

test('the panel counts the layers that the engine would change', () => {
  fc.assert(
    fc.property(texts, texts, (glob, stem) => matches(glob, stem) === globMatches(glob, stem)),
    { numRuns: 2000 },
  );
});

test('the glob of a layer means that layer', () => {
  fc.assert(fc.property(texts, (stem) => globMatches(globFor(stem), stem)));
});

test('a value that is taken away leaves no key, one that is set leaves the others', () => {
  const o = { match: 'fc', weightBits: 4, weights: 'minmax' };
  expect(withValue(o, 'weightBits', undefined)).toEqual({ match: 'fc', weights: 'minmax' });
  expect('weightBits' in withValue(o, 'weightBits', undefined)).toBe(false);
  expect(withValue(o, 'activationBits', 6)).toEqual({ ...o, activationBits: 6 });
});
