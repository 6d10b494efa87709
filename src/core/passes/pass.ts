/**
 * A pass: a named rewrite from one model to an equal one. It never changes what it is given.
 * Law: every value that survives has the name and the meaning that it had in the original graph, so that the
 * original file can be asked for it.
 */
import { throwIfCancelled, type Context } from '../base/context';
import type { Graph, Model } from '../ir/model';

export interface Pass {
  /** Recorded in the model's provenance. */
  readonly name: string;
  run(model: Model, ctx: Context): Model | Promise<Model>;
}

/** Runs passes in order, adds their names to the provenance; progress stage `passes`. */
export async function runPasses(model: Model, passes: readonly Pass[], ctx: Context): Promise<Model> {
  let current = model;
  for (const [i, pass] of passes.entries()) {
    ctx.progress({ stage: 'passes', done: i, total: passes.length });
    await ctx.tick();
    throwIfCancelled(ctx);
    const next = await pass.run(current, ctx);
    current = { ...next, provenance: [...next.provenance, pass.name] };
  }
  ctx.progress({ stage: 'passes', done: passes.length, total: passes.length });
  return current;
}

/** The same model around another graph. */
export function withGraph(model: Model, graph: Partial<Graph>): Model {
  return { ...model, graph: { ...model.graph, ...graph } };
}

/** Version of the default operator set, 1 where the file names none. */
export function opsetOf(model: Model, domain = ''): number {
  return model.opsets[domain] ?? 1;
}
