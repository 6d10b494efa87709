/**
 * The rows that a layer is learned from: output positions of all samples, as many as memory allows, picked by the seed.
 * What does not fit is left out, not spilled: thousands of rows say what there is to say.
 */
import { throwIfCancelled, type Context } from '../base/context';
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

export interface PickedRows {
  readonly rows: number;
  /** [groups, rows, columns] */
  readonly x: Float32Array;
  /** [groups, rows, outputs] */
  readonly target: Float32Array;
  /** Which position of its sample each row is. */
  readonly places: Int32Array;
}

const ROWS_MEMORY = 64 * 2 ** 20;
const MOST_ROWS = 16_384;
/** Rows per column that are enough, and rows that are wanted even where columns are few. */
const ROWS_PER_COLUMN = 24;
const FEW_ROWS = 2048;

/** Rows of all samples, as many as memory allows, with the float layer's outputs. */
export async function pickRows(p: RowSource, ctx: Context, memory = ROWS_MEMORY): Promise<PickedRows> {
  const { groups, columns, outputs, samples, positions } = p;
  const all = positions * samples;
  const wanted = Math.max(
    1,
    Math.min(all, MOST_ROWS, Math.max(FEW_ROWS, ROWS_PER_COLUMN * columns), Math.floor(memory / (4 * (groups * columns + outputs)))),
  );
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
  const perGroup = outputs / groups;
  const x = new Float32Array(groups * wanted * columns);
  const target = new Float32Array(groups * wanted * perGroup);
  const places = Int32Array.from(chosen.flat());
  let row = 0;
  for (const [sample, own] of chosen.entries()) {
    if (own.length === 0) continue;
    const y = await p.target(sample);
    for (let g = 0; g < groups; g++) {
      const from = await p.inputs(sample, g);
      own.forEach((position, i) => {
        const at = g * wanted + row + i;
        x.set(from.subarray(position * columns, (position + 1) * columns), at * columns);
        for (let o = 0; o < perGroup; o++) target[at * perGroup + o] = y[position * outputs + g * perGroup + o] as number;
      });
    }
    row += own.length;
    await ctx.tick();
    throwIfCancelled(ctx);
  }
  return { rows: wanted, x, target, places };
}
