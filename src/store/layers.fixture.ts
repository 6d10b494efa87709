/** A layer of the graph and its report for tests of what is computed from them; each test names what it is about. */
import type { GraphCard, LayerReport } from '../engine/api';

export const card = (id: string, of: Partial<GraphCard> = {}): GraphCard => ({
  id,
  title: 'Conv 3×3',
  op: 'Conv',
  kind: 'conv',
  tags: [],
  scope: [],
  sources: [],
  inputShapes: [],
  outputShape: [],
  dtype: 'float32',
  parameters: 0,
  macs: 0,
  channelRange: undefined,
  ...of,
});

export const report = (id: string, of: Partial<LayerReport> = {}): LayerReport => ({
  id,
  kind: 'conv',
  main: true,
  weightBits: 8,
  inputBits: 8,
  outputBits: 8,
  macs: 0,
  sqnrLocalDb: undefined,
  sqnrDb: undefined,
  maxLsb: undefined,
  differing: undefined,
  clippedShare: undefined,
  accumulator: undefined,
  ...of,
});
