/**
 * X^T X of a layer's inputs over the calibration samples, one matrix per group: all that GPTQ, and every loss that is linear
 * in the layer's output, needs to know of them. Where there are more rows than such a matrix can use, the seed picks.
 * Exact: sums of products of whole numbers, below 2^53.
 */
import { throwIfCancelled, type Context } from '../base/context';
import { createRng } from '../base/rng';
import type { LayerRows } from './layer-rows';

/** Rows per column that are enough, and the least number of rows worth picking from. */
const ROWS_PER_COLUMN = 8;
const LEAST_ROWS = 8192;
/** Rows that are multiplied at a time: a block of columns stays in the cache. */
const BLOCK = 128;

export interface Gram {
  /** [columns, columns] per group, in units of the input's integers. */
  readonly groups: readonly Float64Array[];
  readonly rows: number;
}

/** `inputs(sample)`: integers of the layer's input. */
export async function gram(
  rows: LayerRows,
  samples: number,
  inputs: (sample: number) => Promise<ArrayLike<number>>,
  seed: number,
  ctx: Context,
): Promise<Gram> {
  const { positions, columns, groups } = rows;
  const sums = Array.from({ length: groups }, () => new Float64Array(columns * columns));
  const wanted = Math.max(LEAST_ROWS, ROWS_PER_COLUMN * columns);
  const share = wanted / (positions * samples);
  const rng = createRng(seed);
  const block = new Float64Array(BLOCK * columns);
  const row = new Float64Array(columns);
  let taken = 0;
  for (let s = 0; s < samples; s++) {
    const picked: number[] = [];
    for (let p = 0; p < positions; p++) if (share >= 1 || rng.uniform() < share) picked.push(p);
    const x = await inputs(s);
    for (let g = 0; g < groups; g++) {
      for (let first = 0; first < picked.length; first += BLOCK) {
        const count = Math.min(BLOCK, picked.length - first);
        for (let i = 0; i < count; i++) {
          rows.fill(x, picked[first + i] as number, g, row, 0);
          for (let k = 0; k < columns; k++) block[k * BLOCK + i] = row[k] as number;
        }
        addProducts(block, columns, count, sums[g] as Float64Array);
      }
      if ((g & 31) === 31) await ctx.tick();
    }
    taken += picked.length;
    await ctx.tick();
    throwIfCancelled(ctx);
  }
  for (const sum of sums) {
    for (let i = 0; i < columns; i++) for (let j = 0; j < i; j++) sum[i * columns + j] = sum[j * columns + i] as number;
  }
  return { groups: sums, rows: taken };
}

/** Upper triangle of sum += B B^T, B having its rows BLOCK apart and `count` long; four rows at a time. */
function addProducts(b: Float64Array, columns: number, count: number, sum: Float64Array): void {
  for (let i = 0; i < columns; i++) {
    const a = i * BLOCK;
    let j = i;
    for (; j + 3 < columns; j += 4) {
      let [s0, s1, s2, s3] = [0, 0, 0, 0];
      let p = j * BLOCK;
      for (let k = a; k < a + count; k++, p++) {
        const v = b[k] as number;
        s0 += v * (b[p] as number);
        s1 += v * (b[p + BLOCK] as number);
        s2 += v * (b[p + 2 * BLOCK] as number);
        s3 += v * (b[p + 3 * BLOCK] as number);
      }
      const at = i * columns + j;
      sum[at] = (sum[at] as number) + s0;
      sum[at + 1] = (sum[at + 1] as number) + s1;
      sum[at + 2] = (sum[at + 2] as number) + s2;
      sum[at + 3] = (sum[at + 3] as number) + s3;
    }
    for (; j < columns; j++) {
      let s = 0;
      for (let k = a, p = j * BLOCK; k < a + count; k++, p++) s += (b[k] as number) * (b[p] as number);
      sum[i * columns + j] = (sum[i * columns + j] as number) + s;
    }
  }
}
