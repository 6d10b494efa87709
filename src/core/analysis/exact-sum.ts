/**
 * The tensors of one op with its exact sum in the place of what the accumulator's register kept: what a float reference is
 * computed from. The same tensors where the register holds every sum.
 */
import { throwIfCancelled, type Context } from '../base/context';
import { limitOf } from '../integer/accumulator';
import { executeOp } from '../integer/execute';
import type { IntegerModel, IntOp, IntTensor } from '../ir/integer-model';

/** undefined: the exact sum does not fit 32 bits, so that nobody here knows it. */
export async function withExactSum(
  op: IntOp,
  tensors: ReadonlyMap<string, IntTensor>,
  model: IntegerModel,
  ctx: Context,
): Promise<ReadonlyMap<string, IntTensor> | undefined> {
  if (!limitOf(op, model) || !('acc' in op) || op.acc === undefined || !op.accumulator) return tensors;
  if (BigInt(op.accumulator.bound) >= 1n << 31n) return undefined;
  const { accumulator: _, ...arithmetic } = model.arithmetic;
  const { acc } = await executeOp(op, tensors, { ...model, arithmetic }, { ...ctx, progress: () => undefined });
  throwIfCancelled(ctx);
  return acc ? new Map(tensors).set(op.acc, acc) : tensors;
}

/** How many sums the register did not hold as they are. */
export function overflows(op: IntOp, exact: ReadonlyMap<string, IntTensor>, kept: ReadonlyMap<string, IntTensor>): number {
  const name = 'acc' in op ? op.acc : undefined;
  const [a, b] = name === undefined ? [] : [exact.get(name)?.data, kept.get(name)?.data];
  if (!a || !b || a === b) return 0;
  let count = 0;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) count++;
  return count;
}
