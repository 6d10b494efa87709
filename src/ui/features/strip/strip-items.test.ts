import { expect, test } from 'vitest';
import { card, report } from '../../../store/layers.fixture';
import { extremeOf, stripItems } from './strip-items';

const macs = (id: string, count: number) => card(id, { macs: count });
const sqnr = (id: string, sqnrDb: number | undefined) => report(id, { sqnrDb });

test('layers without the number are left out, the rest keep the order of the network', () => {
  const cards = [macs('a', 5), macs('b', 0), macs('c', 9)];
  expect(stripItems(cards, undefined, 'macs').map((i) => i.id)).toEqual(['a', 'c']);
  expect(stripItems(cards, undefined, 'sqnr')).toEqual([]);
  expect(stripItems(cards, [sqnr('c', 30), sqnr('a', Infinity), sqnr('b', 20)], 'sqnr').map((i) => [i.id, i.value])).toEqual([
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
