import { expect, test } from 'vitest';
import { createRng } from '../base/rng';
import { foldScopes, mostChildren } from './fold-scopes';
import type { GraphCard, ModelGraph } from './graph-types';
import { boxLimit, closeToFit, drawnBoxes, ROOT, scopeTree, type ScopeTree } from './scope-tree';

interface Spec {
  readonly id: string;
  readonly op?: string;
  readonly width?: number;
  readonly from?: readonly string[];
}

const card = ({ id, op = 'Conv', width = 8 }: Spec): GraphCard => ({
  ...{ id, op, title: op, kind: 'conv', tags: [], sources: [], parameters: width, macs: 0, dtype: 'float32', channelRange: undefined },
  scope: id
    .split('.')
    .slice(0, -1)
    .map((_, i, words) => words.slice(0, i + 1).join('.')),
  inputShapes: [],
  outputShape: [1, width],
});

/** Without `from` a card reads the one before it. */
const graphOf = (specs: readonly Spec[]): ModelGraph => ({
  cards: specs.map(card),
  edges: specs.flatMap(({ id, from }, i) =>
    (from ?? (i === 0 ? [] : [specs[i - 1]?.id ?? ''])).map((f) => ({ from: f, to: id, skip: false })),
  ),
  scopes: [],
});

const infoOf = (graph: ModelGraph, id: string) => graph.scopes.find((s) => s.id === id);
const longestLevel = (tree: ScopeTree): number => Math.max(...[...tree.scopes.values()].map((s) => s.children.length));
/** What every folded graph keeps: the same cards in the same order, scopes that hold neighbours only, an initial picture that is small. */
function laws(before: ModelGraph, after: ModelGraph): ScopeTree {
  expect(after.cards.map((c) => c.id)).toEqual(before.cards.map((c) => c.id));
  after.cards.forEach((c, i) => {
    const own = before.cards[i]?.scope ?? [];
    expect(c.scope.filter((s) => own.includes(s))).toEqual(own);
  });
  const tree = scopeTree(after);
  expect(drawnBoxes(tree, new Set(closeToFit(tree, boxLimit)))).toBeLessThanOrEqual(boxLimit);
  return tree;
}

/** An encoder of `count` layers of `length` cards with a shortcut around each. */
const encoder = (count: number, length: number, name: (layer: number, i: number) => string, width = (_: number) => 8): Spec[] =>
  Array.from({ length: count }, (_, layer) =>
    Array.from({ length }, (__, i): Spec => {
      const before = i === 0 ? (layer === 0 ? 'in' : name(layer - 1, length - 1)) : name(layer, i - 1);
      const joins = i === length - 1 ? [layer === 0 ? 'in' : name(layer - 1, length - 1)] : [];
      return { id: name(layer, i), op: `Op${i}`, width: width(layer), from: [before, ...joins] };
    }),
  ).flat();

test('twelve equal layers of a named encoder are one scope that says so, and one of them is open', () => {
  const graph = graphOf([{ id: 'in' }, ...encoder(12, 30, (l, i) => `encoder.layer.${l}.op${i}`), { id: 'head' }]);
  const folded = foldScopes(graph);
  const tree = laws(graph, folded);
  expect(infoOf(folded, 'encoder.layer')?.times).toBe(12);
  expect(infoOf(folded, 'encoder.layer.0')?.copyOf).toBeUndefined();
  expect(infoOf(folded, 'encoder.layer.7')?.copyOf).toBe('encoder.layer.0');
  const closed = closeToFit(tree, boxLimit);
  expect(closed).toHaveLength(11);
  expect(closed).not.toContain('encoder.layer.0');
});

test('a run of equal siblings beside others becomes a group of its own', () => {
  const graph = graphOf([
    { id: 'in' },
    ...encoder(
      9,
      30,
      (l, i) => `blocks.${l}.op${i}`,
      (l) => (l < 2 ? 4 : 8),
    ),
  ]);
  const folded = foldScopes(graph);
  laws(graph, folded);
  const id = 'blocks.2 … blocks.8';
  expect(infoOf(folded, id)).toEqual({ id, title: 'blocks', times: 7, copyOf: undefined });
  expect(folded.cards.find((c) => c.id === 'blocks.4.op3')?.scope).toEqual(['blocks', id, 'blocks.4']);
  expect(folded.cards.find((c) => c.id === 'blocks.1.op3')?.scope).toEqual(['blocks', 'blocks.1']);
});

