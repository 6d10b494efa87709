/**
 * What passes ask of values after inference: static types and constants by name. And nodes under other value names.
 */
import type { Graph, Node, ValueName } from '../ir/model';
import type { Tensor } from '../ir/tensor';
import type { TypedShape } from '../ops/family';
import { constantOf } from './constants';

export interface GraphFacts {
  typed(name: ValueName | undefined): TypedShape | undefined;
  constant(name: ValueName | undefined): Tensor | undefined;
}

export function factsOf(graph: Graph): GraphFacts {
  return {
    typed(name) {
      const known = name === undefined ? undefined : (graph.initializers.get(name) ?? graph.values.get(name));
      // shapes are static after inference
      return known && { dtype: known.dtype, shape: known.shape as readonly number[] };
    },
    constant: (name) => constantOf(graph, name),
  };
}

/** The name of the first output; '' names no value in ONNX. */
export function outputName(node: Node): ValueName {
  return node.outputs[0] ?? ('' as ValueName);
}

export function withInputs(node: Node, rename: (name: ValueName) => ValueName): Node {
  if (node.inputs.every((n) => n === undefined || rename(n) === n)) return node;
  return { ...node, inputs: node.inputs.map((n) => (n === undefined ? undefined : rename(n))) };
}

export function withOutputs(node: Node, rename: (name: ValueName) => ValueName): Node {
  return node.outputs.every((n) => rename(n) === n) ? node : { ...node, outputs: node.outputs.map(rename) };
}
