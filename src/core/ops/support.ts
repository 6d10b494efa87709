/**
 * Which nodes of a canonical model have an integer form, before any quantizer is chosen. The others become
 * float islands, each with its reason.
 */
import type { CanonicalModel, Node, NodeId, ValueName } from '../ir/model';
import { StudioError } from '../base/errors';
import type { NodeView } from './lowering';
import { integerRuleOf } from './lower/rules';
import { perColumn } from './lower/linear';

/** Static shape of a value of the canonical model. Throws `dynamic-shape`. */
export function shapeOf(c: CanonicalModel, name: ValueName): readonly number[] {
  const shape = c.constants(name)?.shape ?? c.model.graph.values.get(name)?.shape;
  const fixed = shape?.filter((d): d is number => typeof d === 'number');
  if (shape && fixed && fixed.length === shape.length) return fixed;
  throw new StudioError({ code: 'dynamic-shape', what: 'The shape of a tensor is not known', where: { value: name } });
}

export function viewOf(c: CanonicalModel): NodeView {
  return {
    opset: c.model.opsets[''] ?? 1,
    shape: (name) => shapeOf(c, name),
    constant: (name) => c.constants(name),
    whole: (name) => c.constants(name) === undefined && !isFloatValue(c, name),
  };
}

export function isFloatValue(c: CanonicalModel, name: ValueName): boolean {
  return (c.model.graph.values.get(name)?.dtype ?? 'float32') === 'float32';
}

/** Why this node runs in float; undefined: it has an integer form. */
export function islandReason(c: CanonicalModel, node: Node, view: NodeView = viewOf(c)): string | undefined {
  const rule = integerRuleOf(node.op, node.domain);
  if (!rule) return `${node.op} has no integer form yet`;
  const whole = rule.whole?.(node, view).map(({ input }) => input) ?? [];
  const strange = (name: ValueName | undefined): boolean => name !== undefined && view.whole(name);
  const moved = rule.moves === true && strange(node.inputs[0]) && node.outputs.every(strange);
  const input = node.inputs.find((name, i) => strange(name) && !whole.includes(i) && !(moved && i === 0));
  const found = input ?? (moved || rule.makesWhole === true ? undefined : node.outputs.find(strange));
  if (found !== undefined) return `${found} is not a float32 tensor`;
  const reason = rule.refuse?.(node, view);
  return reason === undefined ? undefined : `${node.op}: ${reason}`;
}

/** Every node that would run in float, with its reason. */
export function islandsOf(c: CanonicalModel): Map<NodeId, string> {
  const view = viewOf(c);
  const islands = new Map<NodeId, string>();
  for (const node of c.model.graph.nodes) {
    const reason = islandReason(c, node, view);
    if (reason !== undefined) islands.set(node.id, reason);
  }
  return islands;
}

/** Bias of a layer per output channel in real units, Gemm's beta not applied; undefined: none. */
export function biasOf(c: CanonicalModel, name: ValueName | undefined, channels: number): number[] | undefined {
  const t = name === undefined ? undefined : c.constants(name);
  return t && perColumn(t, channels);
}
