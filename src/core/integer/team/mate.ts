/**
 * A mate: in a thread of its own, it does parts of the ops that the lead orders, until the run is over. It sleeps in
 * between, so its thread hears nothing else during a run. Law: whatever happens, a part that was claimed is counted as done.
 */
import { CancelledError } from '../../base/errors';
import type { IntegerModel, IntTensor } from '../../ir/integer-model';
import { sizeOf } from '../../ir/tensor';
import { withKernel, type Kernel } from '../../kernel/kernel';
import { runOp } from '../execute/run-op';
import { numbersOf, valueOf } from '../execute/tensors';
import { board as at, claim, countDone } from './board';
import { viewOf } from './room';

/** What a mate must know of a run. */
export interface Enlistment {
  readonly board: SharedArrayBuffer;
  readonly room: SharedArrayBuffer;
  /** Into how many parts every op is divided. */
  readonly parts: number;
  /** Are accumulators wanted? */
  readonly acc: boolean;
}

export async function workAsMate(model: IntegerModel, run: Enlistment): Promise<void> {
  const board = new Int32Array(run.board);
  await withKernel(async (kernel) => {
    let order = Atomics.load(board, at.order);
    Atomics.add(board, at.entered, 1);
    Atomics.notify(board, at.entered);
    while (Atomics.load(board, at.over) === 0) {
      Atomics.wait(board, at.order, order);
      const now = Atomics.load(board, at.order);
      if (now === order || Atomics.load(board, at.over) !== 0) continue;
      order = now;
      for (let part = claim(board, order, run.parts); part !== undefined; part = claim(board, order, run.parts)) {
        try {
          await follow(model, board, run, part, kernel);
        } catch (error) {
          // the lead does the whole again and meets the error itself, if it is one of the op
          if (!(error instanceof CancelledError)) Atomics.store(board, at.failed, 1);
        }
        countDone(board);
      }
    }
  });
}

async function follow(
  model: IntegerModel,
  board: Int32Array,
  { room, parts, acc }: Enlistment,
  index: number,
  kernel: Kernel,
): Promise<void> {
  const op = model.ops[Atomics.load(board, at.op)];
  if (!op) throw new CancelledError();
  const view = (name: string, word: number): IntTensor => {
    const { dtype, shape } = valueOf(model, name);
    return { dtype, shape, data: viewOf(room, dtype, sizeOf(shape), Atomics.load(board, word)) };
  };
  const tensors = new Map(op.inputs.map((name, i) => [name, view(name, at.inputs + i)]));
  const { data } = view(op.output, at.output);
  const sums = Atomics.load(board, at.acc);
  const part = {
    index,
    count: parts,
    output: numbersOf(data, op.output),
    acc: sums < 0 ? undefined : new Int32Array(room, view(op.output, at.acc).data.byteOffset, data.length),
  };
  const ctx = {
    signal: {
      get aborted() {
        return Atomics.load(board, at.stop) !== 0;
      },
    },
    progress: () => undefined,
    warn: () => undefined,
    tick: () => {
      Atomics.add(board, at.beat, 1);
      return Promise.resolve();
    },
  };
  await runOp(op, tensors, model, ctx, { kernel, acc, pool: undefined, part });
}
