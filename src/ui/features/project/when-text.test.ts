/** When a session was used, in the time zone of the reader. */
import { expect, test } from 'vitest';
import { whenText } from './when-text';

const now = new Date(2026, 10, 25, 9, 5).getTime();

test.each([
  [new Date(2026, 10, 25, 0, 1), 'today 00:01'],
  [new Date(2026, 10, 24, 23, 59), 'yesterday 23:59'],
  [new Date(2026, 2, 1, 14, 30), '1 Mar 14:30'],
  [new Date(2025, 11, 31, 8, 0), '31 Dec 2025'],
])('%s', (then, text) => {
  expect(whenText(then.getTime(), now)).toBe(text);
});

test('a session of the first releases has no time', () => {
  expect(whenText(0, now)).toBe('earlier');
});
