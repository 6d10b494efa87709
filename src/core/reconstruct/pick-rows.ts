/**
 * The rows that a layer is learned from: output positions of all samples, picked by the seed, put aside in a `Hold` and read
 * again a few at a time. How many there are is a matter of the layer, not of memory; only where what does not fit has no other
 * place (base/hold.ts) are some left out.
 */
import { throwIfCancelled, type Context } from '../base/context';
import type { Held, Hold } from '../base/hold';
import { createRng } from '../base/rng';

/** A layer's inputs and float outputs, sample by sample. */
export interface RowSource {
  readonly outputs: number;
  readonly columns: number;
  readonly groups: number;
  readonly samples: number;
  /** Rows of one sample. */
  readonly positions: number;
  readonly seed: number;
  /** [positions, columns] of one group */
  inputs(sample: number, group: number): Promise<Float32Array>;
  /** [positions, outputs] */
  target(sample: number): Promise<Float32Array>;
}

/** Some rows: x [groups, n, columns] and what the float layer gives for them, [groups, n, outputs of a group]. */
export interface RowBatch {
  readonly x: Float32Array;
  readonly target: Float32Array;
}

export interface Rows {
  readonly rows: number;
  take(indices: ArrayLike<number>): Promise<RowBatch>;
}

const ROWS_MEMORY = 64 * 2 ** 20;
const MOST_ROWS = 16_384;
/** Rows per column that are enough, and rows that are wanted even where columns are few. */
const ROWS_PER_COLUMN = 24;
const FEW_ROWS = 2048;

export interface PickedRows extends Rows {
  /** Which position of its sample each row is. */
  readonly places: Int32Array;
  readonly drop: () => void;
}

/** To be dropped by who asked for them. `memory`: the share of the budget, where it limits them. */
export async function pickRows(p: RowSource, hold: Hold, ctx: Context, memory = ROWS_MEMORY): Promise<PickedRows> {
  const { groups, columns, outputs, samples, positions } = p;
  const all = positions * samples;
  /** A row lies as its inputs, group by group, and its targets. */
  const record = groups * columns + outputs;
  const wanted = Math.max(1, Math.min(all, MOST_ROWS, Math.max(FEW_ROWS, ROWS_PER_COLUMN * columns), hold.fits(4 * record, memory)));
  const rng = createRng(p.seed);
  const chosen: number[][] = [];
  // selection sampling (Knuth, algorithm S): exactly as many as wanted, each with the same chance
  for (let s = 0, seen = 0, taken = 0; s < samples; s++) {
    const own: number[] = [];
    for (let position = 0; position < positions; position++, seen++) {
      if ((all - seen) * rng.uniform() >= wanted - taken) continue;
      own.push(position);
      taken++;
    }
    chosen.push(own);
  }
  const parts: { readonly first: number; readonly held: Held<Float32Array> }[] = [];
  const drop = (): void => parts.forEach(({ held }) => held.drop());
  try {
    let row = 0;
    for (const [sample, own] of chosen.entries()) {
      if (own.length === 0) continue;
      const data = new Float32Array(own.length * record);
      const y = await p.target(sample);
      for (let g = 0; g < groups; g++) {
        const from = await p.inputs(sample, g);
        own.forEach((position, i) => copy(from, position * columns, data, i * record + g * columns, columns));
      }
      own.forEach((position, i) => copy(y, position * outputs, data, i * record + groups * columns, outputs));
      parts.push({ first: row, held: await hold.keep(data) });
      row += own.length;
      await ctx.tick();
      throwIfCancelled(ctx);
    }
  } catch (error) {
    drop();
    throw error;
  }
  const perGroup = outputs / groups;
  return {
    rows: wanted,
    places: Int32Array.from(chosen.flat()),
    drop,
    async take(indices) {
      const n = indices.length;
      const x = new Float32Array(n * groups * columns);
      const target = new Float32Array(n * outputs);
      // rows that lie side by side are read in one go: a file is asked for each sample, not for each row
      let i = 0;
      while (i < n) {
        const index = indices[i] as number;
        const { first, held } = partOf(parts, index);
        const most = Math.min(n - i, first + held.length / record - index);
        let count = 1;
        while (count < most && indices[i + count] === index + count) count++;
        const data = await held.read((index - first) * record, (index - first + count) * record);
        for (let k = 0; k < count; k++, i++) {
          const from = k * record;
          for (let g = 0; g < groups; g++) {
            copy(data, from + g * columns, x, (g * n + i) * columns, columns);
            copy(data, from + groups * columns + g * perGroup, target, (g * n + i) * perGroup, perGroup);
          }
        }
      }
      return { x, target };
    },
  };
}

/** Rows are short: a loop is faster than a view of each. */
function copy(from: ArrayLike<number>, at: number, to: Float32Array, start: number, count: number): void {
  for (let k = 0; k < count; k++) to[start + k] = from[at + k] as number;
}

/** The part that has the row: the last that does not begin after it. */
function partOf<T extends { readonly first: number }>(parts: readonly T[], row: number): T {
  let [lo, hi] = [0, parts.length - 1];
  while (lo < hi) {
    const middle = (lo + hi + 1) >> 1;
    if ((parts[middle] as T).first <= row) lo = middle;
    else hi = middle - 1;
  }
  return parts[lo] as T;
}
