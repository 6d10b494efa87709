/**
 * The integers of a slice as a table with row and column heads, both axes virtual. It draws what the tile cache
 * has and asks for what is in sight. Arrows, Page keys, Home and End move the chosen cell.
 */
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useId, useRef, useSyncExternalStore, type KeyboardEvent } from 'react';
import { wholeText } from '../../charts/format';
import { moveCell, type CellPlace } from './move-cell';
import styles from './grid.module.css';
import { pageOf, type Cell, type TileCache } from './tiles';

interface Props {
  readonly label: string;
  readonly cache: TileCache;
  readonly rows: number;
  readonly columns: number;
  /** Characters of the longest number, sign included. */
  readonly digits: number;
  /** Cells are tinted by their distance from here, full at `extent`. */
  readonly centre: number;
  readonly extent: number;
  readonly selected: CellPlace;
  readonly onSelect: (place: CellPlace) => void;
  /** What a dump has where it differs, as text; undefined: nothing differs there. */
  readonly marks?: ((row: number, column: number) => string | undefined) | undefined;
}

const rowHeight = 24;
const headHeight = 24;
const digitWidth = 7;
/** A page of 400 000 rows is 9.6 million px: browsers lay out elements of up to 16 million everywhere. */
const pageRows = 400_000;
const pageColumns = 128_000;

export function TensorGrid({ label, cache, rows, columns, digits, centre, extent, selected, onSelect, marks }: Props) {
  const base = useId();
  const box = useRef<HTMLDivElement>(null);
  useSyncExternalStore(cache.subscribe, cache.version);
  const down = pageOf(rows, selected.row, pageRows);
  const across = pageOf(columns, selected.column, pageColumns);
  const cellWidth = Math.max(digits, String(columns - 1).length, 2) * digitWidth + 14;
  const headWidth = Math.max(String(rows - 1).length, 2) * digitWidth + 18;

  const vertical = useVirtualizer({
    count: down.count,
    getScrollElement: () => box.current,
    estimateSize: () => rowHeight,
    paddingStart: headHeight,
    scrollPaddingStart: headHeight,
    overscan: 6,
  });
  const horizontal = useVirtualizer({
    horizontal: true,
    count: across.count,
    getScrollElement: () => box.current,
    estimateSize: () => cellWidth,
    paddingStart: headWidth,
    scrollPaddingStart: headWidth,
    overscan: 3,
  });
  useEffect(() => {
    horizontal.measure();
  }, [horizontal, cellWidth, headWidth]);

  const rowItems = vertical.getVirtualItems();
  const columnItems = horizontal.getVirtualItems();
  const window = {
    row: down.first + (rowItems[0]?.index ?? 0),
    rows: rowItems.length,
    column: across.first + (columnItems[0]?.index ?? 0),
    columns: columnItems.length,
  };
  const version = cache.version();
  useEffect(() => {
    cache.want({ row: window.row, rows: window.rows, column: window.column, columns: window.columns });
  }, [cache, version, window.row, window.rows, window.column, window.columns]);

  useEffect(() => {
    vertical.scrollToIndex(selected.row - down.first);
    horizontal.scrollToIndex(selected.column - across.first);
  }, [vertical, horizontal, selected.row, selected.column, down.first, across.first]);

  const onKeyDown = (e: KeyboardEvent) => {
    const next = moveCell(e, selected, {
      rows,
      columns,
      page: Math.max(1, Math.floor((box.current?.clientHeight ?? 240) / rowHeight) - 2),
    });
    if (next === undefined) return;
    e.preventDefault();
    onSelect(next);
  };

  return (
    <div
      ref={box}
      className={styles.grid}
      style={{ maxHeight: headHeight + down.count * rowHeight + 14 }}
      role="grid"
      aria-label={label}
      aria-rowcount={rows + 1}
      aria-colcount={columns + 1}
      aria-activedescendant={`${base}-${selected.row}-${selected.column}`}
      tabIndex={0}
      onKeyDown={onKeyDown}
      data-testid="tensor-grid"
    >
      <div className={styles.sheet} style={{ width: horizontal.getTotalSize(), height: vertical.getTotalSize() }}>
        <div className={styles.heads} role="row" aria-rowindex={1} style={{ height: headHeight }}>
          <span className={styles.corner} style={{ width: headWidth }} role="columnheader" aria-colindex={1}>
            <span className="visually-hidden">Row</span>
          </span>
          {columnItems.map((c) => (
            <span
              key={c.key}
              className={`${styles.head} ${across.first + c.index === selected.column ? styles.marked : ''}`}
              role="columnheader"
              aria-colindex={across.first + c.index + 2}
              style={{ left: c.start, width: c.size }}
            >
              {across.first + c.index}
            </span>
          ))}
        </div>
        {rowItems.map((r) => {
          const row = down.first + r.index;
          return (
            <div key={r.key} className={styles.row} role="row" aria-rowindex={row + 2} style={{ top: r.start, height: r.size }}>
              <span
                className={`${styles.rowHead} ${row === selected.row ? styles.marked : ''}`}
                role="rowheader"
                aria-colindex={1}
                style={{ width: headWidth }}
              >
                {row}
              </span>
              {columnItems.map((c) => {
                const column = across.first + c.index;
                const value = cache.cell(row, column);
                const chosen = row === selected.row && column === selected.column;
                const got = marks?.(row, column);
                return (
                  <span
                    key={c.key}
                    id={`${base}-${row}-${column}`}
                    className={`${styles.cell} ${chosen ? styles.chosen : ''} ${got === undefined ? '' : styles.differs}`}
                    title={got === undefined ? undefined : `the dump has ${got}`}
                    data-differs={got === undefined ? undefined : ''}
                    role="gridcell"
                    aria-colindex={column + 2}
                    aria-selected={chosen}
                    data-testid={chosen ? 'chosen-cell' : undefined}
                    style={{ left: c.start, width: c.size, ...tint(value, centre, extent) }}
                    onClick={() => onSelect({ row, column })}
                  >
                    {value === 'loading' ? <i className={styles.ghost} /> : value === 'failed' ? '×' : wholeText(value)}
                  </span>
                );
              })}
            </div>
          );
        })}
      </div>
    </div>
  );
}

function tint(value: Cell, centre: number, extent: number): { readonly '--low'?: string; readonly '--high'?: string } {
  if (typeof value !== 'number' || !(extent > 0) || value === centre) return {};
  // As in the heat map: the square root lifts small values, which most are.
  const share = `${Math.round(Math.sqrt(Math.min(1, Math.abs(value - centre) / extent)) * 34)}%`;
  return value < centre ? { '--low': share } : { '--high': share };
}
