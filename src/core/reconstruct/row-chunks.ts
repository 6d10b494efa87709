/**
 * Sums over all rows of a layer, a piece at a time: a graph for a piece, its outputs added in float64. Pieces have the size that
 * the layer gives them, not the memory that there is. Law: the same rows give the same sums.
 */
import type { Context } from '../base/context';
import { throwIfCancelled } from '../base/context';
import type { Model } from '../ir/model';
import type { Tensor } from '../ir/tensor';
import type { RowBatch, Rows } from './pick-rows';
import { floatTensor, type StepRunner } from './step-runner';

export interface RowShape extends Rows {
  readonly groups: number;
  readonly outputs: number;
  readonly columns: number;
}

/** Elements of a piece. */
const PIECE = 2 ** 22;

/** Calls `take` with every piece, in order. */
export async function pieces(
  p: RowShape,
  ctx: Context,
  take: (batch: RowBatch, rows: number, first: number) => Promise<void> | void,
): Promise<void> {
  const size = Math.max(1, Math.min(p.rows, Math.floor(PIECE / (p.groups * (p.columns + p.outputs)))));
  for (let from = 0; from < p.rows; from += size) {
    const rows = Math.min(size, p.rows - from);
    await take(await p.take(Int32Array.from({ length: rows }, (_, i) => from + i)), rows, from);
    await ctx.tick();
    throwIfCancelled(ctx);
  }
}

/** `modelOf(n)` has inputs x and target of n rows, and what `further` gives; for every one of `given`, the sums of its outputs over the pieces. */
export async function summed(
  p: RowShape,
  modelOf: (rows: number) => Model,
  given: readonly ReadonlyMap<string, Tensor>[],
  runner: StepRunner,
  ctx: Context,
  further: (first: number, rows: number) => Iterable<readonly [string, Tensor]> = () => [],
): Promise<readonly ReadonlyMap<string, Float64Array>[]> {
  const sums = given.map(() => new Map<string, Float64Array>());
  let open: { readonly rows: number; readonly session: Awaited<ReturnType<StepRunner['open']>> } | undefined;
  try {
    await pieces(p, ctx, async ({ x, target }, rows, first) => {
      if (open?.rows !== rows) {
        await open?.session.close();
        open = undefined;
        open = { rows, session: await runner.open(modelOf(rows)) };
      }
      for (const [k, fixed] of given.entries()) {
        const inputs = new Map<string, Tensor>([
          ['x', floatTensor([p.groups, rows, p.columns], x)],
          ['target', floatTensor([p.groups, rows, p.outputs], target)],
          ...further(first, rows),
          ...fixed,
        ]);
        for (const [name, { data }] of await open.session.run(inputs)) {
          const sum = sums[k] as Map<string, Float64Array>;
          const before = sum.get(name) ?? new Float64Array(data.length);
          sum.set(
            name,
            before.map((v, i) => v + (data[i] as number)),
          );
        }
      }
    });
  } finally {
    await open?.session.close();
  }
  return sums;
}
