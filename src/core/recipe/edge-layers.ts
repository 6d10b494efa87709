/**
 * `edges8`: the first and the last layers of a network keep 8 bits. As overrides before those of the user, so that
 * what is said of a layer by name still holds.
 */
import type { LayerOverride, Recipe } from './recipe';

/** `first` and `last` are stems; wildcards in them stand for themselves. */
export function withEdgeLayers(recipe: Recipe, first: readonly string[], last: readonly string[]): Recipe {
  if (!recipe.edges8) return recipe;
  const literal = (stem: string): string => stem.replace(/[*?]/g, '?');
  const edges = [...new Set([...first, ...last])].map((stem): LayerOverride => ({
    match: literal(stem),
    weightBits: 8,
    activationBits: 8,
  }));
  return { ...recipe, layers: [...edges, ...recipe.layers] };
}
