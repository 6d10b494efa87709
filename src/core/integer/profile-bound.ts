/**
 * How far an op's integer path can be from the hard-rounded float path under a requantization profile, derived from its
 * multipliers: the law of 1 LSB where they are accurate, more where they are short. With R the largest |y - zero point|, e the
 * largest relative error of a multiplier and u what half a unit of a rounded bias is worth, nobody is further than
 * floor(e*R + u + 1) apart, one more where shifts round down. No bound where a register may overflow, and none of nonlinear ops.
 */
import { HIGH, powerOfTwo } from '../base/fixed-point';
import type { AddOp, IntegerModel, IntOp, QuantInfo, Requant } from '../ir/integer-model';
import { limitOf } from './accumulator';

/** In LSB of the output. undefined: none is derived. */
export function lawBound(op: IntOp, model: IntegerModel): number | undefined {
  const q = model.values.get(op.output)?.quant;
  if (!q || limitOf(op, model) || (op.kind === 'matmul' && op.deferred)) return undefined;
  if (op.kind === 'add' || op.kind === 'sub') return withRounding(sumError(op, q, model), model, false);
  if (!('requant' in op) || !op.requant) return undefined;
  const error = multiplierError(op.requant, model);
  if (error === undefined) return undefined;
  const bias = 'bias' in op && op.bias !== undefined ? 0.5 * error.largest : 0;
  return withRounding(error.relative * reachOf(op.requant) + bias, model, true);
}

/** Largest relative error of a layer's multipliers against its real scales, and the largest scale. */
export function multiplierError(r: Requant, model: IntegerModel): { readonly relative: number; readonly largest: number } | undefined {
  const mul = model.constants.get(r.mul);
  const shift = model.constants.get(r.shift);
  if (!mul?.real || !shift) return undefined;
  let relative = 0;
  let largest = 0;
  mul.real.forEach((real, o) => {
    largest = Math.max(largest, Math.abs(real));
    if (real === 0) return;
    const made = Number(mul.data[o]) * powerOfTwo(-Number(shift.data[o]));
    relative = Math.max(relative, Math.abs(made / real - 1));
  });
  return { relative, largest };
}

function reachOf({ zeroPoint, lo, hi }: Pick<Requant, 'zeroPoint' | 'lo' | 'hi'>): number {
  return Math.max(Math.abs(hi - zeroPoint), Math.abs(zeroPoint - lo));
}

function sumError(op: AddOp, q: QuantInfo, model: IntegerModel): number {
  const down = powerOfTwo(-op.add.shift);
  const factors = [op.add.mulA, op.add.mulB];
  return op.operands.reduce((sum, name, i) => {
    const x = (model.values.get(name) ?? model.constants.get(name))?.quant;
    if (!x) return sum;
    const real = ((op.kind === 'sub' && i === 1 ? -1 : 1) * (x.scale[0] as number)) / (q.scale[0] as number);
    return sum + Math.abs((factors[i] as number) * down - real) * Math.max(x.hi - x.zeroPoint, x.zeroPoint - x.lo);
  }, 0);
}

/** Both paths round `error` apart: to the nearest, or one of them down. gemmlowp's first rounding comes before. */
function withRounding(error: number, model: IntegerModel, multiplied: boolean): number {
  const { rounding, multiplier } = model.arithmetic;
  // half a unit of the high product, where at least one more bit is shifted out
  const first = multiplied && multiplier.kind === 'tflite' ? 0.25 : 0;
  const apart = error + first;
  return rounding === 'floor' ? Math.ceil(apart + 1.5) - 1 : Math.floor(apart + 1);
}

/** Does the multiplier's style shift in two steps, so that n - 31 is the last shift? For people: how n is to be read. */
export function lastShift(n: number, model: IntegerModel): number {
  return model.arithmetic.multiplier.kind === 'tflite' ? Math.max(0, n - HIGH) : n;
}
