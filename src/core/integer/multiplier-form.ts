/** How a real scale becomes an integer multiplier for an output: the recipe's style, with its width where it leaves that open. */
import type { MultiplierForm } from '../base/fixed-point';
import type { QuantInfo } from '../ir/integer-model';
import type { Recipe } from '../recipe/recipe';

export function multiplierForm(recipe: Recipe, out: QuantInfo): MultiplierForm {
  const m = recipe.arithmetic.multiplier;
  return m.kind === 'normalized' ? { kind: m.kind, bits: m.bits ?? (out.bits <= 8 ? 16 : 24) } : m;
}
