/**
 * What the recipe says of one layer: the model's default, then every override whose glob matches the
 * layer's stem, later ones winning key by key. `*` stands for any run of characters, `?` for one.
 */
import type { LayerOverride, Recipe } from './recipe';

export interface LayerRecipe {
  readonly weights: { readonly algorithm: string; readonly bits: number };
  readonly activations: { readonly algorithm: string; readonly bits: number };
  readonly keep: 'float' | 'integer';
}

/** The whole text must match; everything but `*` and `?` is literal. */
export function globMatches(glob: string, text: string): boolean {
  let g = 0;
  let t = 0;
  let star = -1;
  let mark = 0;
  while (t < text.length) {
    if (g < glob.length && glob[g] === '*') {
      star = g++;
      mark = t;
    } else if (g < glob.length && (glob[g] === '?' || glob[g] === text[t])) {
      g++;
      t++;
    } else if (star >= 0) {
      g = star + 1;
      t = ++mark;
    } else {
      return false;
    }
  }
  while (glob[g] === '*') g++;
  return g === glob.length;
}

export function resolveLayer(recipe: Recipe, stem: string): LayerRecipe {
  let { algorithm: weights, bits: weightBits } = recipe.weights;
  let { algorithm: activations, bits: activationBits } = recipe.activations;
  let keep: LayerRecipe['keep'] = 'integer';
  for (const l of recipe.layers) {
    if (!globMatches(l.match, stem)) continue;
    weights = l.weights ?? weights;
    weightBits = l.weightBits ?? weightBits;
    activations = l.activations ?? activations;
    activationBits = l.activationBits ?? activationBits;
    keep = l.keep ?? keep;
  }
  return { weights: { algorithm: weights, bits: weightBits }, activations: { algorithm: activations, bits: activationBits }, keep };
}

/** Overrides that match none of the stems: most likely a typing error, to be warned about. */
export function unusedOverrides(recipe: Recipe, stems: Iterable<string>): LayerOverride[] {
  const all = [...stems];
  return recipe.layers.filter((l) => !all.some((s) => globMatches(l.match, s)));
}
