import { expect, test } from 'vitest';
import { createRng } from '../base/rng';
import { layOutGraph } from './graph-layout';
import { layeredPlace } from './layered-place';
import { cachedLevels } from './level-cache';
import type { GraphCard, ModelGraph } from './graph-types';
import type { Box, GraphLayout, Point } from './layout-types';
import type { Place } from './level-layout';

/** A stand-in for dagre: ranks by longest path, ranks below each other. */
const place: Place = ({ nodes, edges }) => {
  const rank = new Map(nodes.map((n) => [n.id, 0]));
  for (let i = 0; i < nodes.length; i++)
    for (const e of edges) rank.set(e.target, Math.max(rank.get(e.target) ?? 0, (rank.get(e.source) ?? 0) + 1));
  const x = new Map<number, number>();
  const centres = new Map<string, Point>();
  for (const n of nodes) {
    const r = rank.get(n.id) ?? 0;
    const left = x.get(r) ?? 0;
    centres.set(n.id, { x: left + n.width / 2, y: r * 2000 });
    x.set(r, left + n.width + 30);
  }
  return { centres, bends: edges.map(() => []) };
};

const card = (id: string, kind: GraphCard['kind'] = 'conv'): GraphCard => ({
  id,
  title: id,
  op: 'Conv',
  kind,
  tags: [],
  scope: id
    .split('.')
    .slice(0, -1)
    .map((_, i, words) => words.slice(0, i + 1).join('.')),
  sources: [],
  inputShapes: [],
  outputShape: [],
  parameters: 1,
  macs: 1,
  channelRange: undefined,
  dtype: 'float32',
});

const graphOf = (ids: readonly GraphCard[], edges: readonly (readonly [string, string])[]): ModelGraph => ({
  cards: ids,
  edges: edges.map(([from, to]) => ({ from, to, skip: false })),
  scopes: [],
});

const inside = (inner: Box, outer: Box): boolean =>
  inner.x >= outer.x &&
  inner.y >= outer.y &&
  inner.x + inner.width <= outer.x + outer.width &&
  inner.y + inner.height <= outer.y + outer.height;
const apart = (a: Box, b: Box): boolean => a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y;
const onBorder = (p: Point, b: Box): boolean => {
  const near = (u: number, v: number) => Math.abs(u - v) < 0.01;
  const acrossX = p.x >= b.x - 0.01 && p.x <= b.x + b.width + 0.01;
  const acrossY = p.y >= b.y - 0.01 && p.y <= b.y + b.height + 0.01;
  return (acrossX && (near(p.y, b.y) || near(p.y, b.y + b.height))) || (acrossY && (near(p.x, b.x) || near(p.x, b.x + b.width)));
};

function laws(layout: GraphLayout, graph: ModelGraph): void {
  const boxes = new Map<string, Box>([...layout.cards, ...layout.blocks].map((b) => [b.id, b]));
  const isInside = (id: string, block: string) =>
    id !== block &&
    (graph.cards.find((c) => c.id === id)?.scope ?? id.split('.')).some(
      (_, i, w) => w.slice(0, i + 1).join('.') === block || w[i] === block,
    );
  const list = [...boxes];
  list.forEach(([id, a], i) => {
    expect(a.x >= 0 && a.y >= 0 && a.x + a.width <= layout.width && a.y + a.height <= layout.height, `${id} lies in the picture`).toBe(
      true,
    );
    for (const [other, b] of list.slice(i + 1)) {
      expect(apart(a, b) || inside(a, b) || inside(b, a), `${id} and ${other} overlap`).toBe(true);
      if (inside(a, b) && !isInside(id, other)) throw new Error(`${id} is drawn in ${other}`);
    }
  });
  for (const e of layout.edges) {
    const [source, target] = [boxes.get(e.source), boxes.get(e.target)];
    const [first, last] = [e.points[0], e.points.at(-1)];
    expect(e.points.length, e.id).toBeGreaterThan(1);
    if (source !== undefined && first !== undefined) expect(onBorder(first, source), `${e.id} begins on ${e.source}`).toBe(true);
    if (target !== undefined && last !== undefined) expect(onBorder(last, target), `${e.id} ends on ${e.target}`).toBe(true);
    e.points.slice(1).forEach((p, i) => {
      const q = e.points[i];
      expect(q !== undefined && (Math.abs(p.x - q.x) < 0.01 || Math.abs(p.y - q.y) < 0.01), `${e.id} has right angles only`).toBe(true);
    });
  }
}

/** The length of a line inside a box, its border left out. */
function through(points: readonly Point[], box: Box): number {
  let length = 0;
  points.slice(1).forEach((p, i) => {
    const q = points[i];
    if (q === undefined) return;
    const cut = (u: number, v: number, lo: number, hi: number) => Math.max(0, Math.min(Math.max(u, v), hi) - Math.max(Math.min(u, v), lo));
    if (p.x === q.x && p.x > box.x + 1 && p.x < box.x + box.width - 1) length += cut(p.y, q.y, box.y + 1, box.y + box.height - 1);
    if (p.y === q.y && p.y > box.y + 1 && p.y < box.y + box.height - 1) length += cut(p.x, q.x, box.x + 1, box.x + box.width - 1);
  });
  return length;
}

