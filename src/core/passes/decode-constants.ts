/**
 * Constants that exporters hide in the graph: Constant nodes become initializers under the name of their output
 * (their bytes are not copied), tensor attributes of other nodes are decoded so that operator rules can read them.
 */
import { StudioError } from '../base/errors';
import type { AttrValue, Model, Node, ValueName } from '../ir/model';
import type { Tensor, TensorRef } from '../ir/tensor';
import { decoded, refOf } from './constants';
import { withGraph, type Pass } from './pass';

export const decodeConstants = {
  name: 'decode-constants',
  run(model: Model): Model {
    const initializers = new Map(model.graph.initializers);
    const nodes: Node[] = [];
    for (const node of model.graph.nodes) {
      const output = node.outputs[0];
      if (node.op === 'Constant' && node.domain === '' && output !== undefined) initializers.set(output, constantRef(node, output));
      else nodes.push(withDecodedAttributes(node));
    }
    return withGraph(model, { nodes, initializers });
  },
} satisfies Pass;

function constantRef(node: Node, output: ValueName): TensorRef {
  const { value, value_float, value_floats, value_int, value_ints, value_string, value_strings } = node.attrs;
  if (value?.type === 'tensor') return { ...value.value, name: output };
  const tensor = scalarOrList(value_float ?? value_floats ?? value_int ?? value_ints ?? value_string ?? value_strings);
  if (tensor) return refOf(output, tensor);
  throw new StudioError({
    code: 'unsupported-dtype',
    what: 'A Constant holds no tensor that the studio knows',
    got: Object.keys(node.attrs).join(', ') || 'no attribute',
    where: { node: node.id, op: node.op, value: output },
  });
}

function scalarOrList(a: AttrValue | undefined): Tensor | undefined {
  switch (a?.type) {
    case 'float':
      return { dtype: 'float32', shape: [], data: Float32Array.of(a.value) };
    case 'floats':
      return { dtype: 'float32', shape: [a.value.length], data: Float32Array.from(a.value) };
    case 'int':
      return { dtype: 'int64', shape: [], data: BigInt64Array.of(BigInt(a.value)) };
    case 'ints':
      return { dtype: 'int64', shape: [a.value.length], data: BigInt64Array.from(a.value, BigInt) };
    case 'string':
      return { dtype: 'string', shape: [], data: [a.value] };
    case 'strings':
      return { dtype: 'string', shape: [a.value.length], data: a.value };
    default:
      return undefined;
  }
}

function withDecodedAttributes(node: Node): Node {
  const entries = Object.entries(node.attrs);
  if (!entries.some(([, a]) => a.type === 'tensor' && a.value.source.kind !== 'decoded')) return node;
  const attrs = entries.map(([key, a]): [string, AttrValue] => [
    key,
    a.type === 'tensor' ? { type: 'tensor', value: refOf(a.value.name, decoded(a.value)) } : a,
  ]);
  return { ...node, attrs: Object.fromEntries(attrs) };
}
