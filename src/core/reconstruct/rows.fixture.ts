/** Rows that a test has in its hands already: x [groups, rows, columns] and targets [groups, rows, outputs]. */
import type { Rows } from './pick-rows';

export function rowsOf(groups: number, rows: number, x: Float32Array, target: Float32Array): Rows {
  const some = (from: Float32Array, indices: ArrayLike<number>): Float32Array => {
    const width = from.length / (groups * rows);
    const n = indices.length;
    const out = new Float32Array(groups * n * width);
    for (let g = 0; g < groups; g++) {
      for (let i = 0; i < n; i++) {
        const at = (g * rows + (indices[i] as number)) * width;
        out.set(from.subarray(at, at + width), (g * n + i) * width);
      }
    }
    return out;
  };
  return { rows, take: async (indices) => ({ x: some(x, indices), target: some(target, indices) }) };
}
