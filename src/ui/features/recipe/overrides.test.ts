import fc from 'fast-check';
import { expect, test } from 'vitest';
import { globMatches } from '../../../core/recipe/resolve';
import { globFor, keptNow, matches, withKeep, withValue } from './overrides';

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

const rules = fc.array(
  fc.record(
    { match: texts, weightBits: fc.integer({ min: 2, max: 8 }), keep: fc.constantFrom('float', 'integer') },
    { requiredKeys: ['match'] },
  ),
  { maxLength: 5 },
);

test('a layer runs where it was put, whatever the rules said before, and nothing else of them changes', () => {
  fc.assert(
    fc.property(rules, texts, fc.constantFrom('float', 'integer'), (layers, stem, keep) => {
      const next = withKeep(layers, stem, keep);
      const bits = (l: typeof next) => l.filter((r) => r.weightBits !== undefined).map((r) => [r.match, r.weightBits]);
      return keptNow(next, stem) === keep && JSON.stringify(bits(next)) === JSON.stringify(bits(layers));
    }),
  );
});

test('back in integers, a rule that only kept a layer in float is gone', () => {
  const kept = withKeep([], 'blocks.0.softmax', 'float');
  expect(kept).toEqual([{ match: 'blocks.0.softmax', keep: 'float' }]);
  expect(withKeep(kept, 'blocks.0.softmax', 'integer')).toEqual([]);
  expect(withKeep([{ match: '*', keep: 'float' }], 'fc', 'integer')).toEqual([
    { match: '*', keep: 'float' },
    { match: 'fc', keep: 'integer' },
  ]);
});
