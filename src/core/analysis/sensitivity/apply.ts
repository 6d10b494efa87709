/** The recipe of a point of a frontier: the given one with the bits of its first moves, 8 elsewhere. Light: the page has it too. */
import { withWidths, type LayerWidths } from '../../recipe/bit-widths';
import type { Recipe } from '../../recipe/recipe';
import type { Frontier, FrontierMove } from './types';

export const recipeOfPoint = (recipe: Recipe, { moves }: Pick<Frontier, 'moves'>, point: number): Recipe =>
  withWidths(recipe, widthsAfter(moves.slice(0, point)));

/** Bits of every layer after the first moves; layers at the reference are left out. */
export function widthsAfter(moves: readonly FrontierMove[]): ReadonlyMap<string, LayerWidths> {
  const widths = new Map<string, LayerWidths>();
  for (const { layer, kind, bits } of moves) {
    widths.set(layer, { ...widths.get(layer), ...(kind === 'weights' ? { weightBits: bits } : { activationBits: bits }) });
  }
  return widths;
}
