/**
 * The hard-rounded float path of one op from the same integers: real scales, unrounded bias, float64, one
 * rounding at the end; no multiplier and no shift. The dual-path law compares it with the executor: at most
 * 1 LSB apart where the output has at most 8 bits, 2 above, plus what rounding the bias to a whole unit of
 * the accumulator is worth (`biasSlack`; 0 unless operands of few bits meet a fine output).
 */
import { roundHalfEven } from '../base/fixed-point';
import { StudioError } from '../base/errors';
import type { IntegerModel, IntOp, IntTensor, MatMulOp, Requant } from '../ir/integer-model';
import { sizeOf } from '../ir/tensor';
import { layerNormReference, softmaxReference } from './float-nonlinear';
import { RECIPROCAL } from '../ops/lower/linear';
import { broadcastOffsets } from './execute/elementwise';
import { rowSums } from './execute/row-reciprocal';
import { totalOf } from './execute/token-rows';
import { constantOf, numbersOf, operandOf, valueOf, zeroPointOf, type Tensors } from './execute/tensors';

/**
 * The integers that the float path gives, or undefined for ops that round nothing (moves, maxima, tables).
 * `tensors` holds the op's inputs and its accumulator, as `execute` with `keep: 'all'` returns them.
 */
export function floatReference(op: IntOp, tensors: Tensors, model: IntegerModel): Int32Array | undefined {
  switch (op.kind) {
    case 'matmul':
      if (op.requant.rowMul !== undefined) return rescaled(model, rowTotal(model, op, accumulatorOf(op.acc, tensors)), op.requant, 1);
      if (op.deferred) return rescaled(model, divided(op, tensors, model), op.requant, 1);
      return rescaled(model, withRealBias(model, accumulatorOf(op.acc, tensors), op.bias, 1), op.requant, 1);
    case 'conv':
    case 'gemm':
      return rescaled(model, withRealBias(model, accumulatorOf(op.acc, tensors), op.bias, inner(model, op)), op.requant, inner(model, op));
    case 'pool':
      if (op.pool.kind === 'max' || !op.requant || op.acc === undefined) return undefined;
      return rescaled(model, Float64Array.from(accumulatorOf(op.acc, tensors)), op.requant, 1, op.index);
    case 'reduce':
      return rescaled(model, Float64Array.from(accumulatorOf(op.acc, tensors)), op.requant, 1);
    case 'requant': {
      const x = operandOf(model, tensors, op.inputs[0] as string);
      const zero = zeroPointOf(x.value);
      return rescaled(
        model,
        Float64Array.from(x.data, (q) => q - zero),
        op.requant,
        sizeOf(x.value.shape.slice(2)),
      );
    }
    case 'mul': {
      const [a, b] = centred(op.operands, op.output, tensors, model);
      return rescaled(
        model,
        a.map((v, i) => v * (b[i] as number)),
        op.requant,
        1,
      );
    }
    case 'add':
    case 'sub': {
      const [a, b] = centred(op.operands, op.output, tensors, model);
      const [sa, sb] = op.operands.map((name) => scaleOf(model, name)) as [number, number];
      const sign = op.kind === 'sub' ? -1 : 1;
      const sy = scaleOf(model, op.output);
      const { zeroPoint, lo, hi } = op.add;
      return Int32Array.from(a, (v, i) => clamp(zeroPoint + roundHalfEven((v * sa + sign * (b[i] as number) * sb) / sy), lo, hi));
    }
    case 'softmax':
      return softmaxReference(op, tensors, model);
    case 'layernorm':
      return layerNormReference(op, tensors, model);
    case 'lut':
    case 'where':
    case 'reshape':
    case 'transpose':
    case 'concat':
    case 'slice':
    case 'pad':
    case 'expand':
    case 'gather':
      return undefined;
    default:
      return op satisfies never;
  }
}

/** acc * 2^30 / S, with S the sum of the left operand's row. */
function divided(op: MatMulOp, tensors: Tensors, model: IntegerModel): Float64Array {
  const sums = deferredSums(op, tensors, model);
  return Float64Array.from(accumulatorOf(op.acc, tensors), (v, i) => (v === 0 ? 0 : (v / (sums[i] as number)) * RECIPROCAL));
}

