import { expect, test } from 'vitest';
import { packingOptions } from '../core/exporters/packing/packing';
import type { ExportFormat } from '../engine/export-api';
import { usableChoice, wholeChoice } from './export-slice';

const format = (id: string, needs: readonly string[] = []): ExportFormat => ({
  ...{ id, title: id, help: '', group: 'memory', place: `${id}/`, options: packingOptions, needs, previews: true },
});
const known = [format('npy'), format('hex'), format('coe'), format('rtl', ['hex'])];

test('what an older version kept is weeded out', () => {
  const kept = {
    formats: ['npy', 'coe', 'gone', 'hex'],
    options: {
      hex: { wordWidth: '64', banks: 1, layout: 'spiral', tileRows: -3, unknown: 1 },
      gone: { a: 1 },
      coe: { tileColumns: 4 },
    },
    deflate: true,
  };
  expect(usableChoice(kept, known)).toEqual({
    formats: ['coe', 'hex'],
    options: { hex: { wordWidth: '64' }, coe: { tileColumns: 4 } },
    deflate: true,
  });
});

test('what a format needs comes along, once', () => {
  const ids = (formats: readonly string[]) => wholeChoice({ formats, known }).map((f) => f.id);
  expect(ids(['rtl'])).toEqual(['hex', 'rtl']);
  expect(ids(['rtl', 'hex'])).toEqual(['hex', 'rtl']);
  expect(ids([])).toEqual([]);
});
