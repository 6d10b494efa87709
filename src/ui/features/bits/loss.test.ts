import { expect, test } from 'vitest';
import { lossText, savedText, sqnrDb, valueOf } from './loss';

test('SQNR comes from the noise, and is none without noise or signal', () => {
  expect(sqnrDb(1000, { noise: 10, kl: 0 })).toBeCloseTo(20, 12);
  expect(sqnrDb(1000, { noise: 0, kl: 0 })).toBeUndefined();
  expect(sqnrDb(0, { noise: 1, kl: 0 })).toBeUndefined();
  expect(valueOf('kl', 1, { noise: 2, kl: 0.5 })).toBe(0.5);
});

test('losses are short, and what is not zero never reads as zero', () => {
  expect(['kl', 'kl', 'kl', 'noise', 'kl'].map((by, i) => lossText(by as 'kl', [0, 0.000123, 0.0456, 31.26, undefined][i]))).toEqual([
    '0',
    '1.2e−4',
    '0.046',
    '31.3',
    '–',
  ]);
});

test('savings are told against 8 bits', () => {
  expect([savedText(50, 100), savedText(100, 100), savedText(110, 100)]).toEqual(['−50.0 %', 'as with 8 bits', '+10.0 %']);
});
