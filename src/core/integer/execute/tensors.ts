/**
 * Reading and making integer tensors in the executor: constants and activations by name, new storage by
 * value. Throws `internal` where a model is not what lower made.
 */
import { StudioError } from '../../base/errors';
import type { IntConstant, IntegerModel, IntStorage, IntDType, IntTensor, IntValue } from '../../ir/integer-model';
import { sizeOf } from '../../ir/tensor';
import { newStorage } from '../../quant/affine';
import type { Kernel } from '../../kernel/kernel';
import type { Pool } from './pool-of-arrays';

export type Numbers = Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array | Uint32Array;

/** Values computed so far. */
export type Tensors = ReadonlyMap<string, IntTensor>;

/** The part of an op that one thread computes. */
export interface Part {
  readonly index: number;
  readonly count: number;
  /** The whole output. */
  readonly output: Numbers;
  /** The whole accumulator, where it is wanted. */
  readonly acc: Int32Array | undefined;
}

/** What an op is executed with. */
export interface Run {
  readonly kernel: Kernel;
  /** Is the accumulator wanted? Where not, it is not stored. */
  readonly acc: boolean;
  /** Room for an output, with any content. undefined: new arrays. */
  readonly pool: Pool | undefined;
  /** Which part of the op is to be computed, and where its results go. undefined: all of it, into new tensors. */
  readonly part?: Part | undefined;
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

/** A tensor of the declared type and shape, every element of which is to be written. */
export function newTensor(model: IntegerModel, name: string, run?: Run): IntTensor & { readonly data: Numbers } {
  const v = valueOf(model, name);
  if (run?.part) return { dtype: v.dtype, shape: v.shape, data: run.part.output };
  const length = sizeOf(v.shape);
  return { dtype: v.dtype, shape: v.shape, data: numbersOf(run?.pool?.take(v.dtype, length) ?? newStorage(v.dtype, length), name) };
}

/** Room for the accumulator of an op that has parts. */
export function newSums(length: number, run: Run): Int32Array {
  return run.part?.acc ?? new Int32Array(length);
}
