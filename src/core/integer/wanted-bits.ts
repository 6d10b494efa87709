/**
 * How many bits every activation needs: the most that any of its readers wants. Operands of Conv, Gemm and
 * MatMul want the reading layer's bits; residual sums and what flows into them want the residual
 * bits; graph outputs want the output bits. Operators that only move integers pass the wish on to their input.
 */
import type { CanonicalModel, Node, NodeId, ValueName } from '../ir/model';
import { familyOf } from '../ops/registry';
import type { Quantizers } from '../quant/registry';
import type { Recipe } from '../recipe/recipe';
import { BEFORE_TOKENS, takesTokens } from './token-wise';
import { resolveLayer } from '../recipe/resolve';

export function demandedBits(
  c: CanonicalModel,
  recipe: Recipe,
  islands: ReadonlyMap<NodeId, string>,
  quantizers: Quantizers,
): ReadonlyMap<ValueName, number> {
  const { graph } = c.model;
  const bits = new Map<ValueName, number>();
  const sums = residualSums(c);
  const demand = (value: ValueName | undefined, b: number): void => {
    if (value !== undefined) bits.set(value, Math.max(bits.get(value) ?? 0, b));
  };
  for (const o of graph.outputs) demand(o.name, recipe.outputBits);
  // from the outputs to the inputs: every reader has spoken before a value's producer is asked
  for (let i = graph.nodes.length - 1; i >= 0; i--) {
    const node = graph.nodes[i] as Node;
    const family = familyOf(node.op, node.domain);
    const layer = resolveLayer(recipe, c.stems.get(node.id) ?? node.id).activations.bits;
    const residual = sums.has(node);
    if (residual) for (const output of node.outputs) demand(output, recipe.residualBits);
    const moves = !islands.has(node.id) && family?.quantizer === 'pass';
    node.inputs.forEach((input, k) => {
      if (input === undefined || c.constants(input)) return;
      if (moves && k === 0) for (const output of node.outputs) demand(input, bits.get(output) ?? layer);
      else if (family?.quantizer === 'merge') demand(input, bits.get(node.outputs[0] as ValueName) ?? layer);
      else if (k === 0 && !islands.has(node.id) && takesTokens(c, node, recipe, quantizers)) demand(input, BEFORE_TOKENS);
      else if (residual) demand(input, Math.max(layer, recipe.residualBits));
      // a position embedding on the way into the stream: what it is added to is as fine as the stream
      else if (isSum(node)) demand(input, Math.max(layer, Math.min(recipe.residualBits, bits.get(node.outputs[0] as ValueName) ?? layer)));
      else demand(input, layer);
    });
  }
  return bits;
}

function isSum({ domain, op }: Node): boolean {
  return domain === '' && (op === 'Add' || op === 'Sub');
}

/** The sums that are a residual stream: those of two activations, and of such a sum and a constant (the parts of an embedding). */
function residualSums(c: CanonicalModel): ReadonlySet<Node> {
  const sums = new Set<Node>();
  const stream = new Set<ValueName>();
  for (const node of c.model.graph.nodes) {
    const activations = node.inputs.filter((n) => n !== undefined && !c.constants(n)) as ValueName[];
    const flows = activations[0] !== undefined && stream.has(activations[0]);
    const sum = isSum(node) && (activations.length === 2 || flows);
    if (sum) sums.add(node);
    if (sum || (flows && familyOf(node.op, node.domain)?.quantizer === 'pass')) for (const output of node.outputs) stream.add(output);
  }
  return sums;
}
