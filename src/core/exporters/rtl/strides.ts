/** Steps through row-major tensors, as lists that a bench can take: at most 8 axes. */

/** Axes that a bench can count. */
export const MOST_AXES = 8;

export function rowMajor(shape: readonly number[]): number[] {
  let step = 1;
  return shape
    .toReversed()
    .map((extent) => (step *= extent) / extent)
    .reverse();
}

/** Of an operand along the axes of the output: 0 where it is broadcast. */
export function broadcastStrides(shape: readonly number[], out: readonly number[]): number[] {
  const own = rowMajor(shape);
  return out.map((_, axis) => {
    const at = axis - out.length + shape.length;
    return at >= 0 && (shape[at] as number) > 1 ? (own[at] as number) : 0;
  });
}
