/**
 * Products of two activations around a softmax have names of their own: `qk` makes the scores that a softmax takes in,
 * `attnv` weighs values with what it gives out. Only a chain of operators that keep scores scores may lie between.
 */
import type { Graph, Node, NodeId } from '../ir/model';
import { indexOf } from './graph-index';

const between: ReadonlySet<string> = new Set(
  'Mul Div Add Sub Where Cast Reshape Transpose Squeeze Unsqueeze Expand Identity Dropout Clip Max Min Flatten'.split(' '),
);

/** Most operators between a product and its softmax. */
const REACH = 12;

export function attentionRoles(graph: Graph): ReadonlyMap<NodeId, 'qk' | 'attnv'> {
  const { producers, readers } = indexOf(graph);
  const roles = new Map<NodeId, 'qk' | 'attnv'>();
  for (const node of graph.nodes) {
    if (node.op !== 'Softmax') continue;
    const scores = nearest(node, (n) => n.inputs.flatMap((i) => (i === undefined ? [] : (producers.get(i) ?? []))));
    for (const n of scores) roles.set(n.id, 'qk');
    const values = nearest(node, (n) => n.outputs.flatMap((o) => readers.get(o) ?? []));
    for (const n of values) if (!roles.has(n.id)) roles.set(n.id, 'attnv');
  }
  return roles;

  /** The first products of two activations that are met from `start` in the direction of `next`. */
  function nearest(start: Node, next: (node: Node) => readonly Node[]): Node[] {
    const found: Node[] = [];
    const seen = new Set<Node>([start]);
    let edge: readonly Node[] = [start];
    for (let step = 0; step < REACH && edge.length > 0; step++) {
      const ahead = edge.flatMap(next).filter((n) => !seen.has(n));
      for (const n of ahead) seen.add(n);
      found.push(...ahead.filter(isProduct));
      edge = ahead.filter((n) => between.has(n.op));
    }
    return found;
  }

  function isProduct(node: Node): boolean {
    const [a, b] = node.inputs;
    return node.op === 'MatMul' && a !== undefined && b !== undefined && !graph.initializers.has(a) && !graph.initializers.has(b);
  }
}
