/** Bits of one layer as a change of the recipe: its own rule, after all others. Pure. Law: every other layer keeps its bits. */
import type { LayerOverride, Recipe } from '../core/recipe/recipe';

export type BitsKey = 'weightBits' | 'activationBits';

export function withLayerBits(recipe: Recipe, stem: string, key: BitsKey, bits: number): Recipe {
  const match = stem.replace(/[*?]/g, '?');
  let own: LayerOverride = { match };
  const others: LayerOverride[] = [];
  for (const rule of recipe.layers) {
    // what such rules say lies before whatever comes later: only the last of them is moved
    if (rule.match === match && rule === recipe.layers.at(-1)) own = rule;
    else if (rule.match === match) {
      const { [key]: _, ...rest } = rule;
      if (Object.keys(rest).length > 1) others.push(rest);
    } else others.push(rule);
  }
  return { ...recipe, layers: [...others, { ...own, [key]: bits }] };
}
