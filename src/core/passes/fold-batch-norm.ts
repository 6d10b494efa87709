/**
 * BatchNormalization at inference is y[c] = a[c] x[c] + b[c], a = scale / sqrt(var + epsilon), b = bias - mean a (ONNX
 * BatchNormalization 1, 6, 7, 9, 14, 15). It is folded into the layer before it; where there is none (after an Add, a
 * ReLU, a Concat) it becomes a depthwise 1x1 Conv, which computes the same and has an exact integer form.
 * float64 until the result is rounded to float32.
 */
import type { Model, Node, ValueName } from '../ir/model';
import { floatAttr, intAttr } from '../ops/family';
import type { ChannelAffine } from './channel-affine';
import { floatsOf } from './constants';
import { outputName } from './graph-facts';
import { outputsOf } from './graph-index';
import { LayerFolder } from './layer-folder';
import { OWN_DOMAIN } from './fuse-matmul-bias';
import type { Pass } from './pass';

/** Channels up to which a BatchNormalization of vectors becomes a product with a diagonal matrix. */
const LARGEST_DIAGONAL = 2048;

export const foldBatchNorm: Pass = {
  name: 'fold-batch-norm',
  run(model: Model): Model {
    const folder = new LayerFolder(model);
    for (const node of model.graph.nodes) {
      const map = node.op === 'BatchNormalization' && node.domain === '' ? affineOf(node, folder) : undefined;
      if (!map) {
        folder.keep(node);
        continue;
      }
      const layer = folder.layerOf(node.inputs[0]);
      const channels = map.shift.length;
      // a product's channels are its last axis, a BatchNormalization's its second
      if (layer?.channels === channels && layer.axis === 1) folder.fold(layer, map, node);
      else folder.keep(asLayer(node, map, folder) ?? node);
    }
    return folder.done();
  },
};

/** undefined: its parameters are computed, or it is not over channels. */
function affineOf(node: Node, folder: LayerFolder): (ChannelAffine & { readonly scale: Float64Array }) | undefined {
  // running statistics that somebody reads: training (the operator's family refuses training_mode)
  if (
    outputsOf(node)
      .slice(1)
      .some((o) => folder.index.readers.has(o) || folder.index.outputs.has(o))
  )
    return undefined;
  const [gamma, beta, mean, variance] = [1, 2, 3, 4].map((i) => floatsOf(folder.facts.constant(node.inputs[i])));
  const channels = folder.facts.typed(node.inputs[0])?.shape[1];
  if (!gamma || !beta || !mean || !variance || channels === undefined || intAttr(node, 'spatial', 1) === 0) return undefined;
  if ([gamma, beta, mean, variance].some((p) => p.length !== channels)) return undefined;
  const epsilon = floatAttr(node, 'epsilon', 1e-5);
  const scale = Float64Array.from(gamma, (g, c) => g / Math.sqrt((variance[c] as number) + epsilon));
  const shift = Float64Array.from(beta, (b, c) => b - (mean[c] as number) * (scale[c] as number));
  return { scale, shift };
}

/** The map as a layer of its own: a depthwise 1x1 Conv, or for vectors a product with a diagonal matrix. */
function asLayer(node: Node, map: ChannelAffine & { readonly scale: Float64Array }, folder: LayerFolder): Node | undefined {
  const rank = folder.facts.typed(node.inputs[0])?.shape.length ?? 0;
  const channels = map.shift.length;
  const spatial = rank - 2;
  if (rank < 2 || (rank === 2 && channels > LARGEST_DIAGONAL)) return undefined;
  const [x, gamma, beta] = node.inputs as readonly ValueName[]; // affineOf has looked
  if (x === undefined || gamma === undefined || beta === undefined) return undefined;
  const output = outputName(node);
  const bias = folder.add(`${output}.bias`, { dtype: 'float32', shape: [channels], data: Float32Array.from(map.shift) }, beta);
  const vector = Float32Array.from(map.scale);
  if (rank === 2) {
    const data = new Float32Array(channels * channels);
    vector.forEach((v, c) => (data[c * channels + c] = v));
    const weight = folder.add(`${output}.weight`, { dtype: 'float32', shape: [channels, channels], data }, gamma);
    return { ...node, op: 'MatMul', domain: OWN_DOMAIN, inputs: [x, weight, bias], outputs: [output], attrs: {} };
  }
  const ones = new Array<number>(spatial).fill(1);
  const weight = folder.add(`${output}.weight`, { dtype: 'float32', shape: [channels, 1, ...ones], data: vector }, gamma);
  const attrs: Node['attrs'] = { group: { type: 'int', value: channels }, kernel_shape: { type: 'ints', value: ones } };
  return { ...node, op: 'Conv', inputs: [x, weight, bias], outputs: [output], attrs };
}
