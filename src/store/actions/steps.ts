/** The steps of the main job: calibrate, convert, evaluate, export. Each keeps its last result until a newer one is there. */
import type { ExportOptions } from '../../engine/api';
import type { Provider } from '../../engine/ports';
import { currentRows } from '../comparison';
import { keepCalibration, keepResults } from '../keep';
import { afterReport, noLearning } from '../learning';
import { empty, shown } from '../loadable';
import { runJob } from '../run-job';
import { saveBlob } from '../save-blob';
import { cancelJob, held, services } from '../services';
import { isCalibrationStale, learnMemory, learnProvider } from '../selectors';
import type { WorkSlice } from '../state';
import { notify, notifyError, setView, setWork, state } from '../store';

export async function calibrate(options: { readonly samples: number; readonly provider: Provider }): Promise<boolean> {
  const data = shown(state().work.data.calibration);
  const done = await runJob(
    'calibrate',
    { read: () => state().work.calibration, write: (calibration) => setWork({ calibration }) },
    (job) => services().engine.calibrate(options, job),
  );
  if (done === undefined) return false;
  // Results that came from the old statistics are gone with them.
  setWork({
    calibratedOn: data,
    conversion: empty,
    convertedRecipe: undefined,
    profiles: empty,
    sweep: empty,
    estimate: undefined,
    learning: undefined,
    evaluation: empty,
    exported: empty,
    layers: new Map(),
  });
  held.bundle = undefined;
  // Other data given meanwhile: what is kept belongs together.
  if (!isCalibrationStale(state())) await keepCalibration();
  return true;
}

export async function convert(options: { readonly sampleIndex?: number; readonly strict?: boolean } = {}): Promise<boolean> {
  // The sample would come from other data than the ranges.
  if (isCalibrationStale(state())) {
    notifyError({ code: 'not-ready', what: 'The data changed after the calibration', todo: 'Calibrate again, then convert.' }, 'convert');
    return false;
  }
  const { recipe } = state();
  const provider = learnProvider(state());
  const wanted = { sampleIndex: options.sampleIndex ?? 0, strict: options.strict ?? false, provider, memory: learnMemory(state()) };
  setWork({ learning: undefined });
  const place = { read: () => state().work.conversion, write: (conversion: WorkSlice['conversion']) => setWork({ conversion }) };
  const done = await runJob('convert', place, (job) =>
    services().engine.convert(recipe.present, wanted, {
      ...job,
      onProgress: (report) => {
        job.onProgress(report);
        const { learning } = state().work;
        const next = afterReport(learning ?? noLearning, report);
        if (!job.signal.aborted && next !== (learning ?? noLearning)) setWork({ learning: next });
      },
    }),
  );
  const { learning } = state().work;
  // of a conversion that was cancelled the rows are the continuation's; while another runs they are that one's
  if (state().work.conversion.kind !== 'loading' && learning) setWork({ learning: done && { ...learning, running: undefined } });
  if (done === undefined) return false;
  setWork({ convertedRecipe: JSON.stringify(recipe.present), profiles: empty, evaluation: empty, exported: empty, layers: new Map() });
  held.bundle = undefined;
  void keepResults();
  if (state().view.colourBy === 'operator' && done.layers.some((l) => l.sqnrDb !== undefined)) setView({ colourBy: 'sqnr' });
  return true;
}

/** Runs the conversion on screen under other requantization profiles. */
export async function compareProfiles(): Promise<boolean> {
  const done = await runJob('profiles', { read: () => state().work.profiles, write: (profiles) => setWork({ profiles }) }, (job) =>
    services().engine.profiles({}, job),
  );
  return done !== undefined;
}

export async function evaluate(options: { readonly samples: number | undefined }): Promise<boolean> {
  const done = await runJob('evaluate', { read: () => state().work.evaluation, write: (evaluation) => setWork({ evaluation }) }, (job) =>
    services().engine.evaluate(options, job),
  );
  if (done !== undefined) void keepResults();
  return done !== undefined;
}

/** Makes the zip and hands it to the browser as a download. A report in it has the compared recipes that are of this model and data. */
export async function exportBundle(options: ExportOptions): Promise<boolean> {
  const done = await runJob('export', { read: () => state().work.exported, write: (exported) => setWork({ exported }) }, async (job) => {
    const { blob, ...result } = await services().engine.exportBundle({ ...options, compared: currentRows(state()) }, job);
    held.bundle = blob;
    return result;
  });
  if (done === undefined) return false;
  saveBundle();
  return true;
}

/** Downloads the finished zip again. */
export function saveBundle(): void {
  const result = shown(state().work.exported);
  if (result === undefined) return;
  if (held.bundle === undefined) {
    notify({ tone: 'watch', title: 'The zip is no longer kept', detail: 'Export again to download it.' });
    return;
  }
  saveBlob(held.bundle, result.fileName);
}

export { cancelJob as cancelStep };
