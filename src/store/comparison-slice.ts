/**
 * The comparison of recipes in the state, as types: rows that say themselves what they were measured on, the run that goes on,
 * what is chosen. What is read from it is in comparison.ts.
 */
import type { Widths } from '../core/recipe/preset-recipe';
import type { RecipeEntry, RecipeRow } from '../core/recipe/recipe-table';
import type { LoadProgress } from './loadable';

/** What a row was measured on. */
export interface RowBasis {
  /** SHA-256 of the model, and its name for people. */
  readonly model: string;
  readonly modelName: string;
  /** SHA-256 over the calibration samples, and how many. */
  readonly calibration: string;
  readonly calibrationSamples: number;
  /** What is known of the test data as text, and how many of them were asked for. */
  readonly data: string;
  readonly dataName: string;
  readonly samples: number;
}

export interface ComparedRow extends RecipeRow {
  readonly basis: RowBasis;
}

export interface ComparisonRun {
  readonly entries: readonly RecipeEntry[];
  readonly index: number;
  readonly progress: LoadProgress | undefined;
}

/** What is chosen to be run and how the table is looked at. */
export interface ComparisonView {
  readonly presets: readonly string[];
  readonly widths: readonly Widths[];
  readonly current: boolean;
  /** Test samples; undefined: all. */
  readonly samples: number | undefined;
  /** Column id; undefined: in the order in which rows arrived. */
  readonly sort: { readonly column: string; readonly descending: boolean } | undefined;
  /** Row that the others are measured against; undefined: FP32. */
  readonly baseline: string | undefined;
}

export const usualWidths: readonly Widths[] = [
  { weights: 8, activations: 8, residual: 8 },
  { weights: 4, activations: 8, residual: 8 },
  { weights: 4, activations: 4, residual: 8 },
];

export const initialComparison: ComparisonView = {
  presets: ['minmax_channel+minmax', 'mse_channel+mse', 'gptq+mse', 'adaround+lsq'],
  widths: usualWidths.slice(0, 2),
  current: true,
  samples: 200,
  sort: undefined,
  baseline: undefined,
};
