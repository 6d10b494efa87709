/**
 * Ranges of whole numbers that come from the model's inputs (token indices, masks) and are only moved on their way:
 * what every reader can take. They have no real meaning, so no calibration: scale 1, zero point 0.
 * Law: a value in its range is in the range of all its readers, through every move.
 */
import type { QuantInfo } from '../ir/integer-model';
import type { CanonicalModel, Node, NodeId, ValueName } from '../ir/model';
import { integerRuleOf } from '../ops/lower/rules';
import { viewOf } from '../ops/support';

interface Range {
  readonly lo: number;
  readonly hi: number;
}

/** By value; those that nobody reads are not in it. */
export function wholeNumbers(c: CanonicalModel, islands: ReadonlyMap<NodeId, string>): ReadonlyMap<ValueName, QuantInfo> {
  const { graph } = c.model;
  const view = viewOf(c);
  const ranges = new Map<ValueName, Range>();
  const demand = (name: ValueName | undefined, r: Range | undefined): void => {
    if (name === undefined || r === undefined || !view.whole(name)) return;
    const known = ranges.get(name) ?? r;
    ranges.set(name, { lo: Math.max(known.lo, r.lo), hi: Math.min(known.hi, r.hi) });
  };
  for (const o of graph.outputs) demand(o.name, anything(c, o.name));
  // from the outputs to the inputs: every reader has spoken before a value's producer is asked
  for (let i = graph.nodes.length - 1; i >= 0; i--) {
    const node = graph.nodes[i] as Node;
    if (islands.has(node.id)) {
      for (const name of node.inputs) if (name !== undefined) demand(name, anything(c, name));
      continue;
    }
    const rule = integerRuleOf(node.op, node.domain);
    for (const w of rule?.whole?.(node, view) ?? []) demand(node.inputs[w.input], w);
    if (rule?.moves) for (const output of node.outputs) demand(node.inputs[0], ranges.get(output));
  }
  return new Map([...ranges].map(([name, r]) => [name, wholeQuantizer(r.lo, r.hi)]));
}

/** All that the type holds, as far as 32 bits. */
function anything(c: CanonicalModel, name: ValueName): Range {
  const dtype = c.model.graph.values.get(name)?.dtype;
  if (dtype === 'bool') return { lo: 0, hi: 1 };
  if (dtype === 'uint8') return { lo: 0, hi: 255 };
  if (dtype === 'int8') return { lo: -128, hi: 127 };
  return { lo: -2147483648, hi: 2147483647 };
}

function wholeQuantizer(lo: number, hi: number): QuantInfo {
  const signed = lo < 0;
  let bits = 1;
  while (signed ? lo < -(2 ** (bits - 1)) || hi > 2 ** (bits - 1) - 1 : hi > 2 ** bits - 1) bits++;
  return { bits, signed, scale: Float32Array.of(1), axis: undefined, zeroPoint: 0, lo, hi };
}
