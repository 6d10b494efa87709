/**
 * Gemm with a constant C that differs from row to row ([M, N], [M, 1]): a product and an Add, because the bias of an integer
 * layer is one value per column. The product has no name in the file: whoever asks a runtime for it must give the runtime
 * the model that this pass made (runtime-model.ts does).
 */
import type { Model, Node, ValueName } from '../ir/model';
import type { Tensor, TensorRef } from '../ir/tensor';
import { floatAttr } from '../ops/family';
import { decoded, isFloatType, refOf } from './constants';
import { freshNames } from './graph-index';
import { withGraph, type Pass } from './pass';

export const splitGemm = {
  name: 'split-gemm',
  run(model: Model): Model {
    const { graph } = model;
    if (!graph.nodes.some((n) => rowWise(model, n))) return model;
    const fresh = freshNames(graph);
    const ids = new Set<string>(graph.nodes.map((n) => n.id));
    const initializers = new Map<ValueName, TensorRef>(graph.initializers);
    const nodes = graph.nodes.flatMap((node): Node[] => {
      const c = rowWise(model, node);
      const output = node.outputs[0];
      if (!c || output === undefined) return [node];
      const product = fresh(`${output}.product`);
      const beta = floatAttr(node, 'beta', 1);
      let sum = node.inputs[2];
      if (beta !== 1) {
        sum = fresh(`${c.name}.beta`);
        initializers.set(sum, refOf(sum, scaled(decoded(c), beta)));
      }
      let id = `${node.id}.c`;
      while (ids.has(id)) id += '_';
      ids.add(id);
      return [
        { ...node, inputs: node.inputs.slice(0, 2), outputs: [product] },
        // ids are unique: checked above
        { ...node, id: id as Node['id'], op: 'Add', inputs: [product, sum], outputs: [output], attrs: {} },
      ];
    });
    return withGraph(model, { nodes, initializers });
  },
} satisfies Pass;

/** The C of a Gemm that has one, of more than one row. */
function rowWise(model: Model, node: Node): TensorRef | undefined {
  const name = node.op === 'Gemm' && node.domain === '' ? node.inputs[2] : undefined;
  const c = name === undefined ? undefined : model.graph.initializers.get(name);
  return c?.shape.length === 2 && c.shape[0] !== 1 && isFloatType(c.dtype) ? c : undefined;
}

function scaled(c: Tensor, by: number): Tensor {
  // float types only: numbers, in one of these two storages
  const data = c.data as Float32Array | Float64Array;
  return { dtype: c.dtype, shape: c.shape, data: data.map((v) => v * by) };
}
