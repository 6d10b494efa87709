/** Where a dump differs in the slice on screen: asked for in the tiles of the grid, each once for a dump and a slice. */
import { useMemo, useState } from 'react';
import type { DumpResult, DumpWindow } from '../../../engine/chip-api';
import { dumpWindow } from '../../../store/actions/chip';
import type { Slice } from '../inspect/slice';
import { tileColumns, tileRows } from '../inspect/tiles';

type Marks = (row: number, column: number) => string | undefined;

/** undefined: there is no dump, or it is equal. */
export function useMarks(dump: DumpResult | undefined, shape: readonly number[], slice: Slice): Marks | undefined {
  const [, draw] = useState(0);
  const indexKey = slice.index.join();
  const { columns } = slice;
  const vector = shape.length < 2;
  return useMemo(() => {
    if (dump === undefined || dump.differing === 0) return undefined;
    const index = indexKey === '' ? [] : indexKey.split(',').map(Number);
    const tiles = new Map<string, DumpWindow | 'asked'>();
    const load = (key: string, tileRow: number, tileColumn: number): void => {
      const at = { row: tileRow * tileRows, rows: tileRows, column: tileColumn * tileColumns, columns: tileColumns };
      // the engine has vectors as a row, the screen as a column
      const window = vector ? { row: at.column, rows: at.columns, column: at.row, columns: at.rows } : at;
      dumpWindow(dump.id, index, window).then(
        (found) => {
          tiles.set(key, found);
          draw((n) => n + 1);
        },
        () => undefined, // a dump that was dropped meanwhile marks nothing
      );
    };
    return (row, column) => {
      const [tileRow, tileColumn] = [Math.floor(row / tileRows), Math.floor(column / tileColumns)];
      const key = `${tileRow}:${tileColumn}`;
      const tile = tiles.get(key);
      if (tile === undefined) {
        tiles.set(key, 'asked');
        queueMicrotask(() => load(key, tileRow, tileColumn));
      }
      if (tile === undefined || tile === 'asked') return undefined;
      const width = vector ? 1 : Math.min(tileColumns, columns - tileColumn * tileColumns);
      const at = (row % tileRows) * width + (column % tileColumns);
      const mark = tile.marks[at] ?? 0;
      return mark === 0 ? undefined : mark === 2 ? 'x' : String(tile.values[at]);
    };
  }, [dump, indexKey, columns, vector]);
}
