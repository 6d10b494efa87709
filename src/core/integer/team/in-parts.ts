/**
 * Which ops a team executes together, and how one is: operands and results lie in the room, every thread computes
 * its part. What is small, or does not lie there, the lead does alone.
 */
import type { Context } from '../../base/context';
import type { IntegerModel, IntOp, IntTensor } from '../../ir/integer-model';
import { sizeOf } from '../../ir/tensor';
import { runOp } from '../execute/run-op';
import { numbersOf, valueOf, type OpResult, type Run } from '../execute/tensors';
import { MOST_INPUTS } from './board';
import type { Room } from './room';
import type { Session } from './team';

/** Below so much work the waking costs more than it gives: about a fifth of a millisecond on one thread. */
const LEAST_MACS = 2e6;
const LEAST_ELEMENTS = 5e4;

/** Has the op parts that are computed apart? */
export function hasParts(op: IntOp): boolean {
  if (op.kind === 'conv' || op.kind === 'layernorm') return true;
  if (op.kind === 'softmax') return op.softmax.mode !== 'deferred' && op.softmax.mask === undefined;
  return (op.kind === 'gemm' || op.kind === 'matmul') && op.requant.rowMul === undefined && op.deferred !== true;
}

export function isWorthSharing(op: IntOp, model: IntegerModel): boolean {
  if (!hasParts(op) || op.inputs.length > MOST_INPUTS) return false;
  if (op.kind === 'softmax' || op.kind === 'layernorm') return sizeOf(valueOf(model, op.output).shape) >= LEAST_ELEMENTS;
  return op.macs >= LEAST_MACS;
}

/** undefined: it has to be done by the lead alone. Operands are moved into the room, for the next reader too. */
export async function runInParts(
  index: number,
  tensors: Map<string, IntTensor>,
  model: IntegerModel,
  ctx: Context,
  run: Run,
  { session, room }: { readonly session: Session; readonly room: Room },
): Promise<OpResult | undefined> {
  const op = model.ops[index];
  if (!op || !isWorthSharing(op, model) || !session.ready()) return undefined;
  const inputs: number[] = [];
  for (const name of op.inputs) {
    const unit = placed(name, tensors, room);
    if (unit === undefined) return undefined;
    inputs.push(unit);
  }
  const { dtype, shape } = valueOf(model, op.output);
  const output = room.take(dtype, sizeOf(shape));
  const at = output && room.unitOf(output);
  if (!output || at === undefined) return undefined;
  const sums = run.acc && 'acc' in op ? room.take('int32', sizeOf(shape)) : undefined;
  const acc = sums instanceof Int32Array ? sums : undefined;
  if (run.acc && 'acc' in op && !acc) {
    room.give({ dtype, shape, data: output });
    return undefined;
  }
  const whole = { count: session.parts, output: numbersOf(output, op.output), acc };
  await session.share(
    { op: index, output: at, acc: (acc && room.unitOf(acc)) ?? -1, inputs },
    (part) => runOp(op, tensors, model, ctx, { ...run, part: { index: part, ...whole } }),
    ctx,
  );
  const made: IntTensor = { dtype, shape, data: output };
  return acc ? { output: made, acc: { dtype: 'int32', shape, data: acc } } : { output: made };
}

function placed(name: string, tensors: Map<string, IntTensor>, room: Room): number | undefined {
  const t = tensors.get(name);
  if (!t) return undefined;
  const there = room.unitOf(t.data);
  if (there !== undefined) return there;
  const data = room.take(t.dtype, t.data.length);
  if (!data) return undefined;
  // the room gives arrays of the type that was asked for
  (data as Int8Array).set(t.data as Int8Array);
  tensors.set(name, { ...t, data });
  return room.unitOf(data);
}
