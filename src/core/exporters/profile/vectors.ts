/**
 * Vectors for the designer's own unit, from the layers of the model: each with its multiplier, shift, zero point and clamp, and
 * accumulators up to what is proved of it: ends, small ones, those next to a change of the output, and random ones.
 */
import { requantizeOne } from '../../base/fixed-point';
import { createRng, type Rng } from '../../base/rng';
import type { IntegerModel, IntOp, Requant } from '../../ir/integer-model';
import { heldBy } from '../../integer/accumulator';
import { RECIPROCAL } from '../../ops/lower/linear';
import { magnitudeOf } from '../../ops/lower/common';

/** What is multiplied, at most: the accumulator, or what became of it. undefined: the op multiplies nothing. */
export function multipliedReach(op: IntOp, model: IntegerModel): { readonly requant: Requant; readonly reach: number } | undefined {
  if (!('requant' in op) || !op.requant) return undefined;
  const { requant } = op;
  const of = (name: string | undefined): number => {
    const q = name === undefined ? undefined : (model.values.get(name) ?? model.constants.get(name))?.quant;
    return q ? magnitudeOf(q) : 0;
  };
  if (op.kind === 'requant') return { requant, reach: of(op.inputs[0]) };
  if (op.kind === 'mul') return { requant, reach: of(op.operands[0]) * of(op.operands[1]) };
  if (op.kind === 'matmul' && op.deferred) return { requant, reach: RECIPROCAL * of(op.inputs[1]) };
  if (!('accumulator' in op) || !op.accumulator) return undefined;
  const held = Number(heldBy(model.arithmetic.accumulator, BigInt(op.accumulator.bound)));
  if (requant.rowMul === undefined) return { requant, reach: held };
  const largest = (name: string | undefined): number =>
    Array.from((model.constants.get(name ?? '')?.data ?? []) as ArrayLike<number | bigint>, Number).reduce(
      (most, v) => Math.max(most, Math.abs(v)),
      0,
    );
  return { requant, reach: held * largest(requant.rowMul) + ('bias' in op ? largest(op.bias) : 0) };
}

/** `acc M n zero_point lo hi y`, a line each, at least `count` where the model multiplies anything. */
export function profileVectors(model: IntegerModel, count: number): string {
  const ops = model.ops.flatMap((op) => multipliedReach(op, model) ?? []);
  const rng = createRng(1);
  const each = Math.max(8, Math.ceil(count / Math.max(1, ops.length)));
  const { rounding: mode, multiplier } = model.arithmetic;
  const lines: string[] = [];
  for (const { requant, reach } of ops) {
    const [mul, shift] = [model.constants.get(requant.mul)?.data ?? [], model.constants.get(requant.shift)?.data ?? []];
    const { zeroPoint, lo, hi } = requant;
    for (let i = 0; i < each; i++) {
      const channel = rng.int(0, mul.length - 1);
      const [M, n] = [Number(mul[channel]), Number(shift[shift.length === 1 ? 0 : channel])];
      const acc = Math.max(-reach, Math.min(reach, accumulatorOf(i, reach, M, n, requant, rng)));
      const y = requantizeOne(acc, { M, n, zeroPoint, lo, hi, mode, highMul: multiplier.kind === 'tflite' });
      lines.push(`${[acc, M, n, zeroPoint, lo, hi, y].map((v) => v + 0).join(' ')}\n`);
    }
  }
  return lines.join('');
}

function accumulatorOf(i: number, reach: number, M: number, n: number, { zeroPoint, lo, hi }: Requant, rng: Rng): number {
  if (i < 5) return [reach, -reach, 0, 1, -1][i] as number;
  if (i % 3 !== 0 && M !== 0) return Math.round(((rng.int(lo, hi) - zeroPoint + 0.5) * 2 ** n) / M) + rng.int(-1, 1);
  return rng.int(-reach, reach);
}
