/**
 * Which activations a calibration run must watch: every float tensor that gets a quantizer of its own. What
 * an operator only moves has the statistics of its source.
 */
import type { CanonicalModel, ValueName } from '../ir/model';
import { familyOf } from '../ops/registry';
import { isFloatValue, islandsOf } from '../ops/support';

/** Graph inputs first, then outputs in graph order. */
export function observedValues(c: CanonicalModel): ValueName[] {
  const islands = islandsOf(c);
  const values = c.model.graph.inputs.filter((i) => i.dtype === 'float32').map((i) => i.name);
  for (const node of c.model.graph.nodes) {
    if (familyOf(node.op, node.domain)?.quantizer === 'pass' && !islands.has(node.id)) continue;
    for (const output of node.outputs) if (isFloatValue(c, output)) values.push(output);
  }
  return values;
}
