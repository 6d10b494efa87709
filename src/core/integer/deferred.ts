/**
 * Where softmax may leave its division to the product that follows (mode `deferred`): its exponentials in 8 bits go into
 * the attention product as they are, whose accumulator is then divided by their sum, row by row.
 * Law: only where every element of the row meets the product in one row, and nobody else reads the exponentials.
 */
import type { CanonicalModel, Node, NodeId, ValueName } from '../ir/model';
import type { NodeView } from '../ops/lowering';
import { reshapeRule } from '../ops/lower/move';
import { integerRuleOf } from '../ops/lower/rules';

/** Of 8-bit exponentials times 8-bit values, so many fit an accumulator of 31 bits. */
const LONGEST_ROW = 32768;

export interface Deferred {
  /** Softmax nodes that give exponentials, and the products that divide by their sum. */
  readonly nodes: ReadonlySet<NodeId>;
  /** Softmax nodes that have to divide themselves. */
  readonly refused: ReadonlyMap<NodeId, string>;
}

export function deferredSoftmax(c: CanonicalModel, view: NodeView, islands: ReadonlyMap<NodeId, string>): Deferred {
  const { graph } = c.model;
  const readers = new Map<ValueName, Node[]>();
  for (const node of graph.nodes) {
    for (const name of new Set(node.inputs)) if (name !== undefined) readers.set(name, [...(readers.get(name) ?? []), node]);
  }
  const outputs = new Set(graph.outputs.map((o) => o.name));
  const nodes = new Set<NodeId>();
  const refused = new Map<NodeId, string>();
  for (const node of graph.nodes) {
    if (node.op !== 'Softmax' || islands.has(node.id)) continue;
    const product = productOf(node);
    if (typeof product === 'string') refused.set(node.id, product);
    else {
      nodes.add(node.id);
      nodes.add(product.id);
    }
  }
  return { nodes, refused };

  function productOf(softmax: Node): Node | string {
    const fixed = integerRuleOf(softmax.op, softmax.domain)?.fixed?.(softmax, view);
    const made = softmax.outputs[0];
    if (fixed?.kind !== 'probabilities' || made === undefined || view.shape(made).at(-1) !== fixed.row || !fixed.lastAxis)
      return 'it does not run along the last axis';
    let value: ValueName = made;
    if (fixed.row > LONGEST_ROW) return `its rows have ${fixed.row} elements`;
    for (;;) {
      const [reader, ...others]: readonly Node[] = readers.get(value) ?? [];
      if (outputs.has(value) || !reader || others.length > 0) return 'its probabilities are read by more than one product';
      if (reader.op === 'MatMul' && !islands.has(reader.id)) {
        const [a, b] = reader.inputs;
        return a === value && b !== value && b !== undefined && !view.constant(b)
          ? reader
          : 'its probabilities are not the left operand of a product of activations';
      }
      const moved: ValueName | undefined = reader.outputs[0];
      const keeps = integerRuleOf(reader.op, reader.domain) === reshapeRule && !islands.has(reader.id) && !reader.clamp;
      if (!keeps || moved === undefined || view.shape(moved).at(-1) !== fixed.row) return `${reader.op} reads its probabilities`;
      value = moved;
    }
  }
}
