/** Undo and redo of the recipe, each step with the name of its change: pure functions over past, present and future. */
import type { Recipe } from '../core/recipe/recipe';

export interface RecipeStep {
  /** In the past: from where the change went. In the future: where it leads. */
  readonly recipe: Recipe;
  /** What the change is called. */
  readonly name: string;
}

export interface RecipeHistory {
  readonly past: readonly RecipeStep[];
  readonly present: Recipe;
  readonly future: readonly RecipeStep[];
}

const depth = 100;

/** A recipe equal to the present one leaves the history as it is. */
export function change(h: RecipeHistory, next: Recipe, name: string): RecipeHistory {
  if (JSON.stringify(next) === JSON.stringify(h.present)) return h;
  return { past: [...h.past, { recipe: h.present, name }].slice(-depth), present: next, future: [] };
}

export function undo(h: RecipeHistory): RecipeHistory {
  const last = h.past.at(-1);
  if (last === undefined) return h;
  return { past: h.past.slice(0, -1), present: last.recipe, future: [{ recipe: h.present, name: last.name }, ...h.future] };
}

export function redo(h: RecipeHistory): RecipeHistory {
  const [next, ...rest] = h.future;
  if (next === undefined) return h;
  return { past: [...h.past, { recipe: h.present, name: next.name }], present: next.recipe, future: rest };
}

/** What undo takes back, and what redo does again. */
export const undoName = (h: RecipeHistory): string | undefined => h.past.at(-1)?.name;
export const redoName = (h: RecipeHistory): string | undefined => h.future[0]?.name;
