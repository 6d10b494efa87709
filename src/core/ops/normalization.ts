/**
 * BatchNormalization (ONNX 6 to 15, inference), InstanceNormalization (6, 22) and GroupNormalization (18: scale per
 * group; 21: per channel), LRN: y = scale * (x - mean) / sqrt(variance + epsilon) + bias. Moments in float64.
 */
import { StudioError } from '../base/errors';
import { sizeOf, type Tensor } from '../ir/tensor';
import { floatAttr, intAttr, type FloatInput, type OpFamily, type ShapeInput } from './family';
import { badAttribute, badShape, inputAt, likeFirst, tensorAt } from './readers';
import { floatsOf, fromNumbers, mapNumbers, numbersOf } from './storage';

/** Inputs from `first` on are vectors of n. */
function checkVectors(s: ShapeInput, inputs: readonly number[], n: number): void {
  for (const i of inputs) {
    const { shape } = inputAt(s, i);
    if (shape.length !== 1 || shape[0] !== n) throw badShape(s.node, `an input ${i} of [${n}]`, shape);
  }
}

function channelsOf(s: ShapeInput): number {
  const { shape } = inputAt(s, 0);
  if (shape.length < 2) throw badShape(s.node, 'an input of rank 2 at least', shape);
  return shape[1] as number;
}

export const batchNorm: OpFamily = {
  id: 'batch-norm',
  types: ['BatchNormalization'],
  /** Outputs 1 to 4 are of training only; old exporters name them without a reader. */
  shape(s) {
    if (intAttr(s.node, 'training_mode', 0) === 1) {
      throw new StudioError({
        code: 'unsupported-operator',
        what: 'A batch normalization is in training mode',
        where: { node: s.node.id, op: s.node.op },
        todo: 'Export the model for inference',
      });
    }
    const channels = channelsOf(s);
    checkVectors(s, [1, 2, 3, 4], channels);
    const y = likeFirst(s);
    return s.node.outputs.map((_, i) => (i === 0 ? y : { dtype: y.dtype, shape: [channels] }));
  },
  evaluate(f) {
    const [x, ...rest] = [0, 1, 2, 3, 4].map((i) => tensorAt(f, i)) as [Tensor, ...Tensor[]];
    const [scale, bias, mean, variance] = rest.map(floatsOf) as [Float64Array, Float64Array, Float64Array, Float64Array];
    const epsilon = floatAttr(f.node, 'epsilon', 1e-5);
    const channels = x.shape[1] as number;
    const plane = sizeOf(x.shape.slice(2));
    const out = floatsOf(x);
    for (let at = 0, c = 0; at < out.length; at += plane, c = (c + 1) % channels) {
      const factor = (scale[c] as number) / Math.sqrt((variance[c] as number) + epsilon);
      for (let i = at; i < at + plane; i++) out[i] = ((out[i] as number) - (mean[c] as number)) * factor + (bias[c] as number);
    }
    return [fromNumbers(x.dtype, x.shape, out)];
  },
  quantizer: 'own',
};

/** Runs of `run` elements made to mean 0 and variance 1. */
function standardized(data: ArrayLike<number>, run: number, epsilon: number): Float64Array {
  const out = new Float64Array(data);
  for (let at = 0; at < out.length; at += run) {
    let mean = 0;
    for (let i = at; i < at + run; i++) mean += out[i] as number;
    mean /= run;
    let variance = 0;
    for (let i = at; i < at + run; i++) variance += ((out[i] as number) - mean) ** 2;
    const factor = 1 / Math.sqrt(variance / run + epsilon);
    for (let i = at; i < at + run; i++) out[i] = ((out[i] as number) - mean) * factor;
  }
  return out;
}

/** `groups` runs per sample; scale and bias per channel, or per group. */
function normalized(f: FloatInput, groups: number): Tensor[] {
  const [x, scale, bias] = [tensorAt(f, 0), tensorAt(f, 1), tensorAt(f, 2)];
  const channels = x.shape[1] as number;
  const plane = sizeOf(x.shape.slice(2));
  const out = standardized(numbersOf(x), (channels / groups) * plane, floatAttr(f.node, 'epsilon', 1e-5));
  const [a, b] = [numbersOf(scale), numbersOf(bias)];
  const share = channels / a.length;
  for (let i = 0; i < out.length; i++) {
    const c = Math.floor((Math.floor(i / plane) % channels) / share);
    out[i] = (out[i] as number) * (a[c] as number) + (b[c] as number);
  }
  return [fromNumbers(x.dtype, x.shape, out)];
}

export const instanceNorm: OpFamily = {
  id: 'instance-norm',
  types: ['InstanceNormalization'],
  shape(s) {
    checkVectors(s, [1, 2], channelsOf(s));
    return [likeFirst(s)];
  },
  evaluate: (f) => normalized(f, tensorAt(f, 0).shape[1] as number),
  quantizer: 'own',
};

export const groupNorm: OpFamily = {
  id: 'group-norm',
  types: ['GroupNormalization'],
  shape(s) {
    const channels = channelsOf(s);
    const groups = intAttr(s.node, 'num_groups', 1);
    if (channels % groups !== 0) throw badShape(s.node, `channels in ${groups} groups`, inputAt(s, 0).shape);
    checkVectors(s, [1, 2], inputAt(s, 1).shape[0] === groups ? groups : channels);
    return [likeFirst(s)];
  },
  evaluate: (f) => normalized(f, intAttr(f.node, 'num_groups', 1)),
  quantizer: 'own',
};

/** LRN (ONNX 1, 13): y = x / (bias + alpha / size * sum of squares over neighbouring channels) ^ beta. */
export const localResponseNorm: OpFamily = {
  id: 'local-response-norm',
  types: ['LRN'],
  shape(s) {
    channelsOf(s);
    if (intAttr(s.node, 'size', 0) < 1) throw badAttribute(s.node, 'a size of at least 1', String(intAttr(s.node, 'size', 0)));
    return [likeFirst(s)];
  },
  evaluate(f) {
    const x = tensorAt(f, 0);
    const data = numbersOf(x);
    const [alpha, beta, bias] = [floatAttr(f.node, 'alpha', 1e-4), floatAttr(f.node, 'beta', 0.75), floatAttr(f.node, 'bias', 1)];
    const size = intAttr(f.node, 'size', 1);
    const channels = x.shape[1] as number;
    const plane = sizeOf(x.shape.slice(2));
    const out = mapNumbers(data, (v, i) => {
      const c = Math.floor(i / plane) % channels;
      let sum = 0;
      for (let k = Math.max(0, c - Math.floor((size - 1) / 2)); k <= Math.min(channels - 1, c + Math.ceil((size - 1) / 2)); k++) {
        sum += (data[i + (k - c) * plane] as number) ** 2;
      }
      return v / (bias + (alpha / size) * sum) ** beta;
    });
    return [fromNumbers(x.dtype, x.shape, out)];
  },
  quantizer: 'own',
};
