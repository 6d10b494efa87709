/**
 * y[c] = scale[c] * x[c] + shift[c] as part of the layer that makes x: its weight and bias in float64, rounded once to
 * float32. For Conv, ConvTranspose, Gemm and MatMul with constant weights; the channel is axis 1 of a convolution's
 * output and the last axis of a product's.
 */
import type { Node, ValueName } from '../ir/model';
import type { Tensor } from '../ir/tensor';
import { floatAttr, intAttr } from '../ops/family';
import { perColumn } from '../ops/lower/linear';
import { floatsOf, isFloatType } from './constants';
import type { GraphFacts } from './graph-facts';

export interface ChannelAffine {
  /** undefined: 1 everywhere. */
  readonly scale: Float64Array | undefined;
  readonly shift: Float64Array;
}

/** A layer that can take an affine map of its output channels in. */
export interface AffineLayer {
  readonly node: Node;
  readonly channels: number;
  /** Axis of the channels in the output. */
  readonly axis: number;
  readonly weight: Tensor;
  readonly bias: readonly number[] | undefined;
}

/** The node as such a layer, or undefined: weights that are not constant, a bias that is not one value per channel, a clamp. */
export function affineLayer(node: Node, facts: GraphFacts): AffineLayer | undefined {
  const weight = facts.constant(node.inputs[1]);
  const output = facts.typed(node.outputs[0]);
  if (!weight || !isFloatType(weight.dtype) || !output || node.clamp || facts.constant(node.inputs[0])) return undefined;
  const shape = layerShape(node, weight.shape);
  if (!shape) return undefined;
  const axis = shape.last ? output.shape.length - 1 : 1;
  const given = node.inputs[2];
  const constant = facts.constant(given);
  const bias = constant && perColumn(constant, shape.channels);
  if (given !== undefined && !bias) return undefined;
  return output.shape[axis] === shape.channels ? { node, channels: shape.channels, axis, weight, bias } : undefined;
}

function layerShape(node: Node, weight: readonly number[]): { channels: number; last: boolean } | undefined {
  if (node.domain !== '' && node.domain !== 't2c') return undefined;
  switch (node.op) {
    case 'Conv':
      return weight.length > 2 ? { channels: weight[0] as number, last: false } : undefined;
    case 'ConvTranspose':
      return weight.length > 2 ? { channels: (weight[1] as number) * intAttr(node, 'group', 1), last: false } : undefined;
    case 'Gemm':
      return { channels: weight[intAttr(node, 'transB', 0) === 1 ? 0 : 1] as number, last: true };
    case 'MatMul':
      return weight.length === 2 ? { channels: weight[1] as number, last: true } : undefined;
    default:
      return undefined;
  }
}

/** Weight and bias with the map taken in: new tensors (the weight is the layer's own where only a shift is added). */
export function foldedParameters(layer: AffineLayer, map: ChannelAffine): { weight: Tensor; bias: Tensor } {
  const { node, channels } = layer;
  const beta = node.op === 'Gemm' ? floatAttr(node, 'beta', 1) : 1;
  const bias = Float32Array.from(
    { length: channels },
    (_, c) => (layer.bias?.[c] ?? 0) * beta * (map.scale?.[c] ?? 1) + (map.shift[c] as number),
  );
  return { weight: map.scale ? scaledWeight(layer, map.scale) : layer.weight, bias: { dtype: 'float32', shape: [channels], data: bias } };
}

function scaledWeight(layer: AffineLayer, scale: Float64Array): Tensor {
  const { shape } = layer.weight;
  // affineLayer has looked: floats
  const from = floatsOf(layer.weight) as Float32Array;
  const to = new Float32Array(from.length);
  const { inner, channelOf } = weightChannels(layer);
  for (let at = 0, run = 0; at < to.length; at += inner, run++) {
    const factor = scale[channelOf(run)] as number;
    for (let i = at; i < at + inner; i++) to[i] = (from[i] as number) * factor;
  }
  return { dtype: 'float32', shape, data: to };
}

/** Weights lie in runs of `inner` elements of one output channel. */
function weightChannels(layer: AffineLayer): { inner: number; channelOf: (run: number) => number } {
  const { node, channels, weight } = layer;
  const rest = (from: number): number => weight.shape.slice(from).reduce((a, b) => a * b, 1);
  switch (node.op) {
    case 'Conv':
      return { inner: rest(1), channelOf: (run) => run };
    case 'ConvTranspose': {
      // [I, O / group, ...]: input channel i belongs to group floor(i / (I / group))
      const perGroup = weight.shape[1] as number;
      const inputsPerGroup = (weight.shape[0] as number) / (channels / perGroup);
      return { inner: rest(2), channelOf: (run) => Math.floor(run / perGroup / inputsPerGroup) * perGroup + (run % perGroup) };
    }
    default:
      return intAttr(node, 'transB', 0) === 1
        ? { inner: rest(1), channelOf: (run) => run }
        : { inner: 1, channelOf: (run) => run % channels };
  }
}

/** The layer with other parameters and another output; a Gemm's beta is in the bias, a MatMul with a bias is our own form. */
export function withParameters(
  layer: AffineLayer,
  weight: ValueName,
  bias: ValueName,
  output: ValueName,
  sources: readonly string[],
): Node {
  const { node } = layer;
  const { beta: _, ...attrs } = node.attrs;
  const domain = node.op === 'MatMul' ? 't2c' : node.domain;
  return { ...node, domain, attrs, inputs: [node.inputs[0], weight, bias], outputs: [output], sources };
}

/** A constant as one value per channel of `axis`, undefined where it varies along another axis or changes the shape. */
export function perChannel(constant: Tensor | undefined, channels: number, axis: number, rank: number): Float64Array | undefined {
  const data = floatsOf(constant);
  if (!data || !constant || constant.shape.length > rank) return undefined;
  if (data.length === 1) return new Float64Array(channels).fill(data[0] as number);
  const lead = rank - constant.shape.length;
  const fits = constant.shape.every((d, i) => d === (i + lead === axis ? channels : 1));
  return fits && data.length === channels ? Float64Array.from(data) : undefined;
}
