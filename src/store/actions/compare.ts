/** Comparing recipes: run them one after the other, take one over, look at the rows, hand them out. Rows arrive while it runs. */
import { compareRecipes } from '../../core/recipe/compare-recipes';
import type { Recipe } from '../../core/recipe/recipe';
import { csvOf } from '../../core/recipe/recipe-table';
import { basisNow, currentTitle, entriesOf, withRow } from '../comparison';
import type { ComparedRow, ComparisonView, RowBasis } from '../comparison-slice';
import { keepComparison } from '../keep';
import type { LoadProgress } from '../loadable';
import { pauseJobs } from '../pause';
import { saveBlob } from '../save-blob';
import { isCalibrated, learnMemory, openModel } from '../selectors';
import { endJob, isCurrent, services, startJob } from '../services';
import type { Place } from '../state';
import { notify, notifyError, setRecipe, setView, setWork, state } from '../store';

export function showPlace(place: Place): void {
  setView({ place });
}

export function setComparison(patch: Partial<ComparisonView>): void {
  setView({ comparison: { ...state().view.comparison, ...patch } });
}

/** Resolves when the last recipe is done or the run was cancelled; recipes that fail are rows. */
export async function compare(): Promise<void> {
  const basis = basisNow(state());
  if (!isCalibrated(state()) || !isWhole(basis)) {
    notifyError({
      code: 'not-ready',
      what: isCalibrated(state()) ? 'There are no test data' : 'The model is not calibrated',
      todo: 'Recipes are compared on test data, with ranges from the calibration.',
    });
    return;
  }
  const { work, view, recipe } = state();
  const { samples } = view.comparison;
  const memory = learnMemory(state());
  const entries = entriesOf(work.presets, view.comparison, recipe.present, currentTitle(recipe.present, work.algorithms));
  const controller = startJob('compare');
  void pauseJobs(false);
  const mine = () => isCurrent('compare', controller);
  try {
    await compareRecipes<LoadProgress>(entries, {
      signal: controller.signal,
      tryRecipe: ({ recipe }, onProgress) =>
        services().engine.tryRecipe(recipe, { samples, memory }, { signal: controller.signal, onProgress }),
      onProgress: ({ index, progress }) => {
        if (mine()) setWork({ comparing: { entries, index, progress } });
      },
      onRow: (row) => {
        if (!mine() || controller.signal.aborted) return;
        setWork({ compared: withRow(state().work.compared, { ...row, basis }) });
        void keepComparison();
      },
    });
  } finally {
    if (mine()) setWork({ comparing: undefined });
    endJob('compare', controller);
    void pauseJobs(false);
  }
}

const isWhole = (basis: Partial<RowBasis>): basis is RowBasis =>
  basis.model !== undefined && basis.calibration !== undefined && basis.data !== undefined;

/** The recipe of a row becomes the one at hand; undo brings the one before back. */
export function applyRow(row: ComparedRow): void {
  const before: Recipe = state().recipe.present;
  setRecipe(row.recipe);
  if (state().recipe.present !== before)
    notify({
      tone: 'accent',
      title: `${row.name} is the recipe now`,
      detail: 'Convert to see its layers; undo brings the one before back.',
    });
}

export function removeRow(id: string): void {
  setRows(state().work.compared.filter((r) => r.id !== id));
}

export function clearRows(): void {
  setRows([]);
}

function setRows(compared: readonly ComparedRow[]): void {
  setWork({ compared });
  const { baseline } = state().view.comparison;
  if (baseline !== undefined && !compared.some((r) => r.id === baseline)) setComparison({ baseline: undefined });
  void keepComparison();
}

/** A download of the rows given, in their order. */
export function exportRows(rows: readonly ComparedRow[], format: 'csv' | 'json'): void {
  const name = `${openModel(state())?.summary.name ?? 'model'}-recipes.${format}`;
  const text = format === 'csv' ? csvOf(rows) : `${JSON.stringify({ rows }, null, 2)}\n`;
  saveBlob(new Blob([text], { type: format === 'csv' ? 'text/csv' : 'application/json' }), name);
}
