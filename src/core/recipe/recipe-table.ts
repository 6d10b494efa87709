/**
 * The rows of a comparison of recipes and its columns as data: page, command line, CSV and results read the same list.
 * Nothing is formatted for people here. Law: a failed row has the columns of its recipe and no other; a column's best
 * is the same whatever the order of the rows.
 */
import { correctionsOf } from './preset-recipe';
import type { Recipe } from './recipe';

/** Both integer paths beside FP32 on the test data. Accuracies are shares of 1. */
export interface Accuracy {
  readonly samples: number;
  readonly fp32Top1: number | undefined;
  readonly fakeTop1: number | undefined;
  readonly intTop1: number | undefined;
  /** Share of samples where integer and FP32 agree in top-1. */
  readonly agreement: number;
  /** Share of samples where fake and integer agree in top-1. */
  readonly fakeIntAgreement: number;
  /** Mean KL(FP32 || integer) of the softmax of the logits, nats. */
  readonly kl: number;
  readonly logitsSqnrDb: number;
}

/** What a recipe gave. */
export interface RecipeResult extends Accuracy {
  readonly weightBytes: number;
  /** Operators that are left in float. */
  readonly islands: number;
  readonly convertMs: number;
  readonly evaluateMs: number;
  readonly warnings: readonly string[];
}

export type RecipeOutcome =
  | { readonly kind: 'done'; readonly result: RecipeResult }
  /** One line: why there is no result. */
  | { readonly kind: 'failed'; readonly reason: string };

export interface RecipeEntry {
  /** Of the preset, or what the recipe is called. */
  readonly name: string;
  readonly recipe: Recipe;
}

export interface RecipeRow extends RecipeEntry {
  /** SHA-256 of the recipe: one row a recipe. */
  readonly id: string;
  readonly outcome: RecipeOutcome;
}

export type Cell = number | string | undefined;

export interface Column {
  readonly id: string;
  readonly title: string;
  /** Which end of the column is good; undefined: neither. */
  readonly better: 'high' | 'low' | undefined;
  /** Shares are multiplied by 100 where people read them. */
  readonly unit: 'share' | 'nat' | 'dB' | 'byte' | 'ms' | 'bit' | 'text' | 'count';
  value(row: RecipeRow): Cell;
}

const resultOf = (row: RecipeRow): RecipeResult | undefined => (row.outcome.kind === 'done' ? row.outcome.result : undefined);

const measured = (
  id: string,
  title: string,
  better: Column['better'],
  unit: Column['unit'],
  read: (r: RecipeResult) => number | undefined,
): Column => ({
  id,
  title,
  better,
  unit,
  value: (row) => {
    const result = resultOf(row);
    return result && read(result);
  },
});

export const columns: readonly Column[] = [
  { id: 'recipe', title: 'Recipe', better: undefined, unit: 'text', value: (r) => r.name },
  { id: 'weights', title: 'Weights', better: undefined, unit: 'text', value: (r) => r.recipe.weights.algorithm },
  { id: 'activations', title: 'Activations', better: undefined, unit: 'text', value: (r) => r.recipe.activations.algorithm },
  { id: 'wbits', title: 'W', better: undefined, unit: 'bit', value: (r) => r.recipe.weights.bits },
  { id: 'abits', title: 'A', better: undefined, unit: 'bit', value: (r) => r.recipe.activations.bits },
  { id: 'residualBits', title: 'Residual', better: undefined, unit: 'bit', value: (r) => r.recipe.residualBits },
  { id: 'corrections', title: 'Corrections', better: undefined, unit: 'text', value: (r) => correctionsOf(r.recipe).join(' ') },
  measured('fp32Top1', 'FP32', undefined, 'share', (r) => r.fp32Top1),
  measured('fakeTop1', 'Fake', 'high', 'share', (r) => r.fakeTop1),
  measured('intTop1', 'Integer', 'high', 'share', (r) => r.intTop1),
  measured('agreement', 'Agreement', 'high', 'share', (r) => r.agreement),
  measured('kl', 'KL', 'low', 'nat', (r) => r.kl),
  measured('logitsSqnrDb', 'SQNR', 'high', 'dB', (r) => r.logitsSqnrDb),
  measured('weightBytes', 'Size', 'low', 'byte', (r) => r.weightBytes),
  measured('islands', 'Float ops', undefined, 'count', (r) => r.islands),
  measured('convertMs', 'Convert', 'low', 'ms', (r) => r.convertMs),
  measured('evaluateMs', 'Evaluate', undefined, 'ms', (r) => r.evaluateMs),
  measured('samples', 'Samples', undefined, 'count', (r) => r.samples),
];

/** Ids of the rows that have a column's best value; none where all are the same, or where no end is good. */
export function bestOf(rows: readonly RecipeRow[], column: Column): ReadonlySet<string> {
  const values = rows.flatMap((row) => {
    const value = column.value(row);
    return typeof value === 'number' && Number.isFinite(value) ? [{ id: row.id, value }] : [];
  });
  if (column.better === undefined || values.every((v) => v.value === values[0]?.value)) return new Set();
  const all = values.map((v) => v.value);
  const best = column.better === 'high' ? Math.max(...all) : Math.min(...all);
  return new Set(values.filter((v) => v.value === best).map((v) => v.id));
}

/** A new list; rows without a value come last either way, equal ones stay in their order. */
export function sortedBy(rows: readonly RecipeRow[], column: Column, descending: boolean): RecipeRow[] {
  const sign = descending ? -1 : 1;
  return [...rows].sort((a, b) => {
    const [x, y] = [column.value(a), column.value(b)];
    if (x === undefined || y === undefined) return Number(x === undefined) - Number(y === undefined);
    if (typeof x === 'number' && typeof y === 'number') return x === y ? 0 : sign * (x - y);
    const [s, t] = [String(x), String(y)];
    return s === t ? 0 : sign * (s < t ? -1 : 1);
  });
}

/** RFC 4180, one row a recipe, numbers in full; the reason of a failed row stands in the last column. */
export function csvOf(rows: readonly RecipeRow[]): string {
  const head = [...columns.map((c) => c.id), 'failed'];
  const body = rows.map((row) => [...columns.map((c) => c.value(row)), row.outcome.kind === 'failed' ? row.outcome.reason : undefined]);
  return [head, ...body].map((cells) => `${cells.map(csvCell).join(',')}\r\n`).join('');
}

function csvCell(cell: Cell): string {
  if (cell === undefined) return '';
  // what begins like a formula is one to a spreadsheet
  const text = typeof cell === 'string' && /^[=+@-]/.test(cell) ? `'${cell}` : String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
