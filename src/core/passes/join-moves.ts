/**
 * Two reshapes in a row become one, to the static shape of the second; so do two transposes. Only where nobody else
 * reads the value in between.
 */
import type { Model, Node, ValueName } from '../ir/model';
import { sizeOf, type TensorRef } from '../ir/tensor';
import { intsAttr } from '../ops/family';
import { refOf } from './constants';
import { factsOf, outputName } from './graph-facts';
import { freshNames, indexOf, isPrivate, mergedSources } from './graph-index';
import { opsetOf, withGraph, type Pass } from './pass';

const reshapes: ReadonlySet<string> = new Set(['Reshape', 'Flatten', 'Squeeze', 'Unsqueeze']);

export const joinMoves: Pass = { name: 'join-moves', run: joined };

function joined(model: Model): Model {
  const { graph } = model;
  const facts = factsOf(graph);
  const index = indexOf(graph);
  const fresh = freshNames(graph);
  const initializers = new Map(graph.initializers);
  const made = new Map<ValueName, Node>();
  const nodes = new Set<Node>();
  for (const original of graph.nodes) {
    const before = original.inputs[0] === undefined ? undefined : made.get(original.inputs[0]);
    const merged =
      before && isPrivate(index, outputName(before)) ? (joinReshapes(before, original) ?? joinTransposes(before, original)) : undefined;
    if (before && merged) nodes.delete(before);
    const node = merged ?? original;
    nodes.add(node);
    made.set(outputName(node), node);
  }
  return withGraph(model, { nodes: [...nodes], initializers });

  function joinReshapes(first: Node, second: Node): Node | undefined {
    if (opsetOf(model) < 5 || first.domain !== '' || second.domain !== '') return undefined;
    if (!reshapes.has(first.op) || !reshapes.has(second.op)) return undefined;
    const shape = facts.typed(outputName(second))?.shape;
    if (!shape || sizeOf(shape) === 0) return undefined;
    const name = fresh(`${outputName(second)}.shape`);
    initializers.set(name, shapeConstant(name, shape));
    return { ...second, op: 'Reshape', inputs: [first.inputs[0], name], attrs: {}, sources: mergedSources(second, first) };
  }

  function joinTransposes(first: Node, second: Node): Node | undefined {
    if (first.op !== 'Transpose' || second.op !== 'Transpose' || first.domain !== '' || second.domain !== '') return undefined;
    const rank = facts.typed(outputName(second))?.shape.length ?? 0;
    const reversed = Array.from({ length: rank }, (_, i) => rank - 1 - i);
    const [p, q] = [intsAttr(first, 'perm') ?? reversed, intsAttr(second, 'perm') ?? reversed];
    const perm = q.map((axis) => p[axis] as number);
    return { ...second, inputs: first.inputs, attrs: { perm: { type: 'ints', value: perm } }, sources: mergedSources(second, first) };
  }
}

function shapeConstant(name: string, shape: readonly number[]): TensorRef {
  return refOf(name, { dtype: 'int64', shape: [shape.length], data: BigInt64Array.from(shape, BigInt) });
}
