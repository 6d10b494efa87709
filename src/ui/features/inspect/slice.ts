/**
 * Which part of a tensor is on screen: the leading axes are fixed by an index, the next axis gives the rows, and
 * what follows is laid out row-major in the columns. Pure index arithmetic, no tensor data.
 * Law: every element of the tensor is at one (index, row, column), and indexOf is the inverse of placeOf.
 */

export interface Slice {
  /** Axes fixed by `index`: as many as the index has entries. */
  readonly index: readonly number[];
  readonly rows: number;
  readonly columns: number;
}

/** A tensor of no or one axis is one column of cells; `fixed` leading axes are cut at what leaves a row and a column axis. */
export function sliceOf(shape: readonly number[], index: readonly number[]): Slice {
  const rest = shape.slice(Math.min(index.length, mostFixed(shape)));
  return { index: index.slice(0, mostFixed(shape)), rows: rest[0] ?? 1, columns: rest.slice(1).reduce((a, b) => a * b, 1) };
}

export const mostFixed = (shape: readonly number[]): number => Math.max(0, shape.length - 2);

/**
 * How many leading axes are fixed at first: all of them where the last two make a picture, else only the axes
 * of one in front, so that small kernels are seen as a matrix with one row an output channel.
 */
export function firstFixed(shape: readonly number[]): number {
  const most = mostFixed(shape);
  const picture = (shape.at(-1) ?? 1) * (shape.at(-2) ?? 1);
  if (picture >= 64) return most;
  const ones = shape.findIndex((n) => n !== 1);
  return Math.min(most, ones < 0 ? most : ones);
}

/** The full index of a cell. */
export function indexOf(shape: readonly number[], slice: Slice, row: number, column: number): readonly number[] {
  if (shape.length === 0) return [];
  const tail = shape.slice(slice.index.length + 1);
  const rest = new Array<number>(tail.length);
  let left = column;
  for (let i = tail.length - 1; i >= 0; i--) {
    const extent = tail[i] as number;
    rest[i] = left % extent;
    left = Math.floor(left / extent);
  }
  return [...slice.index, row, ...rest];
}

/** Where an element is when `fixed` leading axes are fixed. */
export function placeOf(
  shape: readonly number[],
  full: readonly number[],
  fixed: number,
): { readonly index: readonly number[]; readonly row: number; readonly column: number } {
  const cut = Math.min(fixed, mostFixed(shape));
  let column = 0;
  for (let i = cut + 1; i < shape.length; i++) column = column * (shape[i] as number) + (full[i] ?? 0);
  return { index: full.slice(0, cut), row: full[cut] ?? 0, column };
}

/** Row-major. */
export const positionOf = (index: readonly number[], shape: readonly number[]): number =>
  shape.reduce((position, extent, axis) => position * extent + (index[axis] ?? 0), 0);

/** `1, 3, 0` or `[1][3][0]` as a full index, one number as a position in row-major order; a text says why not. */
export function parseIndex(text: string, shape: readonly number[]): readonly number[] | string {
  const parts = text.split(/[\s,;[\]()]+/).filter((p) => p !== '');
  if (parts.length === 0 || parts.some((p) => !/^\d+$/.test(p))) return 'Whole numbers, such as 0, 3, 12';
  const numbers = parts.map(Number);
  if (numbers.length === 1 && shape.length !== 1) return unravel(numbers[0] as number, shape);
  if (numbers.length !== shape.length) return `${shape.length} numbers, or one position`;
  const bad = numbers.findIndex((n, i) => n >= (shape[i] as number));
  return bad < 0 ? numbers : `Axis ${bad} ends at ${(shape[bad] as number) - 1}`;
}

function unravel(position: number, shape: readonly number[]): readonly number[] | string {
  const size = shape.reduce((a, b) => a * b, 1);
  if (position >= size) return `The last position is ${size - 1}`;
  const out = new Array<number>(shape.length);
  let left = position;
  for (let i = shape.length - 1; i >= 0; i--) {
    out[i] = left % (shape[i] as number);
    left = Math.floor(left / (shape[i] as number));
  }
  return out;
}

/** Names of the axes as a designer says them; numbers where there is no common name. */
export function axisNames(role: string, rank: number): readonly string[] {
  if (role === 'x2' && rank === 4) return ['O', 'I', 'kH', 'kW'];
  if (role === 'x2' && rank === 3) return ['O', 'I', 'k'];
  if (['x1', 'y', 'yq'].includes(role) && rank === 4) return ['N', 'C', 'H', 'W'];
  if (rank === 1 && ['bias', 'mul', 'shift'].includes(role)) return ['channel'];
  if (rank === 1 && role === 'rowMul') return ['token'];
  return Array.from({ length: rank }, (_, i) => `axis ${i}`);
}
