/**
 * How many bits every activation needs: the most that any of its readers wants. Operands of Conv, Gemm and
 * MatMul want the reading layer's bits; sums of two activations and what flows into them want the residual
 * bits; graph outputs want the output bits. Operators that only move integers pass the wish on to their input.
 */
import type { CanonicalModel, Node, NodeId, ValueName } from '../ir/model';
import { familyOf } from '../ops/registry';
import type { Recipe } from '../recipe/recipe';
import { resolveLayer } from '../recipe/resolve';

export function demandedBits(c: CanonicalModel, recipe: Recipe, islands: ReadonlyMap<NodeId, string>): ReadonlyMap<ValueName, number> {
  const { graph } = c.model;
  const bits = new Map<ValueName, number>();
  const demand = (value: ValueName | undefined, b: number): void => {
    if (value !== undefined) bits.set(value, Math.max(bits.get(value) ?? 0, b));
  };
  for (const o of graph.outputs) demand(o.name, recipe.outputBits);
  // from the outputs to the inputs: every reader has spoken before a value's producer is asked
  for (let i = graph.nodes.length - 1; i >= 0; i--) {
    const node = graph.nodes[i] as Node;
    const family = familyOf(node.op, node.domain);
    const layer = resolveLayer(recipe, c.stems.get(node.id) ?? node.id).activations.bits;
    const residual = isResidual(c, node);
    if (residual) for (const output of node.outputs) demand(output, recipe.residualBits);
    const moves = !islands.has(node.id) && family?.quantizer === 'pass';
    node.inputs.forEach((input, k) => {
      if (input === undefined || c.constants(input)) return;
      if (moves && k === 0) for (const output of node.outputs) demand(input, bits.get(output) ?? layer);
      else if (family?.quantizer === 'merge') demand(input, bits.get(node.outputs[0] as ValueName) ?? layer);
      else demand(input, residual ? Math.max(layer, recipe.residualBits) : layer);
    });
  }
  return bits;
}

/** A sum of two activations: a residual stream. */
export function isResidual(c: CanonicalModel, node: Node): boolean {
  if (node.domain !== '' || (node.op !== 'Add' && node.op !== 'Sub')) return false;
  return node.inputs.filter((n) => n !== undefined && !c.constants(n)).length === 2;
}
