/**
 * The integer model run op by op over all calibration samples, so that every layer can be decided on what the layers before
 * it, decided already, really give. Tensors live from the op that makes them to their last reader, in a `Hold`: what of them is in
 * memory and what in a file makes no difference here.
 * Law: what a sample's tensors are here is what the executor gives for the finished model, bit for bit.
 */
import { throwIfCancelled, type Context } from '../base/context';
import type { Held, Hold } from '../base/hold';
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
  /** Integers of a tensor that the op reads. Not to be written to. */
  tensor(sample: number, name: string): Promise<IntTensor>;
  /** The op's accumulators, one sample after the other. */
  accumulators(replacement: Replacement, take: (acc: IntTensor) => void): Promise<void>;
}

/** Decides one layer; undefined: it stays as it is. */
export type Decide = (visit: Visit) => Promise<Replacement | undefined>;

export interface SweepInput {
  readonly lowered: IntegerModel;
  readonly samples: number;
  /** What a sample gives the model. */
  inputsOf(sample: number): Promise<ReadonlyMap<string, IntTensor>>;
  isLayer(op: IntOp): op is LinearOp;
  readonly hold: Hold;
}

export async function sweep({ lowered, samples, inputsOf, isLayer, hold }: SweepInput, decide: Decide, ctx: Context): Promise<void> {
  let model = lowered;
  const last = lastUses(lowered);
  const layers = lowered.ops.filter(isLayer).length;
  const held = Array.from({ length: samples }, () => new HeldTensors(hold));
  let done = 0;
  try {
    for (const [s, tensors] of held.entries()) {
      for (const [name, tensor] of await inputsOf(s)) await tensors.set(name, tensor);
      await ctx.tick();
    }
    for (let i = 0; i <= model.ops.length && done < layers; i++) {
      for (const island of model.islands) {
        if (island.before !== i) continue;
        const names = island.operands.filter((o) => typeof o === 'string');
        for (const tensors of held) await tensors.set(island.output, executeIsland(island, await tensors.some(names), model));
      }
      let op = model.ops[i];
      if (!op) break;
      if (isLayer(op)) {
        const current = model;
        const replacement = await decide({
          op,
          model: current,
          samples,
          tensor: (s, name) => (held[s] as HeldTensors).get(name),
          async accumulators(other, take) {
            const changed = withConstants(current, other);
            for (const tensors of held) {
              const { acc } = await executeOp(other.op, await tensors.some(other.op.inputs), changed, ctx);
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
      for (const tensors of held) {
        const { output } = await executeOp(op, await tensors.some(op.inputs), model, ctx);
        for (const name of op.inputs) if (last.get(name) === i) tensors.delete(name);
        await tensors.set(op.output, output);
        await ctx.tick();
      }
      throwIfCancelled(ctx);
    }
  } finally {
    for (const tensors of held) tensors.clear();
  }
}

/** The tensors of one sample that are alive. */
class HeldTensors {
  private readonly hold: Hold;
  private readonly all = new Map<string, { readonly tensor: Omit<IntTensor, 'data'>; readonly data: Held<IntTensor['data']> }>();

  constructor(hold: Hold) {
    this.hold = hold;
  }

  async set(name: string, { dtype, shape, data }: IntTensor): Promise<void> {
    this.delete(name);
    this.all.set(name, { tensor: { dtype, shape }, data: await this.hold.keep(data) });
  }

  async get(name: string): Promise<IntTensor> {
    const { tensor, data } = this.all.get(name) as NonNullable<ReturnType<typeof this.all.get>>; // what is read is alive
    return { ...tensor, data: await data.read() };
  }

  /** Those of the names that are alive: constants are the model's. */
  async some(names: readonly string[]): Promise<ReadonlyMap<string, IntTensor>> {
    const found = new Map<string, IntTensor>();
    for (const name of names) if (this.all.has(name)) found.set(name, await this.get(name));
    return found;
  }

  delete(name: string): void {
    this.all.get(name)?.data.drop();
    this.all.delete(name);
  }

  clear(): void {
    for (const name of [...this.all.keys()]) this.delete(name);
  }
}

function withConstants(model: IntegerModel, { constants }: Replacement): IntegerModel {
  return { ...model, constants: new Map([...model.constants, ...constants]) };
}
