import { expect, test } from 'vitest';
import { card, report } from '../../../store/layers.fixture';
import { sortRows, tableCsv, tableRows, type TableRow } from './table-rows';

const ofReport = (id: string, sqnrDb: number) => report(id, { weightBits: 4, sqnrDb, maxLsb: 1, differing: 0, clippedShare: 0.25 });
const rows = tableRows(
  [card('layer10', { title: 'Conv', macs: 5 }), card('layer2', { title: 'Conv' }), card('b', { title: '=cmd "x"', macs: 9 })],
  [ofReport('layer2', 30), ofReport('b', 20.5)],
);
const ids = (sorted: readonly TableRow[]) => sorted.map((r) => r.card.id);

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
