import { expect, test } from 'vitest';
import { dictionary, own } from './dictionary';

const awkward = ['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'x'];

test('names that every object knows are names like any other', () => {
  const made = dictionary(awkward.map((name, i) => [name, i] as const));
  expect(Object.keys(made)).toEqual(awkward);
  expect(awkward.map((name) => made[name])).toEqual([0, 1, 2, 3, 4]);
  expect(dictionary<number>()['constructor']).toBeUndefined();
  expect(JSON.parse(JSON.stringify(made))).toEqual(Object.fromEntries(awkward.map((name, i) => [name, i])));
});

test('what nobody put there is not there', () => {
  for (const name of awkward) expect(own({}, name), name).toBeUndefined();
  const sent = structuredClone(Object.fromEntries(awkward.map((name, i) => [name, i])));
  expect(awkward.map((name) => own(sent, name))).toEqual([0, 1, 2, 3, 4]);
  expect(own(undefined, 'x')).toBeUndefined();
});
