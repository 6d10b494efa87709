/**
 * Which pieces of a slice are asked of the engine: fixed tiles, kept while they are of use, each asked for once.
 * Law: the tiles of a window cover every cell of it that lies in the slice, once, and never reach beyond the slice.
 */
import type { TensorWindow } from '../../../engine/api';

export const tileRows = 64;
export const tileColumns = 64;

export interface Window {
  readonly row: number;
  readonly rows: number;
  readonly column: number;
  readonly columns: number;
}

/** The tiles that a window touches, clipped to the slice. */
export function tilesOf(window: Window, slice: { readonly rows: number; readonly columns: number }): readonly Window[] {
  const out: Window[] = [];
  const rowEnd = Math.min(slice.rows, window.row + window.rows);
  const columnEnd = Math.min(slice.columns, window.column + window.columns);
  const floor = (at: number, size: number) => Math.floor(Math.max(0, at) / size) * size;
  for (let row = floor(window.row, tileRows); row < rowEnd; row += tileRows) {
    for (let column = floor(window.column, tileColumns); column < columnEnd; column += tileColumns) {
      out.push({ row, rows: Math.min(tileRows, slice.rows - row), column, columns: Math.min(tileColumns, slice.columns - column) });
    }
  }
  return out;
}

/** The stretch of a long axis that is laid out at once: an element taller than browsers allow cannot be scrolled. */
export function pageOf(extent: number, at: number, most: number): { readonly first: number; readonly count: number } {
  const first = Math.floor(Math.min(Math.max(0, at), Math.max(0, extent - 1)) / most) * most;
  return { first, count: Math.min(most, extent - first) };
}

export type Cell = number | 'loading' | 'failed';

export interface TileCache {
  /** Starts the tiles of a window that are not here yet. */
  want(window: Window): void;
  cell(row: number, column: number): Cell;
  /** Smallest and largest number that has come so far. */
  seen(): { readonly min: number; readonly max: number } | undefined;
  /** The error of the newest tile that failed. */
  error(): unknown;
  retry(): void;
  /** Called whenever a tile has come or failed; returns what stops it. */
  subscribe(changed: () => void): () => void;
  /** Grows with every change. */
  version(): number;
}

type Tile = TensorWindow | 'loading' | 'failed';

/** `most` tiles are kept, the least recently wanted go first. `ask` is the engine. */
export function tileCache(
  slice: { readonly rows: number; readonly columns: number },
  ask: (window: Window) => Promise<TensorWindow>,
  most = 256,
): TileCache {
  const tiles = new Map<string, Tile>();
  const listeners = new Set<() => void>();
  let version = 0;
  let lastError: unknown;
  let seen: { readonly min: number; readonly max: number } | undefined;
  const changed = () => {
    version++;
    for (const listener of listeners) listener();
  };
  const keyOf = (row: number, column: number) => `${Math.floor(row / tileRows)}:${Math.floor(column / tileColumns)}`;

  const load = (tile: Window, key: string) => {
    tiles.set(key, 'loading');
    ask(tile).then(
      (values) => {
        if (tiles.has(key)) tiles.set(key, values);
        seen = { min: Math.min(values.min, seen?.min ?? values.min), max: Math.max(values.max, seen?.max ?? values.max) };
        changed();
      },
      (error: unknown) => {
        lastError = error;
        if (tiles.has(key)) tiles.set(key, 'failed');
        changed();
      },
    );
  };
  return {
    want(window) {
      for (const tile of tilesOf(window, slice)) {
        const key = keyOf(tile.row, tile.column);
        const here = tiles.get(key);
        if (here === undefined) load(tile, key);
        else {
          tiles.delete(key);
          tiles.set(key, here);
        }
      }
      for (const key of tiles.keys()) {
        if (tiles.size <= most) break;
        tiles.delete(key);
      }
    },
    cell(row, column) {
      const tile = tiles.get(keyOf(row, column));
      if (tile === undefined || tile === 'loading') return 'loading';
      if (tile === 'failed') return 'failed';
      return tile.values[(row % tileRows) * tile.columns + (column % tileColumns)] as number;
    },
    seen: () => seen,
    error: () => lastError,
    retry() {
      for (const [key, tile] of tiles) if (tile === 'failed') tiles.delete(key);
      lastError = undefined;
      changed();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    version: () => version,
  };
}
