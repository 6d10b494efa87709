/**
 * MatMul by a constant matrix, then Add of one constant per column: a linear layer as transformers' exporters write it.
 * Both become one MatMul with three inputs in our own domain. A weight with leading axes of extent 1 loses them first.
 * Law: only where nobody else reads the product, and the sum has its shape.
 */
import type { Model, Node, ValueName } from '../ir/model';
import { sameShape, type Tensor, type TensorRef } from '../ir/tensor';
import { perColumn } from '../ops/lower/linear';
import { isFloatType, refOf, decoded } from './constants';
import { factsOf, outputName } from './graph-facts';
import { freshNames, indexOf, isPrivate, mergedSources } from './graph-index';
import { withGraph, type Pass } from './pass';

/** The domain of fused forms that ONNX has no operator for. */
export const OWN_DOMAIN = 't2c';

export const fuseMatMulBias: Pass = { name: 'fuse-matmul-bias', run: fused };

function fused(model: Model): Model {
  const { graph } = model;
  const facts = factsOf(graph);
  const index = indexOf(graph);
  const fresh = freshNames(graph);
  const initializers = new Map<ValueName, TensorRef>(graph.initializers);
  const flat = new Map<ValueName, ValueName>();
  const layers = new Map<ValueName, Node>();
  const nodes = new Set<Node>();
  for (const original of graph.nodes) {
    let node = original;
    if (node.op === 'MatMul' && node.domain === '') {
      node = withFlatWeight(node);
      layers.set(outputName(node), node);
    } else if (node.op === 'Add' && node.domain === '') {
      const merged = joined(node);
      if (merged) {
        nodes.delete(merged.layer);
        node = merged.node;
      }
    }
    nodes.add(node);
  }
  const used = [...nodes].some((n) => n.domain === OWN_DOMAIN);
  const opsets = used ? { ...model.opsets, [OWN_DOMAIN]: 1 } : model.opsets;
  return withGraph({ ...model, opsets }, { nodes: [...nodes], initializers });

  function joined(add: Node): { layer: Node; node: Node } | undefined {
    for (const i of [0, 1]) {
      const [x, c] = [add.inputs[i], add.inputs[1 - i]];
      const layer = x === undefined ? undefined : layers.get(x);
      const bias = facts.constant(c);
      if (!layer || x === undefined || !bias || !isPrivate(index, x)) continue;
      const weight = layer.inputs[1] === undefined ? undefined : initializers.get(layer.inputs[1]);
      const [from, to] = [facts.typed(x), facts.typed(outputName(add))];
      if (weight?.shape.length !== 2 || !isFloatType(bias.dtype) || !from || !to || !sameShape(from.shape, to.shape)) continue;
      if (perColumn(bias, weight.shape[1] as number) === undefined) continue;
      const inputs = [layer.inputs[0], layer.inputs[1], c];
      return { layer, node: { ...layer, domain: OWN_DOMAIN, inputs, outputs: add.outputs, sources: mergedSources(layer, add) } };
    }
    return undefined;
  }

  /** [1, 1, K, N] is [K, N] where the other operand has at least as many axes. */
  function withFlatWeight(node: Node): Node {
    const [x, w] = node.inputs;
    const ref = w === undefined ? undefined : initializers.get(w);
    if (w === undefined || !ref || ref.shape.length < 3 || ref.shape.slice(0, -2).some((d) => d !== 1)) return node;
    if ((facts.typed(x)?.shape.length ?? 0) < ref.shape.length) return node;
    let name = flat.get(w);
    if (name === undefined) {
      name = fresh(`${w}.flat`);
      const tensor: Tensor = { ...decoded(ref), shape: ref.shape.slice(-2) };
      flat.set(w, name);
      initializers.set(name, refOf(name, tensor));
    }
    return { ...node, inputs: [x, name] };
  }
}
