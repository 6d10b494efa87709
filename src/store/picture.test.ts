import { expect, test } from 'vitest';
import type { GraphLayout, LaidBlock } from '../core/analysis/layout-types';
import { keepingPlace } from './picture';

const block = (id: string, x: number, y: number): LaidBlock => ({
  ...{ id, x, y, width: 280, height: 56, title: id, depth: 0, open: false },
  ...{ times: undefined, portX: 140, cards: 2, parameters: 0, macs: 0 },
});
const picture = (blocks: readonly LaidBlock[]): GraphLayout => ({
  ...{ blocks, cards: [], x: 0, y: 0, width: 900, height: 900, collapsed: [], portals: [], simple: false },
  edges: [{ id: 'e', source: 'a', target: 'b', skip: false, points: blocks.map(({ x, y }) => ({ x, y })), from: [], to: [] }],
});

test('a picture moves as a whole, until the box that was clicked is where it was', () => {
  const before = picture([block('a', 10, 20), block('b', 10, 120)]);
  const after = picture([block('a', 300, 20), block('b', 310, 700)]);
  const moved = keepingPlace(after, before, 'b');
  expect(moved.blocks.map(({ x, y }) => [x, y])).toEqual([
    [0, -560],
    [10, 120],
  ]);
  expect(moved.edges[0]?.points).toEqual([
    { x: 0, y: -560 },
    { x: 10, y: 120 },
  ]);
  expect([moved.x, moved.y, moved.width]).toEqual([-300, -580, 900]);
});

test('a box that is not in both pictures holds nothing', () => {
  const before = picture([block('a', 10, 20)]);
  expect(keepingPlace(before, picture([]), 'a')).toBe(before);
});
