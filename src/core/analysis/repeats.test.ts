import { expect, test } from 'vitest';
import { createRng } from '../base/rng';
import { longestRepeat } from './repeats';

const none = (n: number): number[] => Array<number>(n + 1).fill(0);

test('the stretch that repeats is found between others, with its shortest period', () => {
  const labels = [9, 8, ...[1, 2, 3, 1, 2, 3, 1, 2, 3], 7, 9];
  expect(longestRepeat(labels, none(labels.length), 6)).toEqual({ start: 2, period: 3, times: 3 });
});

test('a period begins where the fewest values run past', () => {
  const labels = [1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2, 3];
  const crossing = labels.map((l) => (l === 2 ? 1 : 4));
  expect(longestRepeat(labels, crossing, 6)).toEqual({ start: 1, period: 3, times: 3 });
});

test('what covers too little does not count, and neither does what never repeats', () => {
  expect(longestRepeat([1, 1, 1, 2, 3, 4], none(6), 4)).toBeUndefined();
  expect(longestRepeat([1, 2, 3, 4, 5, 6], none(6), 2)).toBeUndefined();
  expect(longestRepeat([], [], 1)).toBeUndefined();
});

test('whatever is found repeats', () => {
  const random = createRng(3);
  for (let round = 0; round < 200; round++) {
    const body = Array.from({ length: random.int(1, 12) }, () => random.int(0, 3));
    const labels = [
      ...Array.from({ length: random.int(0, 10) }, () => random.int(0, 3)),
      ...Array.from({ length: random.int(3, 6) }, () => body).flat(),
      ...Array.from({ length: random.int(0, 10) }, () => random.int(0, 3)),
    ];
    const found = longestRepeat(
      labels,
      labels.map(() => random.int(1, 5)),
      body.length * 3,
    );
    if (found === undefined) throw new Error('at least the body repeats');
    for (let i = 0; i < found.period * (found.times - 1); i++) expect(labels[found.start + i]).toBe(labels[found.start + i + found.period]);
    expect(found.start + found.period * found.times).toBeLessThanOrEqual(labels.length);
  }
});
