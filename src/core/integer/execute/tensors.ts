/**
 * Reading and making integer tensors in the executor: constants and activations by name, new storage by
 * value, and requantization along a channel axis. Throws `internal` where a model is not what lower made.
 */
import { requantizeRun } from '../../base/fixed-point';
import { StudioError } from '../../base/errors';
import type { IntConstant, IntegerModel, IntStorage, IntDType, IntTensor, IntValue, Requant } from '../../ir/integer-model';
import { sizeOf } from '../../ir/tensor';
import { newStorage } from '../../quant/affine';
import type { Kernel } from '../kernel/kernel';

export type Numbers = Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array | Uint32Array;

/** Values computed so far. */
export type Tensors = ReadonlyMap<string, IntTensor>;

/** What an op is executed with. */
export interface Run {
  readonly kernel: Kernel;
  /** Is the accumulator wanted? Where not, it is not stored. */
  readonly acc: boolean;
}

/** Everything an op produced: its output, and its accumulator where it has one that is wanted. */
export interface OpResult {
  readonly output: IntTensor;
  readonly acc?: IntTensor;
}

function missing(what: string, value: string): StudioError {
  return new StudioError({ code: 'internal', what, where: { value } });
}

/** The elements as numbers: 64-bit tensors are no operands of any op here. */
export function numbersOf(data: IntStorage[IntDType], name: string): Numbers {
  if (data instanceof BigInt64Array) throw missing('An operand has 64-bit elements', name);
  return data;
}

export function valueOf(model: IntegerModel, name: string): IntValue {
  const v = model.values.get(name) ?? model.constants.get(name);
  if (!v) throw missing('The integer model names a value that it does not have', name);
  return v;
}

export function constantOf(model: IntegerModel, name: string): IntConstant {
  const c = model.constants.get(name);
  if (!c) throw missing('The integer model names a constant that it does not have', name);
  return c;
}

/** An operand: an activation computed before, or a constant. */
export function operandOf(model: IntegerModel, tensors: Tensors, name: string): { data: Numbers; value: IntValue } {
  const t = tensors.get(name);
  const data = t?.data ?? model.constants.get(name)?.data;
  if (!data) throw missing('An operand has not been computed', name);
  return { data: numbersOf(data, name), value: valueOf(model, name) };
}

/** Zero point and range of an activation or constant; a plain integer tensor has zero point 0. */
export function zeroPointOf(value: IntValue): number {
  return value.quant?.zeroPoint ?? 0;
}

/** The largest |q - z| that the value can hold. */
export function largestMagnitude(value: IntValue): number {
  const q = value.quant;
  if (!q) throw missing('A value has no quantizer', value.name);
  return Math.max(q.hi - q.zeroPoint, q.zeroPoint - q.lo);
}

/** A zeroed tensor of the declared type and shape. */
export function newTensor(model: IntegerModel, name: string): IntTensor & { readonly data: Numbers } {
  const v = valueOf(model, name);
  return { dtype: v.dtype, shape: v.shape, data: numbersOf(newStorage(v.dtype, sizeOf(v.shape)), name) };
}

/** yq of the accumulator: `mul` and `shift` hold one element, or one per index of `channelAxis`. */
export function requantizeTensor(
  model: IntegerModel,
  acc: Int32Array | Float64Array,
  r: Requant,
  channelAxis: number,
  output: string,
): IntTensor {
  const out = newTensor(model, output);
  const { shape, data } = out;
  const mul = numbersOf(constantOf(model, r.mul).data, r.mul);
  const shift = numbersOf(constantOf(model, r.shift).data, r.shift);
  const mode = model.arithmetic.rounding;
  const common = { zeroPoint: r.zeroPoint, lo: r.lo, hi: r.hi, mode };
  if (mul.length === 1) {
    requantizeRun(acc, 0, 1, acc.length, data, 0, 1, { M: mul[0] as number, n: shift[0] as number, ...common });
    return out;
  }
  const channels = mul.length;
  const inner = sizeOf(shape.slice(channelAxis + 1));
  const outer = acc.length / (channels * inner);
  for (let c = 0; c < channels; c++) {
    const p = { M: mul[c] as number, n: (shift.length === 1 ? shift[0] : shift[c]) as number, ...common };
    if (inner === 1) {
      requantizeRun(acc, c, channels, outer, data, c, channels, p);
      continue;
    }
    for (let o = 0; o < outer; o++) {
      const at = (o * channels + c) * inner;
      requantizeRun(acc, at, 1, inner, data, at, 1, p);
    }
  }
  return out;
}
