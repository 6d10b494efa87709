/** How long the values of an integer model are read. */
import type { IntegerModel } from '../ir/integer-model';

/** Index of the last op that reads a value; outputs and what an island reads stay to the end. */
export function lastUses(model: IntegerModel): ReadonlyMap<string, number> {
  const last = new Map<string, number>();
  model.ops.forEach((op, i) => {
    for (const name of op.inputs) last.set(name, i);
  });
  for (const name of model.outputs) last.delete(name);
  for (const island of model.islands) {
    for (const o of island.operands) if (typeof o === 'string') last.delete(o);
  }
  return last;
}
