/**
 * The layers whose bits a recipe can choose: Conv, Gemm, MatMul, in the order of the network, with their costs. Bytes are those
 * of the weight alone, packed; bit operations (BOPs) are MACs times the bits of both factors. Float islands are no layers.
 */
import type { CanonicalModel, Node, NodeId, ValueName } from '../../ir/model';
import { sizeOf } from '../../ir/tensor';
import type { TypedShape } from '../../ops/family';
import { integerRuleOf } from '../../ops/lower/rules';
import { familyOf } from '../../ops/registry';
import { shapeOf } from '../../ops/support';
import type { LayerWidths } from '../../recipe/bit-widths';
import type { CostedLayer } from './types';

export interface SweptLayer extends CostedLayer {
  readonly node: NodeId;
  /** The activation that it multiplies first. */
  readonly input: ValueName;
  readonly weight:
    { readonly data: Float32Array; readonly shape: readonly number[]; readonly channelAxis: number; readonly name: ValueName } | undefined;
}

export function sweptLayers(c: CanonicalModel, islands: ReadonlyMap<NodeId, string>): SweptLayer[] {
  return c.model.graph.nodes.flatMap((node) => (islands.has(node.id) ? [] : layerOf(c, node)));
}

function layerOf(c: CanonicalModel, node: Node): SweptLayer[] {
  if (integerRuleOf(node.op, node.domain)?.operands !== 'multiply') return [];
  const input = node.inputs.find((n) => n !== undefined && !c.constants(n));
  if (input === undefined) return [];
  const typed = (n: ValueName | undefined): TypedShape | undefined =>
    n === undefined ? undefined : { dtype: 'float32', shape: shapeOf(c, n) };
  const inputs = node.inputs.map(typed);
  const known = inputs.filter((t) => t !== undefined);
  const outputs = node.outputs.map((n) => typed(n)).filter((t) => t !== undefined);
  const family = familyOf(node.op, node.domain);
  const role = family?.weight?.(node, inputs);
  const name = role && node.inputs[role.input];
  const tensor = name === undefined ? undefined : c.constants(name);
  return [
    {
      id: c.stems.get(node.id) ?? node.id,
      op: node.op,
      node: node.id,
      input,
      macs: known.length === inputs.length ? (family?.macs?.(node, known, outputs) ?? 0) : 0,
      weights: tensor ? sizeOf(tensor.shape) : 0,
      weight:
        role && tensor && name !== undefined
          ? {
              name,
              data: tensor.data instanceof Float32Array ? tensor.data : Float32Array.from(tensor.data as ArrayLike<number>),
              shape: tensor.shape,
              channelAxis: role.channelAxis,
            }
          : undefined,
    },
  ];
}

export function bytesOfLayer({ weights }: CostedLayer, { weightBits }: Required<LayerWidths>): number {
  return Math.ceil((weights * weightBits) / 8);
}

/** A product of two activations has the activations' bits on both sides. */
export function bopsOfLayer({ macs, weights }: CostedLayer, { weightBits, activationBits }: Required<LayerWidths>): number {
  return macs * activationBits * (weights > 0 ? weightBits : activationBits);
}
