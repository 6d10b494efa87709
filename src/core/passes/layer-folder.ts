/**
 * The bookkeeping of passes that fold an affine map into the layer before it: which nodes are left, which weights are
 * new. One folder per pass run.
 */
import type { Model, Node, ValueName } from '../ir/model';
import type { Tensor, TensorRef } from '../ir/tensor';
import { affineLayer, foldedParameters, withParameters, type AffineLayer, type ChannelAffine } from './channel-affine';
import { assertFinite, constantOf, refOf } from './constants';
import { factsOf, outputName, type GraphFacts } from './graph-facts';
import { freshNames, indexOf, isPrivate, mergedSources, type GraphIndex } from './graph-index';
import { OWN_DOMAIN } from './fuse-matmul-bias';
import { withGraph } from './pass';

export class LayerFolder {
  readonly facts: GraphFacts;
  readonly index: GraphIndex;
  readonly fresh: (wish: string) => ValueName;
  private readonly model: Model;
  private readonly initializers: Map<ValueName, TensorRef>;
  private readonly made = new Map<ValueName, Node>();
  private readonly nodes = new Set<Node>();

  constructor(model: Model) {
    this.model = model;
    this.initializers = new Map(model.graph.initializers);
    this.index = indexOf(model.graph);
    this.fresh = freshNames(model.graph);
    const { typed } = factsOf(model.graph);
    this.facts = {
      typed,
      constant: (name) => constantOf({ initializers: this.initializers }, name),
    };
  }

  keep(node: Node): void {
    this.nodes.add(node);
    this.made.set(outputName(node), node);
  }

  /** The layer that makes this value for one reader only. */
  layerOf(value: ValueName | undefined): AffineLayer | undefined {
    const node = value === undefined || !isPrivate(this.index, value) ? undefined : this.made.get(value);
    return node && affineLayer(node, this.facts);
  }

  /** `node` becomes part of the layer, which makes its output from now on. */
  fold(layer: AffineLayer, map: ChannelAffine, node: Node): void {
    const { weight, bias } = foldedParameters(layer, map);
    const weightName = layer.node.inputs[1] as ValueName; // affineLayer has looked
    const output = outputName(node);
    const newWeight = weight === layer.weight ? weightName : this.add(`${output}.weight`, weight, weightName);
    const newBias = this.add(`${output}.bias`, bias, layer.node.inputs[2] ?? weightName);
    this.nodes.delete(layer.node);
    this.keep(withParameters(layer, newWeight, newBias, output, mergedSources(layer.node, node)));
  }

  /** A new float constant; one that is not finite is reported under the name of the constant it was made from. */
  add(wish: string, tensor: Tensor, from: ValueName): ValueName {
    // floats by construction
    assertFinite(tensor.data as Float32Array, from, 'A weight is not finite after the normalization behind it was folded into it');
    const name = this.fresh(wish);
    this.initializers.set(name, refOf(name, tensor));
    return name;
  }

  done(): Model {
    const nodes = [...this.nodes];
    const own = nodes.some((n) => n.domain === OWN_DOMAIN);
    const opsets = own ? { ...this.model.opsets, [OWN_DOMAIN]: 1 } : this.model.opsets;
    return withGraph({ ...this.model, opsets }, { nodes, initializers: this.initializers });
  }
}
