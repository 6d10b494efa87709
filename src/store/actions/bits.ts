/** Mixed precision: the sweep, what a recipe is expected to do, and bits that are put into the recipe as named changes. */
import { recipeOfPoint } from '../../core/analysis/sensitivity/apply';
import type { Frontier } from '../../core/analysis/sensitivity/types';
import { withLayerBits, type BitsKey } from '../layer-bits';
import { shown } from '../loadable';
import { fieldsOf, runJob } from '../run-job';
import { isCalibrationStale, openModel } from '../selectors';
import { services } from '../services';
import { notifyError, setRecipe, setWork, state } from '../store';

export interface SweepWish {
  readonly weightBits: readonly number[];
  readonly activationBits: readonly number[];
  /** undefined: as many as take little time. */
  readonly samples: number | undefined;
}

export async function runSweep(wish: SweepWish): Promise<boolean> {
  if (isCalibrationStale(state())) {
    notifyError({ code: 'not-ready', what: 'The data changed after the calibration', todo: 'Calibrate again, then sweep.' }, 'sweep');
    return false;
  }
  const recipe = state().recipe.present;
  const done = await runJob('sweep', { read: () => state().work.sweep, write: (sweep) => setWork({ sweep }) }, (job) =>
    services().engine.sensitivity({ recipe, ...wish }, job),
  );
  if (done !== undefined) await askEstimate();
  return done !== undefined;
}

let asked = 0;

/** Of several recipes asked for, the last one wins. A recipe that the engine refuses has no estimate: converting says why. */
export async function askEstimate(): Promise<void> {
  const mine = ++asked;
  const model = openModel(state());
  const recipe = state().recipe.present;
  if (model === undefined) return;
  try {
    const value = await services().engine.estimate(recipe, shown(state().work.sweep));
    if (mine === asked && openModel(state()) === model) setWork({ estimate: { recipe, value } });
  } catch (error) {
    if (mine !== asked) return;
    setWork({ estimate: undefined });
    const fields = fieldsOf(error);
    if (fields.code === 'internal') notifyError(fields);
  }
}

/** The assignment of a point, as one change that can be undone. */
export function applyPoint(frontier: Frontier, at: number): void {
  const point = frontier.points[at];
  if (point === undefined) return;
  setRecipe(recipeOfPoint(state().recipe.present, frontier, at), `mixed precision, ${at} of ${frontier.moves.length} moves`);
}

export function setLayerBits(layer: string, key: BitsKey, bits: number): void {
  const name = `${layer}: ${bits} bits for ${key === 'weightBits' ? 'weights' : 'activations'}`;
  setRecipe(withLayerBits(state().recipe.present, layer, key, bits), name);
}
