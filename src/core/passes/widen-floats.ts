/**
 * One float type: float16, bfloat16 and float64 values, constants and Casts become float32. It comes after constant
 * folding, so that shape arithmetic in double keeps its precision; what is left are weights and activations.
 */
import type { AttrValue, Model, Node, ValueInfo } from '../ir/model';
import { decoded, isFloatType, refOf, widened } from './constants';
import { withGraph, type Pass } from './pass';

/** TensorProto.DataType of float16, double and bfloat16, and of float. */
const OTHER_FLOATS: readonly number[] = [10, 11, 16];
const FLOAT = 1;

export const widenFloats = {
  name: 'widen-floats',
  run(model: Model): Model {
    const { graph } = model;
    const info = (v: ValueInfo): ValueInfo => (isFloatType(v.dtype) ? { ...v, dtype: 'float32' } : v);
    const initializers = new Map(graph.initializers);
    for (const [name, ref] of graph.initializers) {
      if (ref.dtype === 'float32' || !isFloatType(ref.dtype)) continue;
      initializers.set(name, refOf(ref.name, widened(decoded(ref))));
    }
    return withGraph(model, {
      nodes: graph.nodes.map(withFloat32Attributes),
      inputs: graph.inputs.map(info),
      outputs: graph.outputs.map(info),
      values: new Map([...graph.values].map(([name, v]) => [name, info(v)])),
      initializers,
    });
  },
} satisfies Pass;

/** Attributes that name an element type: Cast's `to`, the generators' `dtype`. Tensors: ConstantOfShape's `value`. */
function withFloat32Attributes(node: Node): Node {
  let changed = false;
  const attrs = Object.entries(node.attrs).map(([key, a]): [string, AttrValue] => {
    if ((key === 'to' || key === 'dtype' || key === 'output_dtype') && a.type === 'int' && OTHER_FLOATS.includes(a.value)) {
      changed = true;
      return [key, { type: 'int', value: FLOAT }];
    }
    if (a.type === 'tensor' && a.value.dtype !== 'float32' && isFloatType(a.value.dtype)) {
      changed = true;
      return [key, { type: 'tensor', value: refOf(a.value.name, widened(decoded(a.value))) }];
    }
    return [key, a];
  });
  return changed ? { ...node, attrs: Object.fromEntries(attrs) } : node;
}
