/**
 * Elements of the tensors of an integer model by index, as BigInt with their widths. It shares nothing with the executor:
 * a trace is a second opinion.
 */
import { placeOf, positionOf } from '../../ir/places';
import { StudioError } from '../../base/errors';
import type { IntegerModel, IntOp, IntTensor, IntValue } from '../../ir/integer-model';
import { isSigned, storageBits } from '../../ir/int-tensor';
import { sizeOf } from '../../ir/tensor';
import type { TraceLine, TraceOperand, TraceSource, TraceWord } from './types';

export interface Operand {
  readonly name: string;
  readonly shape: readonly number[];
  readonly zeroPoint: bigint;
  readonly bits: number;
  readonly signed: boolean;
  /** Lowest integer of its quantizer. */
  readonly lo: bigint;
  /** By row-major position. */
  at(position: number): bigint;
}

export interface Reader {
  readonly model: IntegerModel;
  operand(name: string): Operand;
  /** What the page can go on with: the operand's elements were made by an op. */
  link(role: TraceOperand['role'], name: string): TraceOperand;
}

export function readerOf(model: IntegerModel, tensors: ReadonlyMap<string, IntTensor>): Reader {
  const makers = new Map(model.ops.map((op): [string, IntOp] => [op.output, op]));
  return {
    model,
    operand(name) {
      const value: IntValue | undefined = model.values.get(name) ?? model.constants.get(name);
      const data = tensors.get(name)?.data ?? model.constants.get(name)?.data;
      if (!value || !data)
        throw new StudioError({ code: 'bad-usage', what: 'An operand of the op has no elements', where: { value: name } });
      const q = value.quant;
      return {
        name,
        shape: value.shape,
        zeroPoint: BigInt(q?.zeroPoint ?? 0),
        bits: q?.bits ?? storageBits(value.dtype),
        signed: q?.signed ?? isSigned(value.dtype),
        lo: BigInt(q?.lo ?? 0),
        at(position) {
          const element = data[position];
          if (element === undefined)
            throw new StudioError({
              code: 'internal',
              what: 'A trace reads outside of a tensor',
              got: String(position),
              where: { value: name },
            });
          return BigInt(element);
        },
      };
    },
    link: (role, value) => ({ role, value, madeBy: makers.get(value)?.name }),
  };
}

/** The index in a tensor that is broadcast to where `index` lies: its axes are the last ones. */
export function broadcastTo(index: readonly number[], shape: readonly number[]): number[] {
  const skip = index.length - shape.length;
  return shape.map((d, i) => (d === 1 ? 0 : (index[skip + i] ?? 0)));
}

/** Every index of a shape, the last axis fastest. */
export function* placesOf(shape: readonly number[]): Generator<number[]> {
  const count = sizeOf(shape);
  for (let i = 0; i < count; i++) yield placeOf(i, shape);
}

/** Bits of the two's complement that holds v. */
export function widthOf(v: bigint): number {
  return (v < 0n ? -v - 1n : v).toString(2).length + (v === 0n || v === -1n ? 0 : 1);
}

/** A signed number in at least so many bits: more where it needs them. */
export function signedWord(value: bigint, bits: number): TraceWord {
  return { value, bits: Math.max(bits, widthOf(value)), signed: true };
}

/** What was computed, signed. */
export function computed(symbol: string, title: string, formula: string, value: bigint, bits: number): TraceLine {
  return { symbol, title, formula, ...signedWord(value, bits), from: undefined };
}

/** A number of the op itself: a zero point, a shift. */
export function given(symbol: string, title: string, value: bigint, bits: number): TraceLine {
  return { symbol, title, formula: undefined, ...signedWord(value, bits), from: undefined };
}

/** An element as it is stored. */
export function read(symbol: string, title: string, operand: Operand, index: readonly number[]): TraceLine {
  const from: TraceSource = { value: operand.name, index };
  const value = operand.at(positionOf(index, operand.shape));
  return { symbol, title, formula: undefined, value, bits: operand.bits, signed: operand.signed, from };
}
