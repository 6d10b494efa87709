/**
 * Several recipes on the same model and data, one after the other. How one recipe is tried comes in as an argument: in this
 * thread, or in a worker that may die of one recipe and be there again for the next. Law: a recipe that fails is a row
 * with its reason; a cancel ends it, and the rows until then stay.
 */
import type { CancelSignal } from '../base/context';
import { describeError, type ErrorFields } from '../base/errors';
import { recipeHash } from './canonical-json';
import type { RecipeEntry, RecipeResult, RecipeRow } from './recipe-table';

export interface Comparison<P> {
  tryRecipe(entry: RecipeEntry, onProgress: (p: P) => void): Promise<RecipeResult>;
  readonly signal?: CancelSignal | undefined;
  /** The recipe that is tried now; `progress` is undefined as it begins. */
  onProgress?(at: { readonly index: number; readonly entry: RecipeEntry; readonly progress: P | undefined }): void;
  onRow?(row: RecipeRow): void;
}

/** The rows that were finished; fewer than entries when it was cancelled. Equal recipes are tried once. */
export async function compareRecipes<P>(entries: readonly RecipeEntry[], comparison: Comparison<P>): Promise<RecipeRow[]> {
  const rows: RecipeRow[] = [];
  const cancelled = (): boolean => comparison.signal?.aborted === true;
  for (const [index, entry] of entries.entries()) {
    if (cancelled()) break;
    const id = recipeHash(entry.recipe);
    if (rows.some((r) => r.id === id)) continue;
    comparison.onProgress?.({ index, entry, progress: undefined });
    let row: RecipeRow;
    try {
      const result = await comparison.tryRecipe(entry, (progress) => comparison.onProgress?.({ index, entry, progress }));
      row = { ...entry, id, outcome: { kind: 'done', result } };
    } catch (error) {
      if (cancelled()) break;
      row = { ...entry, id, outcome: { kind: 'failed', reason: reasonOf(error) } };
    }
    rows.push(row);
    comparison.onRow?.(row);
  }
  return rows;
}

/** In one line. Errors from another thread are told by their fields. */
function reasonOf(error: unknown): string {
  const fields = typeof error === 'object' && error !== null && 'fields' in error ? (error.fields as ErrorFields) : undefined;
  const text = fields?.what !== undefined ? describeError(fields) : error instanceof Error ? error.message : String(error);
  return text.replaceAll(/\s*\n\s*/g, ' ');
}
