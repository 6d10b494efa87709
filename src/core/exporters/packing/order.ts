/**
 * Which element of a tensor stands where in a memory: `at(k)` is the row-major index of the element in slot k, or -1 for a
 * filling zero. Random access, so that a preview costs what it shows.
 * Law: every element that is not a zero left out by sparsity stands in exactly one slot.
 */
import { StudioError } from '../../base/errors';
import type { IntStorage, IntDType } from '../../ir/integer-model';
import type { Packing } from './packing';

export interface Order {
  readonly slots: number;
  at(slot: number): number;
  /** Rows and columns that tiles and sparsity see. */
  readonly rows: number;
  readonly columns: number;
}

/** [outer, a, b] of which the last two are swapped; a or b of 1: nothing is. */
interface Swap {
  readonly a: number;
  readonly b: number;
  readonly shape: readonly number[];
}

const product = (d: readonly number[]): number => d.reduce((a, b) => a * b, 1);

function swapOf(layout: Packing['layout'], shape: readonly number[]): Swap {
  if (layout === 'channels-last' && shape.length >= 4) {
    const [n = 1, c = 1, ...rest] = shape;
    return { a: c, b: product(rest), shape: [n, ...rest, c] };
  }
  if (layout === 'transposed' && shape.length >= 2) {
    const [a = 1, b = 1] = shape.slice(-2);
    return { a, b, shape: [...shape.slice(0, -2), b, a] };
  }
  return { a: 1, b: 1, shape };
}

/** Every element once, in the order of the packing's layout, as rows and columns: leading axes of 1 are left out, a vector is one row. */
export function layoutOrder(layout: Packing['layout'], shape: readonly number[]): Order {
  const { a, b, shape: to } = swapOf(layout, shape);
  const slots = product(shape);
  const first = to.findIndex((d) => d !== 1);
  const seen = first < 0 ? [] : to.slice(first);
  const rows = seen.length < 2 ? 1 : (seen[0] as number);
  const columns = rows === 0 ? 0 : slots / rows;
  if (a === 1 || b === 1) return { slots, rows, columns, at: (k) => k };
  const plane = a * b;
  return {
    slots,
    rows,
    columns,
    at(k) {
      const outer = Math.floor(k / plane);
      const rest = k - outer * plane;
      const j = Math.floor(rest / a);
      return outer * plane + (rest - j * a) * b + j;
    },
  };
}

/** Tiles one after the other, row by row of tiles; inside a tile row-major. */
export function tiled(order: Order, tileRows: number, tileColumns: number): Order {
  const { rows, columns } = order;
  const r = rows === 1 || tileRows === 0 ? rows : tileRows;
  const c = rows === 1 || tileColumns === 0 ? columns : tileColumns;
  if ((r === rows && c === columns) || order.slots === 0) return order;
  const [down, across, size] = [Math.ceil(rows / r), Math.ceil(columns / c), r * c];
  return {
    slots: down * across * size,
    rows: down * r,
    columns: across * c,
    at(k) {
      const tile = Math.floor(k / size);
      const rest = k - tile * size;
      const down = Math.floor(tile / across);
      const i = Math.floor(rest / c);
      const row = down * r + i;
      const column = (tile - down * across) * c + rest - i * c;
      return row < rows && column < columns ? order.at(row * columns + column) : -1;
    },
  };
}

export interface SparseOrder {
  readonly values: Order;
  /** The place in its group of m of the element in each slot of `values`. */
  readonly indices: Order;
  readonly index: Uint8Array;
  readonly indexBits: number;
}

export function patternOf(sparsity: Exclude<Packing['sparsity'], 'dense'>): { readonly n: number; readonly m: number } {
  const [n = 0, m = 0] = sparsity.split(':').map(Number);
  return { n, m };
}

/**
 * n values and their ascending places for each m neighbours of a row (the last group is filled up with zeros); places that hold
 * zeros fill what is left, lowest first. undefined: some group has more than n non-zeros.
 */
export function sparseOrder(
  order: Order,
  data: IntStorage[IntDType],
  { n, m }: { readonly n: number; readonly m: number },
): SparseOrder | undefined {
  const { rows, columns } = order;
  if (rows < 2 || order.slots === 0) return undefined;
  const groups = Math.ceil(columns / m);
  const width = groups * n;
  const source = new Int32Array(rows * width).fill(-1);
  const index = new Uint8Array(rows * width);
  for (let row = 0; row < rows; row++) {
    for (let g = 0; g < groups; g++) {
      const chosen: number[] = [];
      const zeros: number[] = [];
      for (let i = 0; i < m; i++) {
        const column = g * m + i;
        const filled = column < columns && Number(data[order.at(row * columns + column)]) !== 0;
        (filled ? chosen : zeros).push(i);
      }
      if (chosen.length > n) return undefined;
      const places = [...chosen, ...zeros.slice(0, n - chosen.length)].sort((x, y) => x - y);
      places.forEach((place, i) => {
        const slot = row * width + g * n + i;
        const column = g * m + place;
        index[slot] = place;
        if (column < columns) source[slot] = order.at(row * columns + column);
      });
    }
  }
  const grid = { slots: rows * width, rows, columns: width };
  return {
    values: { ...grid, at: (k) => source[k] as number },
    indices: { ...grid, at: (k) => k },
    index,
    indexBits: Math.ceil(Math.log2(m)),
  };
}

/** The inverse of `sparseOrder` from the indices alone. Throws `bad-data` where they do not ascend inside a group. */
export function sparseSources(order: Order, index: ArrayLike<number>, { n, m }: { readonly n: number; readonly m: number }): Order {
  const { rows, columns } = order;
  const width = Math.ceil(columns / m) * n;
  const source = new Int32Array(rows * width).fill(-1);
  for (let slot = 0; slot < source.length; slot++) {
    const place = index[slot] as number;
    if (place >= m || (slot % n > 0 && place <= (index[slot - 1] as number))) {
      throw new StudioError({ code: 'bad-data', what: 'The indices of a sparse tensor do not ascend', got: `index ${place} at ${slot}` });
    }
    const row = Math.floor(slot / width);
    const column = Math.floor((slot % width) / n) * m + place;
    if (column < columns) source[slot] = order.at(row * columns + column);
  }
  return { slots: source.length, rows, columns: width, at: (k) => source[k] as number };
}
