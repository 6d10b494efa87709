/** One op by its kind, on one thread: the whole of it, or the part that the run says. */
import type { Context } from '../../base/context';
import { StudioError } from '../../base/errors';
import type { IntegerModel, IntOp, MatMulOp } from '../../ir/integer-model';
import { executeConv } from './conv';
import { executeAdd, executeLut, executeMul, executeRequant, executeWhere } from './elementwise';
import { executeLayerNorm } from './layernorm';
import { executeMatMul } from './matmul';
import { executeMove } from './move';
import { executePool, executeReduce } from './pool';
import { executeSoftmax } from './softmax';
import type { OpResult, Run, Tensors } from './tensors';
import { requantizeRows } from './token-rows';

export async function runOp(op: IntOp, tensors: Tensors, model: IntegerModel, ctx: Context, run: Run): Promise<OpResult> {
  switch (op.kind) {
    case 'conv':
      return executeConv(op, tensors, model, ctx, run);
    case 'gemm':
    case 'matmul':
      return op.requant.rowMul === undefined ? executeMatMul(op, tensors, model, ctx, run) : executeRows(op, tensors, model, ctx, run);
    case 'add':
    case 'sub':
      return executeAdd(op, tensors, model, run);
    case 'mul':
      return executeMul(op, tensors, model, run);
    case 'lut':
      return executeLut(op, tensors, model, run);
    case 'pool':
      return executePool(op, tensors, model, run);
    case 'reduce':
      return executeReduce(op, tensors, model, run);
    case 'requant':
      return executeRequant(op, tensors, model, run);
    case 'reshape':
    case 'transpose':
    case 'concat':
    case 'slice':
    case 'pad':
    case 'expand':
    case 'gather':
      return executeMove(op, tensors, model, run);
    case 'softmax':
      return executeSoftmax(op, tensors, model, run);
    case 'layernorm':
      return executeLayerNorm(op, tensors, model, run);
    case 'where':
      return executeWhere(op, tensors, model, run);
    default:
      return op satisfies never;
  }
}

/** The sums from the kernel, without bias; the rest row by row. */
async function executeRows(op: MatMulOp, tensors: Tensors, model: IntegerModel, ctx: Context, run: Run): Promise<OpResult> {
  const { acc } = await executeMatMul({ ...op, bias: undefined }, tensors, model, ctx, { ...run, acc: true });
  if (!acc) throw new StudioError({ code: 'internal', what: 'A product gave no accumulator', where: { node: op.name } });
  return { acc, output: requantizeRows(op, acc, model) };
}
