/** The recipe of a point of a frontier: the given one with the bits of its first moves, 8 elsewhere. */
import { withWidths } from '../../recipe/bit-widths';
import type { Recipe } from '../../recipe/recipe';
import { widthsAfter } from './frontier';
import type { Frontier } from './types';

export const recipeOfPoint = (recipe: Recipe, { moves }: Pick<Frontier, 'moves'>, point: number): Recipe =>
  withWidths(recipe, widthsAfter(moves.slice(0, point)));
