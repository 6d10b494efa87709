/**
 * The layers with a constant weight as preparing steps see them: float parameters out, a model with other parameters
 * back. Pure: the model given is never changed, every layer that changes gets constants of its own.
 */
import type { AttrValue, CanonicalModel, Node, NodeId, ValueName } from '../ir/model';
import { sizeOf, type Tensor, type TensorRef } from '../ir/tensor';
import { floatAttr, intAttr, type WeightRole } from '../ops/family';
import { integerRuleOf } from '../ops/lower/rules';
import { familyOf } from '../ops/registry';
import { biasOf, islandsOf, shapeOf } from '../ops/support';
import { refOf } from '../passes/constants';
import { OWN_DOMAIN } from '../passes/fuse-matmul-bias';
import { freshNames } from '../passes/graph-index';

export interface LinearLayer {
  readonly node: Node;
  readonly stem: string;
  readonly input: ValueName;
  readonly output: ValueName;
  readonly role: WeightRole;
  readonly weight: Float32Array;
  readonly shape: readonly number[];
  readonly outputs: number;
  /** 1 but for Conv. */
  readonly groups: number;
  /** In real units, Gemm's beta applied; undefined: the layer has none. */
  readonly bias: readonly number[] | undefined;
  /** Multiplies x*w: Gemm's and attention's alpha. */
  readonly factor: number;
}

/** In the order of the graph; layers that would run in float are left out. */
export function linearLayers(c: CanonicalModel): LinearLayer[] {
  const islands = islandsOf(c);
  return c.model.graph.nodes.flatMap((node) => {
    const layer = islands.has(node.id) ? undefined : linearLayer(c, node);
    return layer ? [layer] : [];
  });
}

export function linearLayer(c: CanonicalModel, node: Node): LinearLayer | undefined {
  if (integerRuleOf(node.op, node.domain)?.operands !== 'multiply') return undefined;
  const typed = node.inputs.map((n) => (n === undefined ? undefined : ({ dtype: 'float32', shape: shapeOf(c, n) } as const)));
  const role = familyOf(node.op, node.domain)?.weight?.(node, typed);
  const name = role && node.inputs[role.input];
  const tensor = name === undefined ? undefined : c.constants(name);
  const [input] = node.inputs;
  const [output] = node.outputs;
  if (!role || !tensor || input === undefined || output === undefined || c.constants(input)) return undefined;
  const outputs = tensor.shape[role.channelAxis] as number;
  const beta = node.op === 'Gemm' ? floatAttr(node, 'beta', 1) : 1;
  return {
    node,
    stem: c.stems.get(node.id) ?? node.id,
    input,
    output,
    role,
    weight: tensor.data instanceof Float32Array ? tensor.data : Float32Array.from(tensor.data as ArrayLike<number>),
    shape: tensor.shape,
    outputs,
    groups: node.op === 'Conv' ? intAttr(node, 'group', 1) : 1,
    bias: role.biasInput === undefined ? undefined : biasOf(c, node.inputs[role.biasInput], outputs)?.map((b) => b * beta),
    factor: node.op === 'Gemm' || node.domain === OWN_DOMAIN ? floatAttr(node, 'alpha', 1) : 1,
  };
}

export interface Parameters {
  readonly weight?: Float32Array;
  /** Per output channel, in real units. */
  readonly bias?: ArrayLike<number>;
}

/** The model with other parameters in some layers. Takes the arrays. */
export function withParameters(c: CanonicalModel, changes: ReadonlyMap<NodeId, Parameters>): CanonicalModel {
  return withConstants(c, new Map([...changes].map(([id, p]) => [id, (node: Node) => layerConstants(c, node, p)])));
}

/** New constants of one node by input index, and the node's form that reads them. */
export interface NodeChange {
  readonly node: Node;
  readonly constants: ReadonlyMap<number, { readonly wish: string; readonly tensor: Tensor }>;
}

