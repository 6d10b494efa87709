/**
 * The exact executor: runs an IntegerModel with integers only and gives every tensor. Its results are the
 * golden vectors. Products run in a WebAssembly kernel, the rest in loops over
 * typed arrays; accumulators fit int32 because lowering proved it.
 */
import { quietContext, throwIfCancelled, type Context } from '../base/context';
import { StudioError } from '../base/errors';
import type { IntegerModel, IntOp, IntTensor } from '../ir/integer-model';
import { sizeOf } from '../ir/tensor';
import { withKernel } from '../kernel/kernel';
import { executeIsland } from './execute/island';
import { newPool } from './execute/pool-of-arrays';
import { runOp } from './execute/run-op';
import type { OpResult, Run, Tensors } from './execute/tensors';
import { lastUses } from './last-uses';
import { isWorthSharing, runInParts } from './team/in-parts';
import { newRoom, roomFor, type Room } from './team/room';
import { MateLost, type Session, type Team } from './team/team';

/** One op from its inputs, with its accumulator. */
export async function executeOp(op: IntOp, tensors: Tensors, model: IntegerModel, ctx: Context = quietContext()): Promise<OpResult> {
  return withKernel((kernel) => runOp(op, tensors, model, ctx, { kernel, acc: true, pool: undefined }));
}

/**
 * Runs the whole model. `keep: 'all'` returns every activation and accumulator by name, `'outputs'` only
 * the graph outputs (others are dropped after their last use). Throws `bad-data` where inputs do not fit.
 * With a team the large ops are done in parts; the result is the same to the last bit.
 */
export async function execute(
  model: IntegerModel,
  inputs: ReadonlyMap<string, IntTensor>,
  options: { readonly keep: 'all' | 'outputs'; readonly team?: Team | undefined },
  ctx: Context,
): Promise<ReadonlyMap<string, IntTensor>> {
  const all = options.keep === 'all';
  const shared =
    options.team && weightsOf(model) <= MOST_WEIGHTS && model.ops.some((op) => isWorthSharing(op, model)) ? options.team : undefined;
  const session = shared?.begin(model, Math.min(roomFor(model, all), MOST_ROOM), all);
  if (!shared || !session)
    return withKernel((kernel) => runModel(model, inputs, { kernel, acc: all, pool: all ? undefined : newPool() }, ctx));
  let told = 0;
  const progress: Context['progress'] = (p) => {
    if (p.done > told) ctx.progress(p);
    told = Math.max(told, p.done);
  };
  const quieter = { ...ctx, progress };
  try {
    const room = newRoom(session.room);
    const tensors = await withKernel((kernel) => runModel(model, inputs, { kernel, acc: all, pool: room }, quieter, { session, room }));
    // a caller may hand its arrays over, hash them or keep them: what is shared is good for none of it
    return new Map([...tensors].map(([name, t]) => [name, room.unitOf(t.data) === undefined ? t : { ...t, data: t.data.slice() }]));
  } catch (error) {
    if (!(error instanceof MateLost)) throw error;
    shared.close();
  } finally {
    session.end();
  }
  return execute(model, inputs, { keep: options.keep }, quieter);
}

/** Bytes of constants above which threads cost more memory than their time is worth: they hold all of them, and every activation twice. */
const MOST_WEIGHTS = 2 ** 26;

function weightsOf({ constants }: IntegerModel): number {
  let bytes = 0;
  for (const { data } of constants.values()) bytes += data.byteLength;
  return bytes;
}

/** Larger rooms are not asked for: what does not fit is done alone. */
const MOST_ROOM = 2 ** 30;

async function runModel(
  model: IntegerModel,
  inputs: ReadonlyMap<string, IntTensor>,
  run: Run,
  ctx: Context,
  crew?: { readonly session: Session; readonly room: Room },
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
    const result = (crew && (await runInParts(i, tensors, model, ctx, run, crew))) ?? (await runOp(op, tensors, model, ctx, run));
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
