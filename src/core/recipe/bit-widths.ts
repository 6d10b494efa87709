/**
 * Bits layer by layer as changes of a recipe, and back to bits: what a sweep of bit widths and a point of its chart stand for.
 * Law: what the recipe says besides bits stays; a layer that is not named has REFERENCE_BITS.
 */
import type { LayerOverride, Recipe } from './recipe';

/** Bits of the network that a sweep starts from: the most that a layer can have. */
export const REFERENCE_BITS = 8;

export interface LayerWidths {
  readonly weightBits?: number;
  readonly activationBits?: number;
}

/** Other bits in the layers named, REFERENCE_BITS in the others. */
export function withWidths(recipe: Recipe, widths: ReadonlyMap<string, LayerWidths>): Recipe {
  const kept = recipe.layers.flatMap(({ weightBits: _, activationBits: __, ...rest }): LayerOverride[] =>
    Object.keys(rest).length > 1 ? [rest] : [],
  );
  const own = [...widths].flatMap(([stem, { weightBits = REFERENCE_BITS, activationBits = REFERENCE_BITS }]): LayerOverride[] => {
    if (weightBits === REFERENCE_BITS && activationBits === REFERENCE_BITS) return [];
    return [
      {
        match: stem.replace(/[*?]/g, '?'),
        ...(weightBits === REFERENCE_BITS ? {} : { weightBits }),
        ...(activationBits === REFERENCE_BITS ? {} : { activationBits }),
      },
    ];
  });
  return {
    ...recipe,
    weights: { ...recipe.weights, bits: REFERENCE_BITS },
    activations: { ...recipe.activations, bits: REFERENCE_BITS },
    edges8: false,
    layers: [...kept, ...own],
  };
}
