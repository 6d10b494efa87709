/** Undo and redo of the recipe: pure functions over past, present and future. */
import type { Recipe } from '../core/recipe/recipe';

export interface RecipeHistory {
  readonly past: readonly Recipe[];
  readonly present: Recipe;
  readonly future: readonly Recipe[];
}

const depth = 100;

/** A recipe equal to the present one leaves the history as it is. */
export function change(h: RecipeHistory, next: Recipe): RecipeHistory {
  if (JSON.stringify(next) === JSON.stringify(h.present)) return h;
  return { past: [...h.past, h.present].slice(-depth), present: next, future: [] };
}

export function undo(h: RecipeHistory): RecipeHistory {
  const last = h.past.at(-1);
  return last === undefined ? h : { past: h.past.slice(0, -1), present: last, future: [h.present, ...h.future] };
}

export function redo(h: RecipeHistory): RecipeHistory {
  const [next, ...rest] = h.future;
  return next === undefined ? h : { past: [...h.past, h.present], present: next, future: rest };
}
