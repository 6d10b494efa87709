/** The part of a slice that all pictures show: a square of cells that pans and never leaves the slice. Pure. */

export interface ViewWindow {
  readonly row: number;
  readonly rows: number;
  readonly column: number;
  readonly columns: number;
}

/** Pictures of more cells are cut: no screen shows them. */
const most = 256;

/** `size` 0: everything, as far as a picture goes. */
export function windowAt(rows: number, columns: number, size: number, row: number, column: number): ViewWindow {
  const side = size === 0 ? most : size;
  const [height, width] = [Math.min(rows, side), Math.min(columns, side)];
  return { row: clamp(row, rows - height), rows: height, column: clamp(column, columns - width), columns: width };
}

const clamp = (v: number, top: number): number => Math.max(0, Math.min(top, Math.round(v)));

/** What a key moves the window by, in cells; undefined: the key is not for it. */
export function panBy(key: string, { rows, columns }: ViewWindow): readonly [rows: number, columns: number] | undefined {
  const [down, across] = [Math.max(1, rows >> 2), Math.max(1, columns >> 2)];
  if (key === 'ArrowUp') return [-down, 0];
  if (key === 'ArrowDown') return [down, 0];
  if (key === 'ArrowLeft') return [0, -across];
  if (key === 'ArrowRight') return [0, across];
  return undefined;
}
