import { expect, test } from 'vitest';
import { countOf, jobWords, timeLeft } from './job-words';

test('time left is told in seconds up to a minute and a half, then in minutes, and not at all when unknown', () => {
  expect([undefined, Infinity, 200, 700, 8400, 89_000, 120_000, 600_000].map(timeLeft)).toEqual([
    undefined,
    undefined,
    undefined,
    '1 s left',
    '8 s left',
    '89 s left',
    '2 min left',
    '10 min left',
  ]);
});

test('a count is told only where there is something to count', () => {
  expect(countOf(undefined)).toBeUndefined();
  expect(countOf({ stage: 'x', done: 0, total: 1, etaMs: undefined })).toBeUndefined();
  expect(countOf({ stage: 'x', done: 3, total: 64, etaMs: undefined })).toBe('3 of 64');
});

test('a stage that nobody named before is shown as it is', () => {
  expect(jobWords('convert', 'execute')).toBe('Converting to integers: one sample in integers');
  expect(jobWords('convert', 'polish')).toBe('Converting to integers: polish');
  expect(jobWords('data', 'read')).toBe('Reading data');
  expect(jobWords('export', undefined)).toBe('Exporting');
});
