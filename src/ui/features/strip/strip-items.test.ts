import { expect, test } from 'vitest';
import type { GraphCard, LayerReport } from '../../../engine/api';
import { extremeOf, stripItems } from './strip-items';

const card = (id: string, macs: number): GraphCard => ({
  id,
  title: 'Conv 3×3',
  op: 'Conv',
  kind: 'conv',
  tags: [],
  scope: [],
  sources: [],
  inputShapes: [],
  outputShape: [],
  parameters: 0,
  macs,
  channelRange: undefined,
});
const report = (id: string, sqnrDb: number | undefined): LayerReport => ({
  id,
  kind: 'conv',
  main: true,
  weightBits: 8,
  inputBits: 8,
  outputBits: 8,
  macs: 0,
  sqnrLocalDb: undefined,
  sqnrDb,
  maxLsb: undefined,
  differing: undefined,
  clippedShare: undefined,
  accumulator: undefined,
});

test('layers without the number are left out, the rest keep the order of the network', () => {
  const cards = [card('a', 5), card('b', 0), card('c', 9)];
  expect(stripItems(cards, undefined, 'macs').map((i) => i.id)).toEqual(['a', 'c']);
  expect(stripItems(cards, undefined, 'sqnr')).toEqual([]);
  expect(stripItems(cards, [report('c', 30), report('a', Infinity), report('b', 20)], 'sqnr').map((i) => [i.id, i.value])).toEqual([
    ['b', 20],
    ['c', 30],
  ]);
});

test('the worst SQNR is the least, of anything else the most is named', () => {
  const items = [10, 30, 20].map((value, i) => ({ id: String(i), name: '', value }));
  expect(extremeOf(items, 'sqnr')?.value).toBe(10);
  expect(extremeOf(items, 'macs')?.value).toBe(30);
  expect(extremeOf([], 'macs')).toBeUndefined();
});
