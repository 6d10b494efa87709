/**
 * What is read from the comparison of recipes: what to run next, which rows are out of date, rows that were kept. Pure functions. Law: a row is current while model, calibration and test data are those of
 * its basis; only current rows are compared with each other.
 */
import * as v from 'valibot';
import { recipeHash } from '../core/recipe/canonical-json';
import { correctionsOf, pairTitle, presetRecipe, type Preset, type Widths } from '../core/recipe/preset-recipe';
import type { Recipe } from '../core/recipe/recipe';
import type { RecipeEntry, RecipeRow } from '../core/recipe/recipe-table';
import type { ComparedRow, ComparisonView, RowBasis } from './comparison-slice';
import { shown } from './loadable';
import type { Algorithms, State } from './state';

export const sameWidths = (a: Widths, b: Widths): boolean =>
  a.weights === b.weights && a.activations === b.activations && a.residual === b.residual;

const ids = new WeakMap<Recipe, string>();
/** The id of the recipe's row. */
export function rowIdOf(recipe: Recipe): string {
  const known = ids.get(recipe);
  if (known !== undefined) return known;
  const id = recipeHash(recipe);
  ids.set(recipe, id);
  return id;
}

/** What would be run now, equal recipes once: presets at every width, and the recipe at hand as it is. */
export function entriesOf(known: readonly Preset[], view: ComparisonView, base: Recipe, title: string): RecipeEntry[] {
  const { presets, widths, current } = view;
  const chosen = known.filter((p) => presets.includes(p.id));
  const entries = widths.flatMap((w) => chosen.map((p): RecipeEntry => ({ name: p.title, recipe: presetRecipe(p, w, base) })));
  const all = current ? [...entries, { name: title, recipe: base }] : entries;
  const seen = new Set<string>();
  return all.filter(({ recipe }) => {
    const id = rowIdOf(recipe);
    return !seen.has(id) && seen.add(id);
  });
}

/** What the recipe at hand is called. */
export function currentTitle(recipe: Recipe, algorithms: Algorithms): string {
  const { weights, activations } = recipe;
  const named = (target: 'weights' | 'activations', id: string) =>
    algorithms.find((a) => a.target === target && a.id === id) ?? { id, title: id };
  const title = pairTitle(
    named('weights', weights.algorithm),
    named('activations', activations.algorithm),
    correctionsOf(recipe),
    recipe.nonlinear.probabilityBits,
  );
  const rules = recipe.layers.length;
  return rules === 0 ? title : `${title}, ${rules} ${rules === 1 ? 'rule' : 'rules'}`;
}

/** What a row would be measured on now; parts that are not there yet are undefined. */
export function basisNow(s: State): Partial<RowBasis> {
  const model = shown(s.work.model)?.summary;
  const calibration = shown(s.work.calibration);
  const data = shown(s.work.data.evaluation);
  const stale = s.work.calibratedOn !== shown(s.work.data.calibration);
  return {
    ...(model && { model: model.sha256, modelName: model.name }),
    ...(calibration && { calibration: stale ? '' : calibration.sha256, calibrationSamples: calibration.samples }),
    ...(data && {
      data: JSON.stringify(data),
      dataName: data.name,
      samples: Math.min(data.samples, s.view.comparison.samples ?? Infinity),
    }),
  };
}

/** Why a row is out of date, in words; undefined: it is not, as far as is known now. */
export function staleReason(row: ComparedRow, now: Partial<RowBasis>): string | undefined {
  const { basis } = row;
  const differs = (key: keyof RowBasis): boolean => now[key] !== undefined && now[key] !== basis[key];
  if (differs('model')) return `Measured on another model, ${basis.modelName}`;
  if (differs('calibration')) return 'The calibration has changed since';
  if (differs('data')) return `Measured on other test data, ${basis.dataName}`;
  if (differs('samples')) return `Measured on ${basis.samples} test samples`;
  return undefined;
}

/** Without what only this page knows of them. */
export function currentRows(s: State): RecipeRow[] {
  const now = basisNow(s);
  return s.work.compared
    .filter((row) => staleReason(row, now) === undefined)
    .map(({ id, name, recipe, outcome }) => ({ id, name, recipe, outcome }));
}

/** A newer row takes the place of the one of the same recipe. */
export function withRow(rows: readonly ComparedRow[], row: ComparedRow): ComparedRow[] {
  const at = rows.findIndex((r) => r.id === row.id);
  return at < 0 ? [...rows, row] : rows.map((r, i) => (i === at ? row : r));
}

const share = v.optional(v.number());
const result = v.object({
  samples: v.number(),
  fp32Top1: share,
  fakeTop1: share,
  intTop1: share,
  agreement: v.number(),
  fakeIntAgreement: v.number(),
  kl: v.number(),
  logitsSqnrDb: v.number(),
  weightBytes: v.number(),
  islands: v.number(),
  convertMs: v.number(),
  evaluateMs: v.number(),
  warnings: v.array(v.string()),
});
const basis = v.object({
  model: v.string(),
  modelName: v.string(),
  calibration: v.string(),
  calibrationSamples: v.number(),
  data: v.string(),
  dataName: v.string(),
  samples: v.number(),
});
const row = v.object({
  id: v.string(),
  name: v.string(),
  recipe: v.looseObject({
    version: v.literal(1),
    weights: v.looseObject({ algorithm: v.string(), bits: v.number() }),
    activations: v.looseObject({ algorithm: v.string(), bits: v.number() }),
    residualBits: v.number(),
    corrections: v.record(v.string(), v.boolean()),
  }),
  outcome: v.variant('kind', [v.object({ kind: v.literal('done'), result }), v.object({ kind: v.literal('failed'), reason: v.string() })]),
  basis,
});

/** Kept rows; what an older version wrote in another form is left out. */
export function parseRows(stored: unknown): ComparedRow[] {
  if (!Array.isArray(stored)) return [];
  return stored.flatMap((entry) => {
    const parsed = v.safeParse(row, entry);
    // The engine validates a recipe whenever it is used.
    return parsed.success ? [parsed.output as unknown as ComparedRow] : [];
  });
}

const widths = v.object({ weights: v.number(), activations: v.number(), residual: v.number() });
export const comparisonView = v.object({
  presets: v.array(v.string()),
  widths: v.array(widths),
  current: v.boolean(),
  samples: v.optional(v.number()),
  sort: v.optional(v.object({ column: v.string(), descending: v.boolean() })),
  baseline: v.optional(v.string()),
});
