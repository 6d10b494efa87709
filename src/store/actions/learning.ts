/**
 * What a user does with what a conversion has learned: forget it. And the look into what
 * an earlier try has left, whenever the recipe or the calibration is another.
 */
import { shown } from '../loadable';
import { fieldsOf } from '../run-job';
import { services } from '../services';
import { isCalibrationStale, learnProvider } from '../selectors';
import { notifyError, setWork, state, useStudio } from '../store';
import type { State } from '../state';

/** The next conversion learns everything again. */
export async function forgetLearned(): Promise<void> {
  const { recipe } = state();
  try {
    await services().engine.forgetLearned(recipe.present, { provider: learnProvider(state()) });
    setWork({ learned: undefined });
  } catch (error) {
    notifyError(fieldsOf(error));
  }
}

const changed = (a: State, b: State): boolean =>
  a.recipe.present !== b.recipe.present ||
  learnProvider(a) !== learnProvider(b) ||
  shown(a.work.calibration) !== shown(b.work.calibration) ||
  a.work.calibratedOn !== b.work.calibratedOn ||
  a.work.data.calibration !== b.work.data.calibration ||
  (a.work.conversion.kind === 'loading') !== (b.work.conversion.kind === 'loading');

/** Looks a moment after the last change, while nothing is converted. Returns what stops it. */
export function watchLearned(): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return useStudio.subscribe((now, before) => {
    if (!changed(now, before)) return;
    clearTimeout(timer);
    timer = setTimeout(() => void look(), 200);
  });
}

async function look(): Promise<void> {
  const before = state();
  const { calibration, conversion } = before.work;
  if (calibration.kind !== 'ready' || conversion.kind === 'loading' || isCalibrationStale(before)) {
    if (before.work.learned !== undefined) setWork({ learned: undefined });
    return;
  }
  // A recipe that cannot be used yet has learned nothing.
  const learned = await services()
    .engine.learned(before.recipe.present, { provider: learnProvider(before) })
    .catch(() => undefined);
  if (!changed(state(), before)) setWork({ learned });
}
