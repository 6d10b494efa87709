/**
 * The accumulator's register in the ONNX file: what it keeps of a sum in int32. Saturation is a Clip, wrapping a Mod in int64
 * (sums themselves are int32 and exact). Law: a sum beyond int32 has no exact form: `registerRefusal` says so beforehand.
 */
import type { AccumulatorLimit, IntegerModel, IntOp } from '../ir/integer-model';
import type { ValueName } from '../ir/model';
import { limitOf } from '../integer/accumulator';
import type { IntegerGraph } from './integer-onnx-graph';

type Accumulating = IntOp & { readonly acc: string };

/** The name under which the sum is made: the accumulator's own, unless a register comes after it. */
export function sumName(g: IntegerGraph, op: Accumulating): ValueName {
  return limitOf(op, g.model) ? g.made.name(`${op.name}_exact`) : g.tensor(op.acc);
}

/** What the register holds, under the accumulator's name. */
export function kept(g: IntegerGraph, op: Accumulating, sum: ValueName): ValueName {
  const limit = limitOf(op, g.model);
  return limit ? cut(g, sum, limit, op.name, g.tensor(op.acc)) : sum;
}

function cut(g: IntegerGraph, sum: ValueName, { bits, overflow }: AccumulatorLimit, stem: string, out: ValueName): ValueName {
  const half = 1n << BigInt(bits - 1);
  const number = (label: string, dtype: 'int32' | 'int64', v: bigint): ValueName => g.constant(`${stem}_register_${label}`, dtype, [], [v]);
  if (overflow === 'saturate') return g.emit('Clip', [sum, number('lo', 'int32', -half), number('hi', 'int32', half - 1n)], out);
  const wide = g.cast(sum, 'int64', `${stem}_exact64`);
  const positive = g.apply('Mod', [g.plus(wide, [half], [], `${stem}_raised`), number('modulus', 'int64', 2n * half)], `${stem}_wrapped`);
  return g.castTo(g.plus(positive, [-half], [], `${stem}_lowered`), 'int32', out);
}

/** Why a model has no exact form in standard operators; undefined: it has one. */
export function registerRefusal({ ops }: IntegerModel): string | undefined {
  const op = ops.find((o) => 'accumulator' in o && o.accumulator !== undefined && BigInt(o.accumulator.bound) >= 1n << 31n);
  if (!op) return undefined;
  return `the sums of ${op.name} can leave 32 bits: ONNX does not define what ConvInteger and MatMulInteger give then, so the wrapping accumulator has no exact form in standard operators`;
}
