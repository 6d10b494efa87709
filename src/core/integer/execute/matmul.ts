/**
 * Matrix products in the kernel: `gemm` and `matmul` with a constant weight, and activation times activation with broadcast
 * leading axes. acc = sum (x - zx) * (w - zw) + B, one MulShift per column (or one for all).
 */
import type { Context } from '../../base/context';
import { throwIfCancelled } from '../../base/context';
import type { IntegerModel, MatMulOp } from '../../ir/integer-model';
import type { Kernel } from '../../kernel/kernel';
import { BLOCK_BYTES, depthBlocks, elementType, factorOf, takeRows, type ElementType, type Factor } from './operands';
import { registerOf, requantizer, type Requantizer } from './requantizer';
import { broadcastOffsets } from './elementwise';
import { portion, type Range } from './part';
import { requantizeTensor } from './requantize-tensor';
import { timesReciprocal } from './row-reciprocal';
import {
  constantOf,
  newSums,
  newTensor,
  numbersOf,
  operandOf,
  valueOf,
  zeroPointOf,
  type OpResult,
  type Part,
  type Run,
  type Tensors,
} from './tensors';

/** Rows of x per block. */
const LINES = 512;

export async function executeMatMul(op: MatMulOp, tensors: Tensors, model: IntegerModel, ctx: Context, run: Run): Promise<OpResult> {
  const { kernel } = run;
  const x = operandOf(model, tensors, op.inputs[0] as string);
  const w = operandOf(model, tensors, op.weight ?? (op.inputs[1] as string));
  const { shape } = valueOf(model, op.acc);
  const output = newTensor(model, op.output, run);
  const type = elementType(output.data);
  const size = output.data.BYTES_PER_ELEMENT;
  const k = x.value.shape[x.value.shape.length - 1] as number;
  const columns = shape[shape.length - 1] as number;

  kernel.reset();
  const scaled = requantizer(kernel, model, op.requant, columns);
  const bias = op.bias === undefined ? undefined : numbersOf(constantOf(model, op.bias).data, op.bias);
  const start = kernel.put(bias ? Int32Array.from(bias) : new Int32Array(columns));
  const a = factorOf(x.data, zeroPointOf(x.value));
  const b = factorOf(w.data, op.weight === undefined ? zeroPointOf(w.value) : 0);
  const each = op.weight === undefined ? (shape[shape.length - 2] as number) : output.data.length / Math.max(1, columns);
  const lead = op.weight === undefined ? shape.slice(0, -2) : [];
  const aAt = op.weight === undefined ? broadcastOffsets(x.value.shape.slice(0, -2), lead) : ONE;
  const bAt = op.weight === undefined ? broadcastOffsets(w.value.shape.slice(0, -2), lead) : ONE;
  const { lines, places } = partOf(aAt.length * each, columns, op.weight === undefined, run.part);
  const across = places.to - places.from;
  const rows = lines.to - lines.from;
  const wanted = run.acc || op.deferred === true;
  const acc = wanted ? newSums(output.data.length, run) : undefined;
  if (rows > 0 && across > 0) {
    const xAt = kernel.put(x.data);
    const wAt = kernel.put(w.data);
    const target = kernel.room(rows * across * size);
    const sums = wanted ? kernel.room(4 * rows * across) : undefined;
    const product = blocks(kernel, {
      most: Math.min(each, rows),
      k,
      columns,
      places,
      transB: op.attrs.transB === 1,
      a,
      b,
      start,
      scaled,
      cut: registerOf(kernel, op, model),
      type,
      size,
    });
    for (let line = lines.from; line < lines.to;) {
      const item = Math.floor(line / each);
      const some = Math.min((item + 1) * each, lines.to) - line;
      const done = (line - lines.from) * across;
      await product(
        xAt + ((aAt[item] as number) * each + (line - item * each)) * k * x.data.BYTES_PER_ELEMENT,
        some,
        wAt + (bAt[item] as number) * k * columns * w.data.BYTES_PER_ELEMENT,
        target + done * size,
        sums === undefined ? undefined : sums + 4 * done,
        ctx,
      );
      line += some;
    }
    const to = lines.from * columns + places.from;
    takeRows(kernel, target, rows, across, output.data, to, columns);
    if (sums !== undefined && acc) takeRows(kernel, sums, rows, across, acc, to, columns);
  }
  if (!acc) return { output };
  const made = { acc: { dtype: 'int32', shape, data: acc } } as const;
  if (!op.deferred) return { ...made, output };
  const whole = timesReciprocal(acc, shape, x.data, x.value.shape);
  return { ...made, output: requantizeTensor(model, whole, op.requant, shape.length - 1, op.output, run) };
}