test('a residual block with a projection is a straight spine with the projection at its left, and no line crosses a card', () => {
  const ids = ['in', 'b.conv1', 'b.conv2', 'b.conv3', 'b.down.0', 'b.add', 'out'];
  const graph = graphOf(
    ids.map((id) => card(id, id === 'b.add' ? 'elementwise' : 'conv')),
    [
      ['in', 'b.conv1'],
      ['b.conv1', 'b.conv2'],
      ['b.conv2', 'b.conv3'],
      ['in', 'b.down.0'],
      ['b.conv3', 'b.add'],
      ['b.down.0', 'b.add'],
      ['b.add', 'out'],
    ],
  );
  const layout = layOutGraph({ graph, collapsed: [] }, place);
  laws(layout, graph);
  const box = (id: string) => layout.cards.find((c) => c.id === id) as Box;
  const middle = (id: string) => box(id).x + box(id).width / 2;
  for (const id of ['b.conv2', 'b.conv3', 'b.add']) expect(middle(id)).toBeCloseTo(middle('b.conv1'));
  expect(box('b.down.0').x + box('b.down.0').width).toBeLessThan(box('b.conv1').x);
  expect(box('b.down.0').y + box('b.down.0').height).toBe(box('b.conv3').y + box('b.conv3').height);
  for (const e of layout.edges) for (const c of layout.cards) expect(through(e.points, c), `${e.id} over ${c.id}`).toBe(0);
  // A scope of one card is no block.
  expect(layout.blocks.map((b) => b.id)).toEqual(['b']);
});

test('any graph: nothing overlaps, lines begin and end on their boxes, with right angles', () => {
  const random = createRng(11);
  for (let round = 0; round < 60; round++) {
    const scopes = ['', 'a.', 'a.x.', 'b.', 'c.y.z.'];
    const cards: GraphCard[] = [];
    const edges: (readonly [string, string])[] = [];
    const size = 3 + Math.floor(random.uniform() * 18);
    for (let i = 0; i < size; i++) {
      const scope = scopes[Math.floor((i * scopes.length) / size)] ?? '';
      cards.push(card(`${scope}n${i}`, random.uniform() < 0.3 ? 'elementwise' : 'conv'));
      const sources = i === 0 ? 0 : 1 + Math.floor(random.uniform() * 1.6);
      for (let k = 0; k < sources; k++) {
        const from = cards[k === 0 ? i - 1 : Math.floor(random.uniform() * i)]?.id ?? '';
        const to = cards[i]?.id ?? '';
        if (!edges.some((e) => e[0] === from && e[1] === to)) edges.push([from, to]);
      }
    }
    const graph = graphOf(cards, edges);
    laws(layOutGraph({ graph, collapsed: [] }, place), graph);
    laws(layOutGraph({ graph, collapsed: ['a.x', 'b'] }, place), graph);
  }
});

test('a graph of many cards is closed until it can be drawn', () => {
  const cards = Array.from({ length: 400 }, (_, i) => card(`s${Math.floor(i / 20)}.c${i}`));
  const graph = graphOf(
    cards,
    cards.slice(1).map((c, i) => [cards[i]?.id ?? '', c.id] as const),
  );
  const layout = layOutGraph({ graph, collapsed: undefined }, place);
  expect(layout.cards.length + layout.blocks.length).toBeLessThanOrEqual(150);
  expect(layout.blocks.reduce((sum, b) => sum + b.cards, 0)).toBe(400);
  laws(layout, graph);
});

test('a picture made from levels that were kept is the one made anew, and kept levels are not placed again', () => {
  const graph = graphOf(
    Array.from({ length: 6 }, (_, b) => Array.from({ length: 5 }, (__, i) => card(`m.${b}.c${i}`))).flat(),
    // Ways that cross, so that no level is a chain or a spine.
    Array.from({ length: 6 }, (_, b) =>
      [
        [0, 1],
        [0, 2],
        [1, 3],
        [1, 4],
        [2, 3],
        [2, 4],
      ].map(([from, to]) => [`m.${b}.c${from}`, `m.${b}.c${to}`] as const),
    ).flat(),
  );
  let placed = 0;
  const counting: Place = (request) => {
    placed++;
    return place(request);
  };
  const kept = cachedLevels();
  layOutGraph({ graph, collapsed: [] }, counting, kept);
  const first = placed;
  expect(first).toBeLessThanOrEqual(2);
  const closed = layOutGraph({ graph, collapsed: ['m.3'] }, counting, kept);
  expect(placed - first).toBeLessThanOrEqual(1);
  expect(closed).toEqual(layOutGraph({ graph, collapsed: ['m.3'] }, place));
});

test('the simple layout keeps the laws of a drawn graph, and a thousand cards in one level are quick', () => {
  const random = createRng(4);
  const cards = Array.from({ length: 60 }, (_, i) => card(`n${i}`, random.uniform() < 0.3 ? 'elementwise' : 'conv'));
  const edges = new Set<string>();
  for (let i = 1; i < cards.length; i++) for (let k = 0; k < 2; k++) edges.add(`n${random.int(0, i - 1)} n${i}`);
  const graph = graphOf(
    cards,
    [...edges].map((e) => e.split(' ') as [string, string]),
  );
  const layout = layOutGraph({ graph, collapsed: [], simple: true }, layeredPlace);
  expect(layout.simple).toBe(true);
  laws(layout, graph);
  const nodes = Array.from({ length: 1000 }, (_, i) => ({ id: `n${i}`, width: 280, height: 56 }));
  const ways = nodes.slice(1).flatMap((n, i) => [
    { source: `n${i}`, target: n.id },
    { source: `n${Math.floor(i / 2)}`, target: n.id },
  ]);
  const { centres } = layeredPlace({ nodes, edges: ways });
  for (const { source, target } of ways) expect(centres.get(target)?.y ?? 0).toBeGreaterThan(centres.get(source)?.y ?? 0);
});
