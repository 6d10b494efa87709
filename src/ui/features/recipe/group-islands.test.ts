import fc from 'fast-check';
import { expect, test } from 'vitest';
import { groupIslands } from './group-islands';

const island = fc.record({
  node: fc.string(),
  op: fc.constantFrom('Softmax', 'Erf'),
  reason: fc.constantFrom('a', 'b'),
  output: fc.string(),
});

test('no island is lost, none is in two groups, and larger groups come first', () => {
  fc.assert(
    fc.property(fc.array(island, { maxLength: 12 }), (islands) => {
      const groups = groupIslands(islands);
      expect(groups.flatMap((g) => g.nodes.map((node) => [g.op, g.reason, node].join())).sort()).toEqual(
        islands.map((i) => [i.op, i.reason, i.node].join()).sort(),
      );
      expect(new Set(groups.map((g) => `${g.op}${g.reason}`)).size).toBe(groups.length);
      groups.slice(1).forEach((g, i) => expect(g.nodes.length).toBeLessThanOrEqual(groups[i]?.nodes.length ?? 0));
    }),
  );
});
