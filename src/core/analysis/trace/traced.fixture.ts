/**
 * Traces against tensors that somebody else computed: the last line is the element, the accumulator is the one that is
 * stored, every number fits the width in which it is shown, and every element that was read is what the trace says it is.
 */
import { expect } from 'vitest';
import type { IntegerModel, IntOp, IntTensor } from '../../ir/integer-model';
import { placeOf, positionOf } from '../../ir/places';
import { readerOf } from './reader';
import { traceOutput } from './trace-output';
import type { TraceLine } from './types';

const fits = (value: bigint, bits: number, signed: boolean): boolean =>
  (signed ? BigInt.asIntN(bits, value) : BigInt.asUintN(bits, value)) === value;

/**
 * `most`: elements that are traced at most, evenly spread; `widths`: do the quantizers of the model say the widths of its
 * tensors? Returns how many were traced.
 */
export function expectTraced(
  op: IntOp,
  model: IntegerModel,
  tensors: ReadonlyMap<string, IntTensor>,
  { most = Infinity, widths = true }: { readonly most?: number; readonly widths?: boolean } = {},
): number {
  const want = tensors.get(op.output) as IntTensor;
  const acc = 'acc' in op && op.acc !== undefined ? tensors.get(op.acc)?.data : undefined;
  const reader = readerOf(model, tensors);
  const step = Math.max(1, Math.ceil(want.data.length / most));
  let traced = 0;
  for (let i = 0; i < want.data.length; i += step) {
    const trace = traceOutput(model, tensors, op.name, placeOf(i, want.shape));
    const last = trace.lines.at(-1) as TraceLine;
    if (last.symbol !== 'y' || last.value !== BigInt(want.data[i] as number))
      expect([op.name, trace.index, last.symbol, last.value]).toEqual([op.name, trace.index, 'y', BigInt(want.data[i] as number)]);
    const stored = acc?.[i];
    if (stored !== undefined && 'acc' in op) {
      const line = trace.lines.find((l) => l.symbol === 'acc');
      expect(line?.value).toBe(BigInt(stored));
    }
    for (const { symbol, value, bits, signed, from } of trace.lines) {
      if (widths && !fits(value, bits, signed)) expect([op.name, symbol, value]).toBe(`in ${bits} bits, ${signed ? '' : 'un'}signed`);
      if (from) expect(reader.operand(from.value).at(positionOf(from.index, reader.operand(from.value).shape))).toBe(value);
    }
    const { terms } = trace;
    for (const row of terms?.rows ?? []) {
      terms?.columns.forEach((c, j) => {
        const value = row.values[j] as bigint;
        if (widths && !fits(value, c.bits, c.signed))
          expect([op.name, c.symbol, value]).toBe(`in ${c.bits} bits, ${c.signed ? '' : 'un'}signed`);
      });
    }
    traced++;
  }
  return traced;
}
