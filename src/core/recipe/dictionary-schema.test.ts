import * as v from 'valibot';
import { expect, test } from 'vitest';
import { dictionaryOf } from './dictionary-schema';

const schema = v.object({ tensors: dictionaryOf(v.object({ bits: v.number() })) });

test('keys of every name come through, in order', () => {
  const data = JSON.parse('{"tensors":{"b":{"bits":1},"__proto__":{"bits":2},"constructor":{"bits":3},"prototype":{"bits":4}}}') as unknown;
  const { tensors } = v.parse(schema, data);
  expect(Object.entries(tensors).map(([name, t]) => [name, t.bits])).toEqual([
    ['b', 1],
    ['__proto__', 2],
    ['constructor', 3],
    ['prototype', 4],
  ]);
  expect(tensors['toString']).toBeUndefined();
});

test('what does not fit is named by its whole path', () => {
  const wrong = v.safeParse(schema, { tensors: { a: { bits: 1 }, constructor: { bits: 'x' } } });
  expect(wrong.success).toBe(false);
  expect(wrong.issues?.map((i) => [v.getDotPath(i), i.expected, i.received])).toEqual([['tensors.constructor.bits', 'number', '"x"']]);
  for (const other of [[], 'x', null, 3]) expect(v.safeParse(schema, { tensors: other }).success).toBe(false);
});
