/**
 * The integer model run op by op over all calibration samples, so that every layer can be decided on what the layers before
 * it, decided already, really give. Tensors live from the op that makes them to their last reader.
 * Law: what a sample's tensors are here is what the executor gives for the finished model, bit for bit.
 */
import { throwIfCancelled, type Context } from '../base/context';
import { executeOp } from '../integer/execute';
import { lastUses } from '../integer/last-uses';
import { executeIsland } from '../integer/execute/island';
import type { ConvOp, IntegerModel, IntOp, IntTensor, MatMulOp } from '../ir/integer-model';

export type LinearOp = ConvOp | MatMulOp;

/** An op in another form, with the constants that it reads. */
export interface Replacement {
  readonly op: LinearOp;
  readonly constants: IntegerModel['constants'];
}

export interface Visit {
  readonly op: LinearOp;
  readonly model: IntegerModel;
  readonly samples: number;
  /** Integers of a tensor that the op reads. */
  tensor(sample: number, name: string): IntTensor;
  /** The op's accumulators, one sample after the other. */
  accumulators(replacement: Replacement, take: (acc: IntTensor) => void): Promise<void>;
}

/** Decides one layer; undefined: it stays as it is. */
export type Decide = (visit: Visit) => Promise<Replacement | undefined>;

export async function sweep(
  lowered: IntegerModel,
  inputs: readonly ReadonlyMap<string, IntTensor>[],
  isLayer: (op: IntOp) => op is LinearOp,
  decide: Decide,
  ctx: Context,
): Promise<void> {
  let model = lowered;
  const samples = inputs.map((i) => new Map(i));
  const last = lastUses(lowered);
  const layers = lowered.ops.filter(isLayer).length;
  let done = 0;
  for (let i = 0; i <= model.ops.length && done < layers; i++) {
    for (const island of model.islands) {
      if (island.before !== i) continue;
      for (const tensors of samples) tensors.set(island.output, executeIsland(island, tensors, model));
    }
    let op = model.ops[i];
    if (!op) break;
    if (isLayer(op)) {
      const current = model;
      const replacement = await decide({
        op,
        model: current,
        samples: samples.length,
        tensor: (s, name) => (samples[s] as Map<string, IntTensor>).get(name) as IntTensor,
        async accumulators(other, take) {
          const changed = withConstants(current, other);
          for (const tensors of samples) {
            const { acc } = await executeOp(other.op, tensors, changed, ctx);
            if (acc) take(acc);
            await ctx.tick();
          }
        },
      });
      if (replacement) {
        model = withConstants(model, replacement);
        op = replacement.op;
      }
      ctx.progress({ stage: 'prepare', done: ++done, total: layers });
    }
    for (const tensors of samples) {
      const { output } = await executeOp(op, tensors, model, ctx);
      tensors.set(op.output, output);
      for (const name of op.inputs) if (last.get(name) === i) tensors.delete(name);
      await ctx.tick();
    }
    throwIfCancelled(ctx);
  }
}

function withConstants(model: IntegerModel, { constants }: Replacement): IntegerModel {
  return { ...model, constants: new Map([...model.constants, ...constants]) };
}
