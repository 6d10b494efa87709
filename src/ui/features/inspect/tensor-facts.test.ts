import { expect, test } from 'vitest';
import { integerRange, realOf } from './tensor-facts';

test('the range of bits is that of the typed array of the same width', () => {
  for (const [array, bits, signed] of [
    [Int8Array, 8, true],
    [Uint8Array, 8, false],
    [Int16Array, 16, true],
    [Uint16Array, 16, false],
    [Int32Array, 32, true],
  ] as const) {
    const { lo, hi } = integerRange({ bits, signed });
    expect([...array.of(lo, hi)]).toEqual([lo, hi]);
    expect([...array.of(lo - 1, hi + 1)]).toEqual([hi, lo]);
  }
});

test('a cell has a real value where the scale is known for it, and none where it is not', () => {
  expect(realOf({ shape: [1, 4], scale: [0.5], zeroPoint: 3 }, [0, 2], 7)).toBe(2);
  expect(realOf({ shape: [2, 3, 3, 3], scale: [0.5, 2], zeroPoint: 0 }, [1, 0, 0, 0], -3)).toBe(-6);
  expect(realOf({ shape: [3, 2], scale: [0.5, 2], zeroPoint: 0 }, [2, 1], 4)).toBe(8);
  // Square: rows and columns could both be the channels. Parameters stand for themselves.
  expect(realOf({ shape: [2, 2], scale: [0.5, 2], zeroPoint: 0 }, [1, 1], 4)).toBeUndefined();
  expect(realOf({ shape: [16], scale: [1], zeroPoint: 0 }, [3], 5)).toBeUndefined();
});