/** The matrices of a product with a constant weight. */
const ONE = Int32Array.of(0);
/** So many lines a thread are worth laying out the weights once a thread. */
const MANY_LINES = 512;

/** What one thread computes: some lines (counted through all matrices), or some columns of all. */
function partOf(lines: number, columns: number, many: boolean, part: Part | undefined): { readonly lines: Range; readonly places: Range } {
  const byColumn = part !== undefined && !many && lines < MANY_LINES * part.count && columns >= 16 * part.count;
  return { lines: portion(lines, byColumn ? undefined : part), places: portion(columns, byColumn ? part : undefined, 8) };
}

interface Product {
  /** Lines of x in one product, at most. */
  readonly most: number;
  readonly k: number;
  readonly columns: number;
  /** The columns that are wanted: they lie densely in the results. */
  readonly places: Range;
  readonly transB: boolean;
  readonly a: Factor;
  readonly b: Factor;
  /** Address of what each column's sum begins with. */
  readonly start: number;
  readonly scaled: Requantizer;
  /** Cuts sums to the accumulator's register. */
  readonly cut: ReturnType<typeof registerOf>;
  readonly type: ElementType;
  /** Bytes of an element of the output. */
  readonly size: number;
}

/** A product of matrices that lie in the memory: addresses of x, w, the output and the accumulators (if they are wanted). */
function blocks(
  kernel: Kernel,
  { most, k, columns, places, transB, a, b, start, scaled, cut, type, size }: Product,
): (x: number, lines: number, w: number, target: number, sums: number | undefined, ctx: Context) => Promise<void> {
  const lda = k + (k & 1);
  const depths = depthBlocks(lda);
  const depth = depths[0]?.count ?? 0;
  const across = places.to - places.from;
  const height = Math.min(most, LINES);
  const width = Math.min(
    Math.ceil(across / 8) * 8,
    Math.max(8, 8 * Math.floor(Math.min(BLOCK_BYTES / (16 * depth), BLOCK_BYTES / (32 * height)))),
  );
  const rows = kernel.room(2 * height * lda);
  const panels = kernel.room(2 * depth * width);
  const block = kernel.room(4 * height * width);
  const byColumn = kernel.room(4 * width);
  const byRow = kernel.room(4 * height);
  const aSize = a.type < 2 ? 1 : 2;
  const bSize = b.type < 2 ? 1 : 2;
  return async (x, lines, w, target, sums, ctx) => {
    for (let line = 0; line < lines; line += height) {
      const some = Math.min(height, lines - line);
      kernel.toI16Rows(x + line * k * aSize, a.type, some, k, a.offset, rows, lda);
      for (let column = places.from; column < places.to; column += width) {
        const count = Math.min(width, places.to - column);
        const padded = Math.ceil(count / 8) * 8;
        kernel.fillColumns(block, width, some, padded, start + 4 * column);
        if (a.rest !== 0) kernel.write(byColumn, new Int32Array(padded));
        for (const d of depths) {
          const taken = Math.min(d.count, k - d.from);
          if (transB) kernel.packTransposed(w + (column * k + d.from) * bSize, b.type, k, taken, count, b.offset, panels);
          else kernel.packMatrix(w + (d.from * columns + column) * bSize, b.type, columns, taken, count, b.offset, panels);
          if (a.rest !== 0) kernel.columnSums(panels, d.count, padded / 8, a.rest, byColumn);
          kernel.gemm(rows + 2 * d.from, lda, some, panels, d.count, padded / 8, block, width);
        }
        // (x' + a)(w' + b) = x'w' + a w' + b (x' + a)
        if (a.rest !== 0) kernel.addColumns(block, width, some, padded, byColumn);
        if (b.rest !== 0) {
          kernel.write(byRow, new Int32Array(some).fill(Math.imul(Math.imul(k, a.rest), b.rest)));
          kernel.rowSums(rows, lda, some, lda, b.rest, byRow);
          kernel.addRows(block, width, some, padded, byRow);
        }
        cut?.(block, width, some, count);
        const place = line * across + column - places.from;
        if (sums !== undefined) kernel.narrow(block, width, some, count, sums + 4 * place, across, 4);
        scaled.columns(block, width, some, Math.ceil(count / 4) * 4, column);
        kernel.narrow(block, width, some, count, target + size * place, across, type);
        await ctx.tick();
        throwIfCancelled(ctx);
      }
    }
  };
}
