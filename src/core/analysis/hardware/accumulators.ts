/** The accumulators of one sample against their proofs, and what narrower ones could not hold. */
import type { IntegerModel, IntTensor } from '../../ir/integer-model';
import { signedBits } from '../../ir/int-tensor';
import type { AccumulatorUse } from './types';

/** Of each op that stores its accumulator, by name; `widths` in bits. */
export function accumulatorUses(
  model: IntegerModel,
  tensors: ReadonlyMap<string, IntTensor>,
  widths: readonly number[],
): ReadonlyMap<string, AccumulatorUse> {
  const uses = new Map<string, AccumulatorUse>();
  for (const op of model.ops) {
    const proof = 'accumulator' in op ? op.accumulator : undefined;
    const data = 'acc' in op && op.acc !== undefined ? tensors.get(op.acc)?.data : undefined;
    if (!proof || !data || data instanceof BigInt64Array) continue;
    uses.set(op.name, { ...proof, ...seenIn(data, widths) });
  }
  return uses;
}

function seenIn(data: ArrayLike<number>, widths: readonly number[]): Omit<AccumulatorUse, 'bound' | 'boundBits'> {
  const limits = widths.map((bits) => 2 ** (bits - 1));
  const overflows = widths.map(() => 0);
  let seenMin = data.length === 0 ? 0 : Infinity;
  let seenMax = data.length === 0 ? 0 : -Infinity;
  for (let i = 0; i < data.length; i++) {
    const v = data[i] as number;
    if (v < seenMin) seenMin = v;
    if (v > seenMax) seenMax = v;
    for (let w = 0; w < limits.length; w++) {
      const limit = limits[w] as number;
      if (v >= limit || v < -limit) overflows[w] = (overflows[w] as number) + 1;
    }
  }
  const seenBits = signedBits({ min: BigInt(seenMin), max: BigInt(seenMax) });
  return { seenMin, seenMax, seenBits, elements: data.length, overflows };
}
