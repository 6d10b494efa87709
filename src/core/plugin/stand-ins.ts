/**
 * Plugins whose quantizers take the place of built-in ones: is a result theirs, or the one that the built-in gives as well? Every
 * answer of such a quantizer is compared with the built-in's, bit for bit, during one conversion. Law: a bundle names a plugin
 * exactly where it could not be made without it.
 */
import type { ActivationQuantizer, QParams, WeightQuantizer } from '../quant/quantizer';
import { builtInQuantizers, type PluginRecord, type Quantizers } from '../quant/registry';
import type { Recipe } from '../recipe/recipe';

export interface Watched {
  /** To convert with. */
  readonly quantizers: Quantizers;
  /** Afterwards: the plugins that the result needs. */
  needed(recipe: Recipe): readonly PluginRecord[];
}

/** One watch serves one conversion. */
export function watched(quantizers: Quantizers): Watched {
  const departed = new Set<string>();
  const builtIn = <Q extends { readonly id: string }>(list: readonly Q[], own: Q): Q | undefined => {
    const found = list.find((q) => q.id === own.id);
    return found === own ? undefined : found;
  };
  const weights = quantizers.weights.map((own) => {
    const original = builtIn<WeightQuantizer>(builtInQuantizers.weights, own);
    if (!original) return own;
    // what is learned is not compared
    if (own.learn !== undefined || original.learn !== undefined) departed.add(`weights ${own.id}`);
    return watchedWeights(own, original, () => departed.add(`weights ${own.id}`));
  });
  const activations = quantizers.activations.map((own) => {
    const original = builtIn<ActivationQuantizer>(builtInQuantizers.activations, own);
    if (!original) return own;
    if (original.learn !== undefined || original.learnBlock !== undefined || original.tokenWise) departed.add(`activations ${own.id}`);
    return watchedActivations(own, original, () => departed.add(`activations ${own.id}`));
  });
  const isNeeded = (target: 'weights' | 'activations', id: string): boolean =>
    !builtInQuantizers[target].some((q) => q.id === id) || departed.has(`${target} ${id}`);
  return {
    quantizers: { ...quantizers, weights, activations },
    needed(recipe) {
      const used = (target: 'weights' | 'activations'): string[] => [
        recipe[target].algorithm,
        ...recipe.layers.flatMap((l) => l[target] ?? []),
      ];
      const criterion = recipe.pruning?.criterion;
      return (quantizers.plugins ?? []).filter(
        (p) =>
          (criterion !== undefined && p.pruning?.includes(criterion) === true) ||
          (['weights', 'activations'] as const).some((target) => used(target).some((id) => p[target].includes(id) && isNeeded(target, id))),
      );
    },
  };
}

function watchedWeights(own: WeightQuantizer, original: WeightQuantizer, depart: () => void): WeightQuantizer {
  return {
    ...own,
    async fit(w, shape, axis, scheme, options, ctx) {
      const q = await own.fit(w, shape, axis, scheme, options, ctx);
      if (!sameParams(q, await original.fit(w, shape, axis, scheme, {}, { ...ctx, warn: () => undefined }))) depart();
      return q;
    },
    async quantize(w, shape, q, options) {
      const integers = await own.quantize(w, shape, q, options);
      const theirs = await original.quantize(w, shape, q);
      if (integers.some((v, i) => v !== theirs[i])) depart();
      return integers;
    },
  };
}

function watchedActivations(own: ActivationQuantizer, original: ActivationQuantizer, depart: () => void): ActivationQuantizer {
  return {
    ...own,
    async fit(stats, scheme, options) {
      const q = await own.fit(stats, scheme, options);
      if (!sameParams(q, await original.fit(stats, scheme, {}))) depart();
      return q;
    },
  };
}

function sameParams(a: QParams, b: QParams): boolean {
  const plain = (q: QParams): string =>
    JSON.stringify([q.bits, q.signed, q.axis, q.zeroPoint, q.lo, q.hi, Array.from(q.scale), q.codebook ?? null]);
  return plain(a) === plain(b);
}
