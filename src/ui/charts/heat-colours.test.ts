import { expect, test } from 'vitest';
import { heatPixels, parseRgb } from './heat-colours';

const palette = { low: [0, 0, 255], middle: [10, 10, 10], high: [255, 100, 0] } as const;

test('the centre is the middle colour and the extremes are the ends', () => {
  expect([...heatPixels([3, 8, -2], 3, palette)]).toEqual([10, 10, 10, 255, 255, 100, 0, 255, 0, 0, 255, 255]);
});

test('a constant matrix at its centre is all middle', () => {
  expect([...heatPixels([5, 5], 5, palette)]).toEqual([10, 10, 10, 255, 10, 10, 10, 255]);
});

test('computed colours parse with and without alpha, others do not', () => {
  expect([parseRgb('rgb(255, 0, 12)'), parseRgb('rgba(1, 2, 3, 0.5)'), parseRgb('red')]).toEqual([[255, 0, 12], [1, 2, 3], undefined]);
});
