import { expect, test } from 'vitest';
import type { GraphCard, LayerReport } from '../../../engine/api';
import { layerQuery } from './layer-query';

const card: GraphCard = {
  id: 'layer1.0.conv1',
  title: 'Conv 3×3',
  op: 'Conv',
  kind: 'conv',
  tags: ['ReLU'],
  scope: ['layer1'],
  sources: [],
  inputShapes: [[1, 16, 28, 28]],
  outputShape: [1, 32, 14, 14],
  parameters: 1000,
  macs: 1_500_000,
  channelRange: undefined,
};
const report: LayerReport = {
  id: card.id,
  kind: 'conv',
  main: true,
  weightBits: 4,
  inputBits: 8,
  outputBits: 8,
  macs: 0,
  sqnrLocalDb: 35,
  sqnrDb: 19.5,
  maxLsb: 1,
  differing: 0,
  clippedShare: 0.02,
  accumulator: { boundBits: 21, seenBits: 17 },
};

test.each([
  ['', true],
  ['conv 3x3', true],
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
])('%j', (query, found) => expect(layerQuery(query)(card, report)).toBe(found));

test('a layer without the number is not found by a condition on it', () => {
  expect(layerQuery('sqnr<20')(card, undefined)).toBe(false);
  expect(layerQuery('sqnr>0')(card, { ...report, sqnrDb: Infinity })).toBe(false);
});
