/** Elements of row-major tensors: their position in the data, their index in each axis, and back. */

/** Row-major position of an index. */
export function positionOf(index: readonly number[], shape: readonly number[]): number {
  let position = 0;
  for (let i = 0; i < shape.length; i++) position = position * (shape[i] as number) + (index[i] ?? 0);
  return position;
}

/** The index of a row-major position. */
export function placeOf(position: number, shape: readonly number[]): number[] {
  const index = new Array<number>(shape.length).fill(0);
  let rest = position;
  for (let i = shape.length - 1; i >= 0; i--) {
    const d = shape[i] as number;
    index[i] = rest % d;
    rest = Math.floor(rest / d);
  }
  return index;
}
