/**
 * Softmax of integers, row by row, in the kernel (SoftmaxOp says the formula). Everything stays below 2^53 and is exact in
 * float64: a sum of N entries below N*2^16, a dividend below 2^32 + N*2^15, a product with the reciprocal below 2^48.
 */
import { StudioError } from '../../base/errors';
import { powerOfTwo } from '../../base/fixed-point';
import type { IntegerModel, SoftmaxOp } from '../../ir/integer-model';
import { sizeOf } from '../../ir/tensor';
import { elementType } from './operands';
import { portion } from './part';
import { broadcastOffsets } from './elementwise';
import { constantOf, newTensor, numbersOf, operandOf, type Numbers, type OpResult, type Run, type Tensors } from './tensors';

const modes = { divide: 0, reciprocal: 1, deferred: 2 } as const;

/** Longest row for which the widths above hold. */
const LONGEST_ROW = powerOfTwo(30);

export function executeSoftmax(op: SoftmaxOp, tensors: Tensors, model: IntegerModel, run: Run): OpResult {
  const { kernel } = run;
  const { axis, pb, mode } = op.softmax;
  const x = operandOf(model, tensors, op.inputs[0] as string);
  const table = Uint16Array.from(numbersOf(constantOf(model, op.softmax.table).data, op.softmax.table));
  const { shape } = x.value;
  const length = shape[axis] as number;
  if (length > LONGEST_ROW) throw new StudioError({ code: 'out-of-range', what: 'A softmax row is too long', where: { node: op.name } });
  const inner = sizeOf(shape.slice(axis + 1));
  const outer = sizeOf(shape.slice(0, axis));
  const output = newTensor(model, op.output, run);
  const masked = op.softmax.mask === undefined ? undefined : spreadMask(op.softmax.mask, shape, tensors, model);
  if (mode === 'deferred') {
    exponentials(x.data, masked, { outer, length, inner }, table, output.data);
    return { output };
  }
  const rows = portion(outer, run.part);
  if (rows.from === rows.to) return { output };
  const [from, to] = [rows.from * length * inner, rows.to * length * inner];
  kernel.reset();
  const mask = masked === undefined ? 0 : kernel.put(masked.subarray(from, to));
  const target = kernel.room((to - from) * output.data.BYTES_PER_ELEMENT);
  kernel.softmax(
    ...[
      kernel.put(x.data.subarray(from, to)),
      elementType(x.data),
      rows.to - rows.from,
      length,
      inner,
      mask,
      kernel.put(table),
      table.length,
    ],
    ...[powerOfTwo(pb) - 1, modes[mode], kernel.room(8 * length), target, elementType(output.data)],
  );
  kernel.take(target, output.data.subarray(from, to));
  return { output };
}

/** The table's entries themselves, of 8 bits: no sum and no division. */
function exponentials(
  x: Numbers,
  mask: Uint8Array | undefined,
  { outer, length, inner }: { readonly outer: number; readonly length: number; readonly inner: number },
  table: Uint16Array,
  out: Numbers,
): void {
  const last = table.length - 1;
  for (let row = 0; row < outer * inner; row++) {
    const from = Math.floor(row / inner) * length * inner + (row % inner);
    const end = from + length * inner;
    let top = -Infinity;
    for (let at = from; at < end; at += inner) if ((x[at] as number) > top && mask?.[at] !== 1) top = x[at] as number;
    for (let at = from; at < end; at += inner) {
      const d = top - (x[at] as number);
      out[at] = mask?.[at] === 1 ? 0 : (table[d < last ? d : last] as number);
    }
  }
}

/** One number per element of x: 1 takes it out. */
function spreadMask(name: string, shape: readonly number[], tensors: Tensors, model: IntegerModel): Uint8Array {
  const mask = operandOf(model, tensors, name);
  const offsets = broadcastOffsets(mask.value.shape, shape);
  const out = new Uint8Array(offsets.length);
  for (let i = 0; i < out.length; i++) out[i] = (mask.data[offsets[i] as number] as number) !== 0 ? 1 : 0;
  return out;
}
