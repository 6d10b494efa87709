import { expect, test } from 'vitest';
import { countedText, dbText, durationText, shapeText, wholeText } from './format';

test('durations are read as people write them, at every border', () => {
  expect([0, 99, 900, 9_949, 9_950, 59_499, 59_500, 61_000, 3_599_999, 3_600_000].map(durationText)).toEqual([
    '0 ms',
    '99 ms',
    '0.9 s',
    '9.9 s',
    '10 s',
    '59 s',
    '1 min',
    '1 min 1 s',
    '1 h 0 min',
    '1 h 0 min',
  ]);
  expect([NaN, Infinity, -1].map(durationText)).toEqual(['–', '–', '–']);
});

test('whole numbers have thin spaces between thousands and a real minus sign', () => {
  expect([0, 999, 1000, -128, -2147483648].map(wholeText)).toEqual(['0', '999', '1\u2009000', '−128', '−2\u2009147\u2009483\u2009648']);
});

test('one is told in the singular', () => {
  expect([0, 1, 1000].map((n) => countedText(n, 'step'))).toEqual(['0 steps', '1 step', '1\u2009000 steps']);
  expect(countedText(2, 'entry', 'entries')).toBe('2 entries');
});

test('what is not there reads as a dash, and a scalar as a scalar', () => {
  expect([dbText(undefined), dbText(31.25), dbText(-3), dbText(Infinity)]).toEqual(['–', '31.3', '−3.0', '∞']);
  expect([shapeText([]), shapeText([1, 16, 28])]).toEqual(['scalar', '1×16×28']);
});
