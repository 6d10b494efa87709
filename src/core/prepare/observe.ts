/**
 * Quantizers of activations that look at the tensors themselves: what each keeps, folded over the calibration samples in their order,
 * one float pass for all of them. Only the tensors that such a quantizer is going to be fitted to are looked at.
 */
import { throwIfCancelled, type Context } from '../base/context';
import { StudioError } from '../base/errors';
import { observedValues } from '../calibrate/observed-values';
import type { SampleSource } from '../calibrate/types';
import type { CanonicalModel, ValueName } from '../ir/model';
import type { ActivationQuantizer, ActivationStats } from '../quant/quantizer';
import { activationQuantizer, type Quantizers } from '../quant/registry';
import type { Recipe } from '../recipe/recipe';
import { resolveLayer } from '../recipe/resolve';
import type { FloatRunner } from './types';

type Stats = ReadonlyMap<ValueName, ActivationStats>;

export interface ObserveInput {
  readonly canonical: CanonicalModel;
  readonly stats: Stats;
  readonly recipe: Recipe;
  readonly quantizers: Quantizers;
  readonly source: SampleSource;
  readonly samples: number;
  readonly runner: FloatRunner;
}

/** Does some quantizer of the recipe look for itself? */
export function observes({ activations, layers }: Recipe, quantizers: Quantizers): boolean {
  const used = [activations.algorithm, ...layers.flatMap((l) => l.activations ?? [])];
  return used.some((id) => activationQuantizer(id, quantizers).observer !== undefined);
}

/** The statistics with what was kept. */
export async function observe(input: ObserveInput, ctx: Context): Promise<Stats> {
  const { canonical, stats, recipe, quantizers, source, samples, runner } = input;
  const { options } = recipe.activations;
  const watched = new Map<ValueName, { readonly quantizer: ActivationQuantizer; kept: Float64Array }>();
  for (const value of observedValues(canonical)) {
    const { algorithm } = resolveLayer(recipe, stemBehind(canonical, value)).activations;
    const quantizer = activationQuantizer(algorithm, quantizers);
    if (quantizer.observer) watched.set(value, { quantizer, kept: await quantizer.observer.start(options) });
  }
  const inputs = new Set<string>(canonical.model.graph.inputs.map((i) => i.name));
  const wanted = [...watched.keys()].filter((v) => !inputs.has(v));
  const session = await runner.open(canonical, wanted, []);
  try {
    for (let i = 0; i < samples; i++) {
      const sample = await source.sample(i);
      const { values } = await session.run(sample);
      for (const [value, one] of watched) {
        const x = values.get(value) ?? sample.inputs.get(value)?.data;
        if (!(x instanceof Float32Array))
          throw new StudioError({ code: 'internal', what: 'The runtime gave no such tensor', where: { value, sample: sample.id } });
        one.kept = (await one.quantizer.observer?.update(one.kept, x, options)) ?? one.kept;
        await ctx.tick();
        throwIfCancelled(ctx);
      }
      ctx.progress({ stage: 'prepare', done: i + 1, total: samples });
    }
  } finally {
    await session.close();
  }
  return new Map(
    [...stats].map(([value, own]) => {
      const one = watched.get(value);
      return [value, one ? { ...own, seen: { ...own.seen, [one.quantizer.id]: one.kept } } : own];
    }),
  );
}

/** Of the layer whose recipe holds for the value: the one that makes it. */
function stemBehind({ model, stems }: CanonicalModel, value: ValueName): string {
  const node = model.graph.nodes.find((n) => n.outputs.includes(value));
  return node === undefined ? value : (stems.get(node.id) ?? node.id);
}
