/**
 * Matrix products: `gemm` and `matmul` with a constant weight, and activation times activation with
 * broadcast leading axes. acc = sum (x - zx) * (w - zw) + B, one MulShift per column (or one for all).
 */
import type { Context } from '../../base/context';
import { throwIfCancelled } from '../../base/context';
import type { IntegerModel, MatMulOp } from '../../ir/integer-model';
import { sizeOf } from '../../ir/tensor';
import { dotRows, packRows, type PackedRows } from './dot';
import { broadcastOffsets } from './elementwise';
import {
  constantOf,
  largestMagnitude,
  numbersOf,
  operandOf,
  requantizeTensor,
  valueOf,
  zeroPointOf,
  type Numbers,
  type OpResult,
  type Tensors,
} from './tensors';

const packed = new WeakMap<MatMulOp, PackedRows>();

export async function executeMatMul(op: MatMulOp, tensors: Tensors, model: IntegerModel, ctx: Context): Promise<OpResult> {
  const x = operandOf(model, tensors, op.inputs[0] as string);
  const accValue = valueOf(model, op.acc);
  const acc = new Int32Array(sizeOf(accValue.shape));
  const zero = zeroPointOf(x.value);
  const magnitude = largestMagnitude(x.value);
  const k = x.value.shape[x.value.shape.length - 1] as number;
  const columns = accValue.shape[accValue.shape.length - 1] as number;
  if (op.weight !== undefined) {
    const w = constantOf(model, op.weight);
    const known = packed.get(op);
    const rows = known ?? packColumns(numbersOf(w.data, op.weight), 0, columns, k, op.attrs.transB, 0, magnitude);
    if (!known) packed.set(op, rows);
    await product(x.data, 0, acc.length / Math.max(1, columns), zero, rows, acc, 0, ctx);
  } else {
    const b = operandOf(model, tensors, op.inputs[1] as string);
    await batchedProduct(op, x.data, x.value.shape, zero, magnitude, b.data, b.value.shape, zeroPointOf(b.value), acc, accValue.shape, ctx);
  }
  if (op.bias !== undefined) {
    const bias = numbersOf(constantOf(model, op.bias).data, op.bias);
    for (let i = 0, c = 0; i < acc.length; i++, c = c + 1 === bias.length ? 0 : c + 1) acc[i] = (acc[i] as number) + (bias[c] as number);
  }
  return {
    acc: { dtype: 'int32', shape: accValue.shape, data: acc },
    output: requantizeTensor(model, acc, op.requant, accValue.shape.length - 1, op.output),
  };
}

/** Columns of [K, N] (or rows of [N, K]) as rows of the kernel. */
function packColumns(w: Numbers, from: number, columns: number, k: number, transB: 0 | 1, zero: number, magnitude: number): PackedRows {
  return transB === 1 ? packRows(w, from, columns, k, k, 1, zero, magnitude) : packRows(w, from, columns, k, 1, columns, zero, magnitude);
}

async function product(
  x: Numbers,
  from: number,
  lines: number,
  zero: number,
  rows: PackedRows,
  acc: Int32Array,
  to: number,
  ctx: Context,
): Promise<void> {
  const { k } = rows;
  const block = Math.max(2, Math.min(lines + (lines & 1), 2 * Math.ceil(8192 / Math.max(1, k))));
  const patches = new Float64Array(block * k);
  for (let first = 0; first < lines; first += block) {
    const count = Math.min(block, lines - first);
    for (let i = 0, at = from + first * k; i < count * k; i++, at++) patches[i] = (x[at] as number) - zero;
    dotRows(rows, patches, count, acc, to + first * rows.rows, 1, rows.rows);
    await ctx.tick();
    throwIfCancelled(ctx);
  }
}

async function batchedProduct(
  op: MatMulOp,
  a: Numbers,
  aShape: readonly number[],
  aZero: number,
  magnitude: number,
  b: Numbers,
  bShape: readonly number[],
  bZero: number,
  acc: Int32Array,
  shape: readonly number[],
  ctx: Context,
): Promise<void> {
  const k = aShape[aShape.length - 1] as number;
  const [lines, columns] = shape.slice(-2) as [number, number];
  const lead = shape.slice(0, -2);
  const aAt = broadcastOffsets(aShape.slice(0, -2), lead);
  const bAt = broadcastOffsets(bShape.slice(0, -2), lead);
  for (let i = 0; i < aAt.length; i++) {
    const rows = packColumns(b, (bAt[i] as number) * k * columns, columns, k, op.attrs.transB, bZero, magnitude);
    await product(a, (aAt[i] as number) * lines * k, lines, aZero, rows, acc, i * lines * columns, ctx);
  }
}
