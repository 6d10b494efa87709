/**
 * Matrix products in the kernel: `gemm` and `matmul` with a constant weight, and activation times activation with broadcast
 * leading axes. acc = sum (x - zx) * (w - zw) + B, one MulShift per column (or one for all).
 */
import type { Context } from '../../base/context';
import { throwIfCancelled } from '../../base/context';
import type { IntegerModel, MatMulOp } from '../../ir/integer-model';
import type { Kernel } from '../../kernel/kernel';
import { BLOCK_BYTES, depthBlocks, elementType, factorOf, type ElementType, type Factor } from './operands';
import { requantizer, type Requantizer } from './requantizer';
import { broadcastOffsets } from './elementwise';
import { requantizeTensor } from './requantize-tensor';
import { timesReciprocal } from './row-reciprocal';
import { constantOf, newTensor, numbersOf, operandOf, valueOf, zeroPointOf, type OpResult, type Run, type Tensors } from './tensors';

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
  const xAt = kernel.put(x.data);
  const wAt = kernel.put(w.data);
  const target = kernel.room(output.data.byteLength);
  const sums = run.acc || op.deferred ? kernel.room(4 * output.data.length) : undefined;
  const a = factorOf(x.data, zeroPointOf(x.value));
  const b = factorOf(w.data, op.weight === undefined ? zeroPointOf(w.value) : 0);
  const lines = op.weight === undefined ? (shape[shape.length - 2] as number) : output.data.length / Math.max(1, columns);
  const product = blocks(kernel, { lines, k, columns, transB: op.attrs.transB === 1, a, b, start, scaled, type, size });
  if (op.weight !== undefined) {
    await product(xAt, wAt, target, sums, ctx);
  } else {
    const lead = shape.slice(0, -2);
    const aAt = broadcastOffsets(x.value.shape.slice(0, -2), lead);
    const bAt = broadcastOffsets(w.value.shape.slice(0, -2), lead);
    for (let i = 0; i < aAt.length; i++) {
      const done = i * lines * columns;
      await product(
        xAt + (aAt[i] as number) * lines * k * x.data.BYTES_PER_ELEMENT,
        wAt + (bAt[i] as number) * k * columns * w.data.BYTES_PER_ELEMENT,
        target + done * size,
        sums === undefined ? undefined : sums + 4 * done,
        ctx,
      );
    }
  }
  kernel.take(target, output.data);
  if (sums === undefined) return { output };
  const acc = new Int32Array(output.data.length);
  kernel.take(sums, acc);
  const made = { acc: { dtype: 'int32', shape, data: acc } } as const;
  if (!op.deferred) return { ...made, output };
  const whole = timesReciprocal(acc, shape, x.data, x.value.shape);
  return { ...made, output: requantizeTensor(model, whole, op.requant, shape.length - 1, op.output, run) };
}

interface Product {
  readonly lines: number;
  readonly k: number;
  readonly columns: number;
  readonly transB: boolean;
  readonly a: Factor;
  readonly b: Factor;
  /** Address of what each column's sum begins with. */
  readonly start: number;
  readonly scaled: Requantizer;
  readonly type: ElementType;
  /** Bytes of an element of the output. */
  readonly size: number;
}

/** A product of matrices that lie in the memory: addresses of x, w, the output and the accumulators (if they are wanted). */
function blocks(
  kernel: Kernel,
  { lines, k, columns, transB, a, b, start, scaled, type, size }: Product,
): (x: number, w: number, target: number, sums: number | undefined, ctx: Context) => Promise<void> {
  const lda = k + (k & 1);
  const depths = depthBlocks(lda);
  const depth = depths[0]?.count ?? 0;
  const height = Math.min(lines, LINES);
  const width = Math.min(
    Math.ceil(columns / 8) * 8,
    Math.max(8, 8 * Math.floor(Math.min(BLOCK_BYTES / (16 * depth), BLOCK_BYTES / (32 * height)))),
  );
  const rows = kernel.room(2 * height * lda);
  const panels = kernel.room(2 * depth * width);
  const block = kernel.room(4 * height * width);
  const byColumn = kernel.room(4 * width);
  const byRow = kernel.room(4 * height);
  const aSize = a.type < 2 ? 1 : 2;
  const bSize = b.type < 2 ? 1 : 2;
  return async (x, w, target, sums, ctx) => {
    for (let line = 0; line < lines; line += height) {
      const some = Math.min(height, lines - line);
      kernel.toI16Rows(x + line * k * aSize, a.type, some, k, a.offset, rows, lda);
      for (let column = 0; column < columns; column += width) {
        const count = Math.min(width, columns - column);
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
        const place = line * columns + column;
        if (sums !== undefined) kernel.narrow(block, width, some, count, sums + 4 * place, columns, 4);
        scaled.columns(block, width, some, Math.ceil(count / 4) * 4, column);
        kernel.narrow(block, width, some, count, target + size * place, columns, type);
        await ctx.tick();
        throwIfCancelled(ctx);
      }
    }
  };
}