test('equal means equal in operators, sizes and wiring: a sibling that differs in one of them is no copy', () => {
  const specs = [{ id: 'in' }, ...encoder(4, 6, (l, i) => `layer.${l}.op${i}`)];
  const differs = (change: (s: Spec) => Spec) =>
    foldScopes(graphOf(specs.map((s) => (s.id === 'layer.2.op3' ? change(s) : s)))).scopes.flatMap((s) =>
      s.copyOf === undefined ? [] : [s.id],
    );
  expect(differs((s) => s)).toEqual(['layer.1', 'layer.2', 'layer.3']);
  expect(differs((s) => ({ ...s, op: 'Other' }))).toEqual(['layer.1', 'layer.3']);
  expect(differs((s) => ({ ...s, width: 16 }))).toEqual(['layer.1', 'layer.3']);
  expect(differs((s) => ({ ...s, from: ['layer.2.op2', 'layer.2.op0'] }))).toEqual(['layer.1', 'layer.3']);
  expect(differs((s) => ({ ...s, id: 'layer.2.op3' }))).toEqual(['layer.1', 'layer.2', 'layer.3']);
});

test('a graph without names is taken apart where it repeats itself, beginning where one value is alive', () => {
  const stem = Array.from({ length: 7 }, (_, i): Spec => ({ id: `stem${i}`, op: `Stem${i}` }));
  const layers = encoder(12, 25, (l, i) => `n_${l * 25 + i}`);
  const graph = graphOf([
    { id: 'in' },
    ...stem,
    ...layers.map((s) => ({ ...s, from: s.from?.map((f) => (f === 'in' ? 'stem6' : f)) ?? [] })),
  ]);
  const folded = foldScopes(graph);
  const tree = laws(graph, folded);
  const [root] = tree.scopes.get(ROOT)?.children.slice(-1) ?? [];
  expect(root).toBe('n_0 … n_299');
  expect(infoOf(folded, 'n_0 … n_299')).toMatchObject({ title: 'block', times: 12 });
  expect(infoOf(folded, 'n_25 … n_49')).toMatchObject({ title: 'block 2', copyOf: 'n_0 … n_24' });
  expect(longestLevel(tree)).toBeLessThanOrEqual(mostChildren);
});

test('ten thousand operators without names and without repetition become parts of parts', () => {
  const random = createRng(5);
  const graph = graphOf(
    Array.from({ length: 10_000 }, (_, i): Spec => {
      const far = Math.max(0, i - random.int(2, 9));
      return {
        id: `n${i}`,
        op: `Op${random.int(0, 30)}`,
        from: i === 0 ? [] : random.uniform() < 0.3 ? [`n${i - 1}`, `n${far}`] : [`n${i - 1}`],
      };
    }),
  );
  const folded = foldScopes(graph);
  const tree = laws(graph, folded);
  expect(longestLevel(tree)).toBeLessThanOrEqual(mostChildren);
  expect([...tree.scopes.values()].every((s) => s.children.length > 1)).toBe(true);
});

test('two thousand equal blocks are parts of one group', () => {
  const graph = graphOf([{ id: 'in' }, ...encoder(2000, 4, (l, i) => `n${l * 4 + i}`)]);
  const folded = foldScopes(graph);
  const tree = laws(graph, folded);
  expect(infoOf(folded, 'n0 … n7999')).toMatchObject({ times: 2000 });
  expect(longestLevel(tree)).toBeLessThanOrEqual(mostChildren);
});

test('a graph that can be drawn whole keeps the scopes of its names', () => {
  const graph = graphOf([{ id: 'in' }, ...encoder(4, 5, (l, i) => `layer.${l}.op${i}`)]);
  expect(foldScopes(graph).cards).toEqual(graph.cards);
  expect(closeToFit(scopeTree(foldScopes(graph)), boxLimit)).toEqual([]);
});