/** For each element of the accumulator, the sum of the row of exponentials that it is divided by. */
function deferredSums(op: MatMulOp, tensors: Tensors, model: IntegerModel): Float64Array {
  const x = operandOf(model, tensors, op.inputs[0] as string);
  const { shape } = valueOf(model, op.acc);
  const sums = rowSums(x.data, x.value.shape.at(-1) ?? 1);
  const places = broadcastOffsets([...x.value.shape.slice(0, -1), 1], shape);
  return Float64Array.from(places, (at) => sums[at] as number);
}

/** LSB of the output that rounding the reciprocal 2^30 / S down to an integer may cost beyond the law's limit. */
export function reciprocalSlack(op: MatMulOp, tensors: Tensors, model: IntegerModel): Float64Array {
  const real = constantOf(model, op.requant.mul).real?.[0] ?? 0;
  const sums = deferredSums(op, tensors, model);
  return Float64Array.from(accumulatorOf(op.acc, tensors), (v, i) => (sums[i] === 0 ? 0 : Math.abs(v * real)));
}

/**
 * LSB of the output that the rounding of B alone may cost beyond the law's limit: half an accumulator unit,
 * counted where a unit is more than one LSB.
 */
export function biasSlack(op: IntOp, model: IntegerModel): number {
  if (!('bias' in op) || op.bias === undefined) return 0;
  const real = constantOf(model, op.requant.mul).real ?? new Float64Array(1);
  const unit = real.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
  return unit <= 1 ? 0 : Math.ceil(unit / 2);
}

const clamp = (v: number, lo: number, hi: number): number => Math.min(hi, Math.max(lo, v));

function accumulatorOf(name: string, tensors: Tensors): ArrayLike<number> {
  const t: IntTensor | undefined = tensors.get(name);
  if (!t) throw new StudioError({ code: 'internal', what: 'The accumulator was not kept', where: { value: name } });
  return numbersOf(t.data, name);
}

function scaleOf(model: IntegerModel, name: string): number {
  return valueOf(model, name).quant?.scale[0] ?? 1;
}

/** How many consecutive elements share a channel: 1 for matrix products, a plane for convolutions. */
function inner(model: IntegerModel, op: IntOp): number {
  return op.kind === 'conv' ? sizeOf(valueOf(model, op.output).shape.slice(2)) : 1;
}

/** acc with the rounded bias taken out and the real one put in. */
function withRealBias(model: IntegerModel, acc: ArrayLike<number>, bias: string | undefined, run: number): Float64Array {
  const out = Float64Array.from(acc);
  const c = bias === undefined ? undefined : constantOf(model, bias);
  if (!c?.real) return out;
  const rounded = numbersOf(c.data, c.name);
  for (let i = 0; i < out.length; i++) {
    const o = Math.floor(i / run) % rounded.length;
    out[i] = (out[i] as number) - (rounded[o] as number) + (c.real[o] as number);
  }
  return out;
}

/** acc times the factor of its row, and the real bias, in units of acc * T. */
function rowTotal(
  model: IntegerModel,
  op: { readonly requant: Requant; readonly bias: string | undefined; readonly acc: string },
  acc: ArrayLike<number>,
): Float64Array {
  const columns = valueOf(model, op.acc).shape.at(-1) ?? 1;
  const total = Float64Array.from(totalOf({ requant: op.requant }, acc, columns, model));
  const real = op.bias === undefined ? undefined : constantOf(model, op.bias).real;
  return real ? total.map((v, i) => v + (real[i % columns] as number)) : total;
}

function rescaled(model: IntegerModel, total: Float64Array, r: Requant, run: number, index?: string): Int32Array {
  const real = constantOf(model, r.mul).real;
  if (!real) throw new StudioError({ code: 'internal', what: 'A multiplier does not know its real scale', where: { value: r.mul } });
  const which = index === undefined ? undefined : numbersOf(constantOf(model, index).data, index);
  return Int32Array.from(total, (v, i) => {
    const o = which ? (which[i % which.length] as number) : real.length === 1 ? 0 : Math.floor(i / run) % real.length;
    return clamp(r.zeroPoint + roundHalfEven(v * (real[o] as number)), r.lo, r.hi);
  });
}

/** Both operands without their zero points, in the shape of the output. */
function centred(names: readonly [string, string], output: string, tensors: Tensors, model: IntegerModel): [Float64Array, Float64Array] {
  const { shape } = valueOf(model, output);
  const one = (name: string): Float64Array => {
    const x = operandOf(model, tensors, name);
    const zero = zeroPointOf(x.value);
    return Float64Array.from(broadcastOffsets(x.value.shape, shape), (i) => (x.data[i] as number) - zero);
  };
  return [one(names[0]), one(names[1])];
}