export function withConstants(c: CanonicalModel, changes: ReadonlyMap<NodeId, (node: Node) => NodeChange>): CanonicalModel {
  if (changes.size === 0) return c;
  const { graph } = c.model;
  const fresh = freshNames(graph);
  const made = new Map<ValueName, Tensor>();
  const initializers = new Map<ValueName, TensorRef>(graph.initializers);
  const nodes = graph.nodes.map((old) => {
    const change = changes.get(old.id)?.(old);
    if (!change) return old;
    const inputs = [...change.node.inputs];
    for (const [i, { wish, tensor }] of change.constants) {
      const name = fresh(wish);
      made.set(name, tensor);
      initializers.set(name, refOf(name, tensor));
      inputs[i] = name;
    }
    return { ...change.node, inputs };
  });
  const own = nodes.some((n) => n.domain === OWN_DOMAIN);
  return {
    model: {
      ...c.model,
      opsets: own ? { ...c.model.opsets, [OWN_DOMAIN]: 1 } : c.model.opsets,
      graph: { ...graph, nodes, initializers },
    },
    stems: c.stems,
    constants: (name) => made.get(name) ?? c.constants(name),
  };
}

const one: AttrValue = { type: 'float', value: 1 };

function layerConstants(c: CanonicalModel, node: Node, { weight, bias }: Parameters): NodeChange {
  const layer = linearLayer(c, node);
  if (!layer) return { node, constants: new Map() };
  const constants = new Map<number, { wish: string; tensor: Tensor }>();
  if (weight) {
    constants.set(layer.role.input, { wish: `${layer.stem}.weight`, tensor: { dtype: 'float32', shape: layer.shape, data: weight } });
  }
  if (!bias) return { node, constants };
  const tensor: Tensor = { dtype: 'float32', shape: [layer.outputs], data: Float32Array.from(bias) };
  constants.set(2, { wish: `${layer.stem}.bias`, tensor });
  // a plain MatMul has no place for a bias
  const biased: Node =
    node.op === 'Gemm' ? { ...node, attrs: { ...node.attrs, beta: one } } : node.op === 'MatMul' ? { ...node, domain: OWN_DOMAIN } : node;
  return { node: biased, constants };
}

/** max|w| per input channel, over all outputs that read it. */
export function inputMaxima(layer: LinearLayer): Float64Array {
  const inputs = inputChannels(layer);
  const most = new Float64Array(inputs);
  overInputs(layer, (at, j) => (most[j] = Math.max(most[j] as number, Math.abs(layer.weight[at] as number))));
  return most;
}

/** The weight with the columns of input channel j multiplied by `by[j]`. */
export function scaledInputs(layer: LinearLayer, by: ArrayLike<number>): Float32Array {
  const scaled = new Float32Array(layer.weight.length);
  overInputs(layer, (at, j) => (scaled[at] = (layer.weight[at] as number) * (by[j] as number)));
  return scaled;
}

/** The weight with output channel o multiplied by `by[o]`. */
export function scaledOutputs(layer: LinearLayer, by: ArrayLike<number>): Float32Array {
  const inner = sizeOf(layer.shape.slice(layer.role.channelAxis + 1));
  return layer.weight.map((w, i) => w * (by[Math.floor(i / inner) % layer.outputs] as number));
}

/** Channels of the input: the axis that the weight sums over, without a Conv's window. */
export function inputChannels(layer: LinearLayer): number {
  if (layer.node.op === 'Conv') return (layer.shape[1] as number) * layer.groups;
  return layer.shape[1 - layer.role.channelAxis] as number;
}

function overInputs(layer: LinearLayer, visit: (at: number, input: number) => void): void {
  const { shape, weight } = layer;
  if (layer.node.op === 'Conv') {
    const [outputs, perGroup] = shape as [number, number];
    const inner = sizeOf(shape.slice(2));
    for (let at = 0; at < weight.length; at++) {
      const o = Math.floor(at / (perGroup * inner));
      visit(at, Math.floor(o / (outputs / layer.groups)) * perGroup + (Math.floor(at / inner) % perGroup));
    }
    return;
  }
  const columns = shape[1] as number;
  for (let at = 0; at < weight.length; at++) visit(at, layer.role.channelAxis === 1 ? Math.floor(at / columns) : at % columns);
}
