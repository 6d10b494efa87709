/**
 * Options of the algorithms that a recipe uses, by its rules for single layers too. Law: an option is there as long as some
 * algorithm in use has it; the engine refuses a recipe with options of none. Pure.
 */
import type { OptionSpec, OptionValues } from '../../../core/quant/quantizer';
import type { Recipe } from '../../../core/recipe/recipe';
import type { Algorithms } from '../../../store/state';

type Target = 'weights' | 'activations';

/** Of the whole model's algorithm first; what rules add after, each name once. */
export function usedOptions(recipe: Recipe, target: Target, algorithms: Algorithms): readonly OptionSpec[] {
  const ids = new Set([recipe[target].algorithm, ...recipe.layers.flatMap((l) => l[target] ?? [])]);
  const all = [...ids].flatMap((id) => algorithms.find((a) => a.target === target && a.id === id)?.options ?? []);
  return all.filter((spec, i) => all.findIndex((other) => other.id === spec.id) === i);
}

/** The recipe without options that no algorithm in use has. What an algorithm that is not here may have stays. */
export function withUsedOptions(recipe: Recipe, algorithms: Algorithms): Recipe {
  const kept = (target: Target): OptionValues => {
    const ids = [recipe[target].algorithm, ...recipe.layers.flatMap((l) => l[target] ?? [])];
    const isKnown = ids.every((id) => algorithms.some((a) => a.target === target && a.id === id));
    const { options } = recipe[target];
    if (!isKnown) return options;
    const specs = usedOptions(recipe, target, algorithms);
    return Object.fromEntries(Object.entries(options).filter(([id]) => specs.some((s) => s.id === id)));
  };
  return {
    ...recipe,
    weights: { ...recipe.weights, options: kept('weights') },
    activations: { ...recipe.activations, options: kept('activations') },
  };
}

/** Another algorithm for the whole model: its options begin at their defaults, those that rules alone need stay. */
export function withAlgorithm(recipe: Recipe, target: Target, algorithm: string, algorithms: Algorithms): Recipe {
  const own = algorithms.find((a) => a.target === target && a.id === algorithm)?.options ?? [];
  const before = algorithms.find((a) => a.target === target && a.id === recipe[target].algorithm)?.options ?? [];
  const options = Object.fromEntries(
    Object.entries(recipe[target].options).filter(([id]) => ![...own, ...before].some((s) => s.id === id)),
  );
  return withUsedOptions({ ...recipe, [target]: { ...recipe[target], algorithm, options } }, algorithms);
}
