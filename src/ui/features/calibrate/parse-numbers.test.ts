import fc from 'fast-check';
import { expect, test } from 'vitest';
import { numbersText, parseNumbers } from './parse-numbers';

test('a list comes back from its text, to seven digits', () => {
  fc.assert(
    fc.property(fc.array(fc.double({ min: -1e6, max: 1e6, noNaN: true }), { minLength: 1, maxLength: 4 }), (values) => {
      const back = parseNumbers(numbersText(values), values.length) as readonly number[];
      const full = back.length === 1 ? values.map(() => back[0]) : back;
      full.forEach((v, i) =>
        expect(Math.abs((v as number) - (values[i] as number))).toBeLessThanOrEqual(Math.abs(values[i] as number) * 1e-6),
      );
    }),
  );
});

test('people separate with commas, spaces, semicolons and brackets, and write fractions', () => {
  for (const text of ['0.5, 0.25, 1', '0.5 0.25 1', '[0.5; .25; 1.]', '1/2,1/4,1e0']) expect(parseNumbers(text, 3)).toEqual([0.5, 0.25, 1]);
  expect(parseNumbers('-0.5', 3)).toEqual([-0.5]);
});

test('what is no list of numbers says why', () => {
  for (const text of ['', 'a', '1,,b', '1/0', '0x10', 'NaN', 'Infinity'])
    expect(parseNumbers(text, 3)).toBe('Numbers with commas between them');
  expect(parseNumbers('1, 2', 3)).toBe('1 or 3 numbers, one a channel');
  expect(parseNumbers('1, 2', 1)).toBe('One number');
});
