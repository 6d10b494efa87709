import { expect, test } from 'vitest';
import { memorySizeText, parseMemorySize } from './memory-size';

test.each([
  ['512K', 524288],
  ['512k', 524288],
  ['1.5M', 1572864],
  ['64 KiB', 65536],
  ['2GB', 2147483648],
  ['65536', 65536],
  ['2', 2],
  ['0', undefined],
  ['1', undefined],
  ['', undefined],
  ['M', undefined],
  ['-4K', undefined],
  ['4Q', undefined],
  ['1e3', undefined],
] as const)('%j is %j bytes', (text, bytes) => {
  expect(parseMemorySize(text)).toBe(bytes);
});

test('sizes of three digits', () => {
  expect([300, 524288, 1572864, 1234567, 2 ** 30].map(memorySizeText)).toEqual(['300 B', '512 KiB', '1.5 MiB', '1.18 MiB', '1 GiB']);
});
