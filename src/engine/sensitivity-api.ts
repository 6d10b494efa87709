/** The engine's use cases of mixed precision: what bits of single layers cost and what they do to the logits. */
import type { RecipeEstimate, SensitivityReport } from '../core/analysis/sensitivity/types';
import type { Recipe } from '../core/recipe/recipe';
import type { Job } from './job-types';

export interface SensitivityRequest {
  /** What of it is no bits: algorithms, arithmetic, layers in float. */
  readonly recipe: Recipe;
  /** Calibration samples to run; undefined: as many as take seconds, 8 at most. */
  readonly samples?: number | undefined;
  /** Bits to try, 2..7. */
  readonly weightBits: readonly number[];
  readonly activationBits: readonly number[];
}

export interface SensitivityApi {
  /** One layer at a time, measured. After a calibration. A sweep that was cancelled goes on where it ended. */
  sensitivity(request: SensitivityRequest, job?: Job): Promise<SensitivityReport>;
  /** Costs of a recipe and, from a sweep of the open model, an estimate of the logits. Runs nothing: milliseconds. */
  estimate(recipe: Recipe, sweep: SensitivityReport | undefined): Promise<RecipeEstimate>;
}
