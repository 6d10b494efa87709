/**
 * Which outputs of an op a test bench simulates: all of a small one; of a large one the corners of its shape and, for the rest, one
 * at random from each of as many equal stretches as are wanted, so that every channel and region has its share. Seeded.
 */
import { createRng } from '../../base/rng';

/** Indices in row-major order, ascending, each once; undefined: all. */
export function sampledIndices(shape: readonly number[], count: number, seed: number): readonly number[] | undefined {
  const size = shape.reduce((a, b) => a * b, 1);
  if (size <= count) return undefined;
  const rng = createRng(seed);
  const chosen = new Set(corners(shape).slice(0, Math.max(2, Math.floor(count / 2))));
  const stretches = Math.max(1, count - chosen.size);
  for (let i = 0; i < stretches; i++) {
    const from = Math.floor((i * size) / stretches);
    const to = Math.floor(((i + 1) * size) / stretches) - 1;
    chosen.add(rng.int(from, to));
  }
  return [...chosen].sort((a, b) => a - b);
}

/** First and last of every axis, in all combinations; the very first and the very last lead. */
function corners(shape: readonly number[]): number[] {
  let list = [0];
  for (const extent of shape) list = list.flatMap((at) => (extent > 1 ? [at * extent, at * extent + extent - 1] : [at * extent]));
  const last = list.pop();
  return last === undefined ? [] : [0, last, ...list.slice(1)];
}
