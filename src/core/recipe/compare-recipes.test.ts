import { describe, expect, test } from 'vitest';
import { CancelledError, StudioError } from '../base/errors';
import { recipeHash } from './canonical-json';
import { compareRecipes } from './compare-recipes';
import { defaultRecipe } from './recipe';
import type { RecipeEntry, RecipeResult, RecipeRow } from './recipe-table';

const entry = (seed: number): RecipeEntry => ({ name: `seed ${seed}`, recipe: { ...defaultRecipe, seed } });
/** What a recipe gave is told apart by its seed. */
const resultOf = (e: RecipeEntry): RecipeResult => ({ samples: e.recipe.seed }) as RecipeResult; // only carried through here
const seeds = (rows: readonly RecipeRow[]) => rows.map((r) => r.recipe.seed);

describe('comparing recipes', () => {
  test('one row a recipe, in order, told as it is there; the hash is its name', async () => {
    const told: RecipeRow[] = [];
    const at: unknown[] = [];
    const rows = await compareRecipes([entry(3), entry(1)], {
      tryRecipe: async (e, onProgress: (p: string) => void) => {
        onProgress('half');
        return resultOf(e);
      },
      onRow: (r) => told.push(r),
      onProgress: ({ index, progress }) => at.push([index, progress]),
    });
    expect(seeds(rows)).toEqual([3, 1]);
    expect(told).toEqual(rows);
    expect(rows[0]).toEqual({ ...entry(3), id: recipeHash(entry(3).recipe), outcome: { kind: 'done', result: { samples: 3 } } });
    expect(at).toEqual([
      [0, undefined],
      [0, 'half'],
      [1, undefined],
      [1, 'half'],
    ]);
  });

  test('one recipe at a time', async () => {
    let running = 0;
    await compareRecipes([entry(1), entry(2), entry(3)], {
      tryRecipe: async (e) => {
        expect(++running).toBe(1);
        await Promise.resolve();
        running -= 1;
        return resultOf(e);
      },
    });
  });

  test('a recipe that fails is a row with its reason in one line, and the others go on', async () => {
    const failures = [
      new StudioError({ code: 'runtime', what: 'No room', got: 'a\nlot' }),
      new Error('two\n  lines'),
      { fields: { code: 'bad-data', what: 'From afar' } },
    ];
    const rows = await compareRecipes([0, 1, 2, 3].map(entry), {
      tryRecipe: async (e) => {
        const failure = failures[e.recipe.seed];
        if (failure === undefined) return resultOf(e);
        throw failure as Error; // as another thread may give it
      },
    });
    expect(rows.map((r) => (r.outcome.kind === 'failed' ? r.outcome.reason : 'done'))).toEqual([
      'No room, got a lot',
      'two lines',
      'From afar',
      'done',
    ]);
  });

  test('a cancel keeps the rows until then, and what was under way is none', async () => {
    const signal = { aborted: false };
    const rows = await compareRecipes([0, 1, 2, 3].map(entry), {
      signal,
      tryRecipe: async (e) => {
        if (e.recipe.seed < 2) return resultOf(e);
        signal.aborted = true;
        throw new CancelledError();
      },
    });
    expect(seeds(rows)).toEqual([0, 1]);
  });

  test('a cancel between two recipes tries no other', async () => {
    const signal = { aborted: false };
    const rows = await compareRecipes([entry(0), entry(1)], {
      signal,
      tryRecipe: async (e) => resultOf(e),
      onRow: () => void (signal.aborted = true),
    });
    expect(seeds(rows)).toEqual([0]);
  });

  test('equal recipes are tried once', async () => {
    let tries = 0;
    const rows = await compareRecipes([entry(5), { ...entry(5), name: 'again' }], {
      tryRecipe: async (e) => {
        tries += 1;
        return resultOf(e);
      },
    });
    expect([tries, rows.length]).toEqual([1, 1]);
  });
});
