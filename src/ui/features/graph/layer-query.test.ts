import { expect, test } from 'vitest';
import { card, report } from '../../../store/layers.fixture';
import { layerQuery } from './layer-query';

const conv = card('layer1.0.conv1', {
  tags: ['ReLU'],
  scope: ['layer1'],
  inputShapes: [[1, 16, 28, 28]],
  outputShape: [1, 32, 14, 14],
  parameters: 1000,
  macs: 1_500_000,
});
const measured = report(conv.id, {
  weightBits: 4,
  dtypes: ['int4', 'uint8'],
  sqnrLocalDb: 35,
  sqnrDb: 19.5,
  maxLsb: 1,
  differing: 0,
  clippedShare: 0.02,
  accumulator: { boundBits: 21, seenBits: 17 },
});

test.each([
  ['', true],
  ['conv 3x3', true],
  ['int4', true],
  ['uint8', true],
  ['int8', false],
  ['float32', false],
  ['conv 5x5', false],
  ['relu layer1', true],
  ['32x14x14', true],
  ['sqnr<20', true],
  ['sqnr<19.5', false],
  ['sqnr<=19.5', true],
  ['sqnr>20', false],
  ['conv sqnr<20 bits=4', true],
  ['bits=8', false],
  ['macs>1M', true],
  ['macs>=1.5m', true],
  ['macs>1.5M', false],
  ['clip>1%', true],
  ['clip>2.5%', false],
  ['acc>20', true],
  ['weights=500', true],
  ['sqnr<', true],
  ['unknown<20', false],
])('%j', (query, found) => expect(layerQuery(query)(conv, measured)).toBe(found));

test('a type is that of the file while nothing is converted, and part of a name too', () => {
  expect(layerQuery('float32')(conv, undefined)).toBe(true);
  expect(layerQuery('uint8')(conv, undefined)).toBe(false);
  expect(layerQuery('int8')(card('to_int8'), undefined)).toBe(true);
});

test('a layer without the number is not found by a condition on it', () => {
  expect(layerQuery('sqnr<20')(conv, undefined)).toBe(false);
  expect(layerQuery('sqnr>0')(conv, { ...measured, sqnrDb: Infinity })).toBe(false);
});
