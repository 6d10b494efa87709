/**
 * The hard-rounded float path of softmax and layer normalization, and how far the integer path may be from it beyond the
 * dual-path law's limit. Softmax: each table entry is off by at most 1/2 in 65535, so that p is off by at most
 * F*(1 + N*p)/(2*65535) (and with a reciprocal per row by one more half). Layer normalization: D is a whole number, so that
 * y - beta is off by one part in D; and where t > 0, c lost its low bits.
 */
import { exp } from '../base/math';
import { powerOfTwo, roundHalfEven } from '../base/fixed-point';
import { StudioError } from '../base/errors';
import type { IntegerModel, LayerNormOp, SoftmaxOp } from '../ir/integer-model';
import { sizeOf } from '../ir/tensor';
import { broadcastOffsets } from './execute/elementwise';
import { constantOf, operandOf, zeroPointOf, type Tensors } from './execute/tensors';

/** p as real numbers, in steps of the output. */
function probabilities(op: SoftmaxOp, tensors: Tensors, model: IntegerModel): Float64Array {
  const { axis, pb } = op.softmax;
  const x = operandOf(model, tensors, op.inputs[0] as string);
  const { shape } = x.value;
  const s = x.value.quant?.scale[0] ?? 1;
  const mask = op.softmax.mask === undefined ? undefined : operandOf(model, tensors, op.softmax.mask);
  const masked = mask && Uint8Array.from(broadcastOffsets(mask.value.shape, shape), (i) => mask.data[i] as number);
  const length = shape[axis] as number;
  const inner = sizeOf(shape.slice(axis + 1));
  const out = new Float64Array(x.data.length);
  for (let r = 0; r < out.length / length; r++) {
    const from = Math.floor(r / inner) * inner * length + (r % inner);
    const places = Array.from({ length }, (_, i) => from + i * inner).filter((at) => masked?.[at] !== 1);
    const most = places.reduce((a, at) => Math.max(a, x.data[at] as number), -Infinity);
    let sum = 0;
    if (op.softmax.mode === 'deferred') sum = 1;
    else for (const at of places) sum += exp(s * ((x.data[at] as number) - most));
    for (const at of places) out[at] = (exp(s * ((x.data[at] as number) - most)) / sum) * (powerOfTwo(pb) - 1);
  }
  return out;
}

export function softmaxReference(op: SoftmaxOp, tensors: Tensors, model: IntegerModel): Int32Array {
  return Int32Array.from(probabilities(op, tensors, model), roundHalfEven);
}

/** y - zero point as real numbers, and the part of it that the row's deviation scales. */
function normalized(op: LayerNormOp, tensors: Tensors, model: IntegerModel): { y: Float64Array; spread: Float64Array; D: Float64Array } {
  const a = op.layernorm;
  const x = operandOf(model, tensors, op.inputs[0] as string);
  const gamma = constantOf(model, a.G).real;
  const beta = constantOf(model, a.H).real;
  if (!gamma || !beta)
    throw new StudioError({ code: 'internal', what: 'A layer normalization does not know its real scale', where: { node: op.name } });
  const cube = a.C ** 3;
  const epsilon = (Number(a.E) / cube) * powerOfTwo(2 * (a.t - a.f));
  const zero = zeroPointOf(x.value);
  const [y, spread, D] = [new Float64Array(x.data.length), new Float64Array(x.data.length), new Float64Array(x.data.length)];
  for (let from = 0; from < y.length; from += a.C) {
    let mean = 0;
    if (a.rms) mean = zero;
    else for (let i = 0; i < a.C; i++) mean += (x.data[from + i] as number) / a.C;
    let variance = 0;
    for (let i = 0; i < a.C; i++) variance += ((x.data[from + i] as number) - mean) ** 2 / a.C;
    const deviation = Math.sqrt(variance + epsilon);
    for (let i = 0; i < a.C; i++) {
      const part = deviation === 0 ? 0 : (((x.data[from + i] as number) - mean) / deviation) * (gamma[i] as number);
      spread[from + i] = Math.abs(part);
      y[from + i] = part + (beta[i] as number);
      D[from + i] = Math.max(1, deviation * Math.sqrt(cube) * powerOfTwo(a.f - a.t));
    }
  }
  return { y, spread, D };
}

export function layerNormReference(op: LayerNormOp, tensors: Tensors, model: IntegerModel): Int32Array {
  const { zeroPoint, lo, hi } = op.layernorm;
  return Int32Array.from(normalized(op, tensors, model).y, (v) => Math.min(hi, Math.max(lo, zeroPoint + roundHalfEven(v))));
}

/** Per element, in LSB of the output: what the law's limit leaves out, as said on top. Other ops: undefined, which is 0. */
export function nonlinearSlack(op: SoftmaxOp | LayerNormOp, tensors: Tensors, model: IntegerModel): Float64Array {
  if (op.kind === 'softmax') {
    if (op.softmax.mode === 'deferred') return new Float64Array(tensors.get(op.output)?.data.length ?? 0);
    const full = powerOfTwo(op.softmax.pb) - 1;
    const length = model.values.get(op.output)?.shape[op.softmax.axis] ?? 1;
    return probabilities(op, tensors, model).map((p) => (full + length * p) / (2 * 65535));
  }
  const { k, t, G, shift } = op.layernorm;
  const { spread, D } = normalized(op, tensors, model);
  const steps = constantOf(model, G).data as Int32Array;
  const root = Math.sqrt(op.layernorm.C);
  return spread.map((part, i) => {
    const gain = Math.abs(steps[i % steps.length] as number) * powerOfTwo(-shift);
    // one unit of c is root-mean-square 1/D of u; t > 0 loses up to one unit of every c
    return (part * (1 + (t > 0 ? root : 0))) / (D[i] as number) + (t > 0 ? (gain * powerOfTwo(k)) / (D[i] as number) : 0) + gain;
  });
}
