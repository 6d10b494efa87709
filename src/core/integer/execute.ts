/**
 * The exact executor: runs an IntegerModel with integers only and gives every tensor. Its results are the
 * golden vectors. Products run in a WebAssembly kernel, the rest in loops over
 * typed arrays; accumulators fit int32 because lowering proved it.
 */
import { quietContext, throwIfCancelled, type Context } from '../base/context';
import { StudioError } from '../base/errors';
import type { IntegerModel, IntOp, IntTensor, MatMulOp } from '../ir/integer-model';
import { sizeOf } from '../ir/tensor';
import { executeConv } from './execute/conv';
import { executeAdd, executeLut, executeMul, executeRequant, executeWhere } from './execute/elementwise';
import { executeIsland } from './execute/island';
import { executeLayerNorm } from './execute/layernorm';
import { executeMatMul } from './execute/matmul';
import { requantizeRows } from './execute/token-rows';
import { executeMove } from './execute/move';
import { executePool, executeReduce } from './execute/pool';
import { executeSoftmax } from './execute/softmax';
import { newPool } from './execute/pool-of-arrays';
import type { OpResult, Run, Tensors } from './execute/tensors';
import { withKernel } from '../kernel/kernel';

/** One op from its inputs, with its accumulator. */
export async function executeOp(op: IntOp, tensors: Tensors, model: IntegerModel, ctx: Context = quietContext()): Promise<OpResult> {
  return withKernel((kernel) => runOp(op, tensors, model, ctx, { kernel, acc: true, pool: undefined }));
}

async function runOp(op: IntOp, tensors: Tensors, model: IntegerModel, ctx: Context, run: Run): Promise<OpResult> {
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

/**
 * Runs the whole model. `keep: 'all'` returns every activation and accumulator by name, `'outputs'` only
 * the graph outputs (others are dropped after their last use). Throws `bad-data` where inputs do not fit.
 */
export async function execute(
  model: IntegerModel,
  inputs: ReadonlyMap<string, IntTensor>,
  options: { readonly keep: 'all' | 'outputs' },
  ctx: Context,
): Promise<ReadonlyMap<string, IntTensor>> {
  const all = options.keep === 'all';
  return withKernel((kernel) => runModel(model, inputs, { kernel, acc: all, pool: all ? undefined : newPool() }, ctx));
}

async function runModel(
  model: IntegerModel,
  inputs: ReadonlyMap<string, IntTensor>,
  run: Run,
  ctx: Context,
): Promise<ReadonlyMap<string, IntTensor>> {
  const tensors = new Map<string, IntTensor>();
  for (const name of model.inputs) tensors.set(name, checkedInput(model, name, inputs.get(name)));
  const lastUse = run.acc ? undefined : lastUses(model);
  const total = model.ops.length;
  const given = new Set([...tensors.values()].map((t) => t.data));
  const drop = (name: string): void => {
    const t = tensors.get(name);
    tensors.delete(name);
    if (t && !given.has(t.data) && ![...tensors.values()].some((other) => other.data === t.data)) run.pool?.give(t);
  };
  for (let i = 0; i <= total; i++) {
    for (const island of model.islands) {
      if (island.before === i) tensors.set(island.output, executeIsland(island, tensors, model));
    }
    const op = model.ops[i];
    if (!op) break;
    const result = await runOp(op, tensors, model, ctx, run);
    tensors.set(op.output, result.output);
    if (result.acc && 'acc' in op && op.acc !== undefined && !lastUse) tensors.set(op.acc, result.acc);
    for (const name of op.inputs) {
      if (lastUse?.get(name) === i) drop(name);
    }
    ctx.progress({ stage: 'execute', done: i + 1, total });
    await ctx.tick();
    throwIfCancelled(ctx);
  }
  if (!lastUse) return tensors;
  const kept = new Map<string, IntTensor>();
  for (const name of model.outputs) {
    const t = tensors.get(name);
    if (t) kept.set(name, t);
  }
  return kept;
}

function checkedInput(model: IntegerModel, name: string, given: IntTensor | undefined): IntTensor {
  const v = model.values.get(name);
  const fits = given && v && given.dtype === v.dtype && given.data.length === sizeOf(v.shape);
  if (fits) return given;
  throw new StudioError({
    code: 'bad-data',
    what: 'An input of the integer model does not fit',
    expected: v ? `${v.dtype} [${v.shape.join(', ')}]` : 'an input of the model',
    got: given ? `${given.dtype} [${given.shape.join(', ')}]` : 'nothing',
    where: { value: name },
  });
}

/** Index of the last op that reads a value; outputs and what an island reads stay to the end. */
export function lastUses(model: IntegerModel): ReadonlyMap<string, number> {
  const last = new Map<string, number>();
  model.ops.forEach((op, i) => {
    for (const name of op.inputs) last.set(name, i);
  });
  for (const name of model.outputs) last.delete(name);
  for (const island of model.islands) {
    for (const o of island.operands) if (typeof o === 'string') last.delete(o);
  }
  return last;
}
