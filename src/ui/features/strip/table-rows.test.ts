import { expect, test } from 'vitest';
import type { GraphCard, LayerReport } from '../../../engine/api';
import { sortRows, tableCsv, tableRows } from './table-rows';

const card = (id: string, macs: number): GraphCard => ({
  id,
  title: id === 'b' ? '=cmd "x"' : 'Conv',
  op: 'Conv',
  kind: 'conv',
  tags: [],
  scope: [],
  sources: [],
  inputShapes: [],
  outputShape: [],
  parameters: 0,
  macs,
  channelRange: undefined,
});
const report = (id: string, sqnrDb: number): LayerReport => ({
  id,
  kind: 'conv',
  main: true,
  weightBits: 4,
  inputBits: 8,
  outputBits: 8,
  macs: 0,
  sqnrLocalDb: undefined,
  sqnrDb,
  maxLsb: 1,
  differing: 0,
  clippedShare: 0.25,
  accumulator: undefined,
});
const rows = tableRows([card('layer10', 5), card('layer2', 0), card('b', 9)], [report('layer2', 30), report('b', 20.5)]);
const ids = (sorted: readonly { readonly card: GraphCard }[]) => sorted.map((r) => r.card.id);

test('any column sorts both ways, layers without the number last', () => {
  expect(ids(sortRows(rows, undefined))).toEqual(['layer10', 'layer2', 'b']);
  expect(ids(sortRows(rows, { by: 'sqnr', down: false }))).toEqual(['b', 'layer2', 'layer10']);
  expect(ids(sortRows(rows, { by: 'sqnr', down: true }))).toEqual(['layer2', 'b', 'layer10']);
  expect(ids(sortRows(rows, { by: 'macs', down: true }))).toEqual(['b', 'layer10', 'layer2']);
  expect(ids(sortRows(rows, { by: 'name', down: false }))).toEqual(['b', 'layer2', 'layer10']);
});

test('CSV has every row, plain numbers, and no cell that a spreadsheet would run', () => {
  const lines = tableCsv(rows).split('\r\n');
  expect(lines[0]).toBe('layer,title,operator,sqnr,local,clip,lsb,bits,accumulator,macs,weights,activations');
  expect(lines[1]).toBe('"layer10","Conv",Conv,,,,,,,5,,');
  expect(lines[3]).toBe(`"b","'=cmd ""x""",Conv,20.5,,0.25,1,4,,9,,`);
  expect(lines).toHaveLength(5);
});
