/** Brings back the last visit: model, recipe, view, data and calibration, each as far as it was kept. */
import * as v from 'valibot';
import { parseRows } from '../comparison';
import { usableChoice } from '../export-slice';
import { parseSession } from '../keep';
import { shown } from '../loadable';
import { fieldsOf } from '../run-job';
import { services } from '../services';
import type { DatasetRole } from '../state';
import { notifyError, setView, setWork, state, useStudio } from '../store';
import { useData, useSyntheticData } from './data';
import { openFiles } from './open';

const keptModel = v.object({
  shapes: v.optional(v.record(v.string(), v.array(v.number()))),
  sampleId: v.optional(v.string()),
});
const keptPreprocessing = v.optional(
  v.partial(
    v.object({
      resize: v.optional(v.number()),
      size: v.tuple([v.number(), v.number()]),
      scale: v.number(),
      mean: v.array(v.number()),
      std: v.array(v.number()),
      layout: v.picklist(['NCHW', 'NHWC']),
      channels: v.picklist(['rgb', 'bgr', 'gray']),
    }),
  ),
);

/** The samples must be loaded before: an open sample is found again by its id. */
export async function restoreSession(): Promise<void> {
  const { storage, engine } = services();
  try {
    const files = await storage.readFiles('model');
    if (files === undefined) return;
    const about = v.safeParse(keptModel, await storage.readMeta('model'));
    const session = parseSession(await storage.readMeta('session'));
    if (session !== undefined) {
      setView(session.view);
      const { exporting } = session;
      useStudio.setState((s) => ({
        recipe: { past: [], present: session.recipe, future: [] },
        exporting: { ...s.exporting, ...(s.exporting.known.length === 0 ? exporting : usableChoice(exporting, s.exporting.known)) },
      }));
    }
    const kept = about.success ? about.output : {};
    const sample = shown(state().work.samples)?.find((s) => s.id === kept.sampleId);
    if (!(await openFiles(files, { shapes: kept.shapes, sample, restoring: true }))) return;
    const model = shown(state().work.model);
    if (state().work.compared.length === 0) setWork({ compared: parseRows(await storage.readMeta('comparison')) });
    // Another model, or data given while this goes on, are the user's and win.
    const isOpen = () => shown(state().work.model) === model;
    const untouched = (role: DatasetRole) => isOpen() && state().work.data[role].kind === 'empty';
    for (const role of ['calibration', 'evaluation'] as const) if (untouched(role)) await restoreData(role, () => untouched(role));
    const calibration = await storage.readMeta('calibration');
    if (!(calibration instanceof Uint8Array) || !isOpen() || state().work.calibration.kind !== 'empty') return;
    const data = shown(state().work.data.calibration);
    const value = await engine.restoreCalibration(calibration);
    if (isOpen()) setWork({ calibration: { kind: 'ready', value }, calibratedOn: data });
  } catch (error) {
    notifyError({ ...fieldsOf(error), what: 'Not everything of your last visit could be brought back' });
  }
}

async function restoreData(role: DatasetRole, wanted: () => boolean): Promise<void> {
  const { storage } = services();
  const synthetic = role === 'calibration' ? await storage.readMeta('calibration-synthetic') : undefined;
  if (typeof synthetic === 'number') {
    if (wanted()) await useSyntheticData(synthetic, { restoring: true });
    return;
  }
  const files = await storage.readFiles(role);
  if (files === undefined) return;
  const stored = v.safeParse(keptPreprocessing, await storage.readMeta(`${role}-preprocessing`));
  // Fields that were absent stay absent: the engine guesses them again.
  const preprocessing = stored.success ? stored.output : undefined;
  if (!wanted()) return;
  await useData(files, role, preprocessing === undefined ? undefined : (preprocessing as Parameters<typeof useData>[2]), {
    restoring: true,
  });
}
