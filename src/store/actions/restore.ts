/** Brings back what was kept: the last visit when the page starts, any other from the list of visits. */
import * as v from 'valibot';
import { dictionaryOf } from '../../core/recipe/dictionary-schema';
import { parseRows } from '../comparison';
import { usableChoice } from '../export-slice';
import { parseSession, restorePreferences, type KeptSession } from '../keep';
import { shown } from '../loadable';
import { parseResults } from '../project-results';
import { fieldsOf } from '../run-job';
import { services } from '../services';
import type { DatasetRole } from '../state';
import { notifyError, setView, setWork, state, useStudio } from '../store';
import { adoptOldVisit, partOf, readCurrent } from '../visits';
import { useData, useSyntheticData } from './data';
import { openFiles } from './open';
import { bringResults } from './results';

const keptModel = v.object({
  shapes: v.optional(dictionaryOf(v.array(v.number()))),
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

/** The samples must be loaded before: an open sample is found again by its id. `wanted`: a visit that was asked for. */
export async function restoreSession(wanted?: string): Promise<void> {
  try {
    await restorePreferences();
    await adoptOldVisit();
    const id = wanted ?? (await readCurrent());
    if (id !== undefined) await openVisit(id);
  } catch (error) {
    notifyError({ ...fieldsOf(error), what: 'Not everything of your last visit could be brought back' });
  }
}

/** Opens a kept visit in place of what is open: model, recipe, view, data and calibration, each as far as it was kept. */
export async function openVisit(id: string): Promise<void> {
  const { storage, engine } = services();
  const at = (part: string) => partOf(id, part);
  const files = await storage.readFiles(at('model'));
  if (files === undefined) return;
  const about = v.safeParse(keptModel, await storage.readMeta(at('model')));
  const session = parseSession(await storage.readMeta(at('session')));
  const kept = about.success ? about.output : {};
  const sample = shown(state().work.samples)?.find((s) => s.id === kept.sampleId);
  const opened = await openFiles(files, {
    shapes: kept.shapes,
    sample,
    visit: id,
    bring: () => bringSession(session),
  });
  if (!opened) return;
  const model = shown(state().work.model);
  setWork({ compared: parseRows(await storage.readMeta(at('comparison'))) });
  // Another model, or data given while this goes on, are the user's and win.
  const isOpen = () => shown(state().work.model) === model;
  const untouched = (role: DatasetRole) => isOpen() && state().work.data[role].kind === 'empty';
  for (const role of ['calibration', 'evaluation'] as const) if (untouched(role)) await restoreData(role, at, () => untouched(role));
  const calibration = await storage.readMeta(at('calibration'));
  if (!(calibration instanceof Uint8Array) || !isOpen() || state().work.calibration.kind !== 'empty') return;
  const data = shown(state().work.data.calibration);
  const value = await engine.restoreCalibration(calibration);
  if (!isOpen()) return;
  setWork({ calibration: { kind: 'ready', value }, calibratedOn: data });
  const results = parseResults(await storage.readMeta(at('results')));
  if (results === undefined || data === undefined || !isOpen() || state().work.conversion.kind !== 'empty') return;
  // Not waited for: everything else is there.
  void bringResults(results, { from: 'your last visit', why: 'The studio may be another version' });
}

/** Recipe, view and formats become those of a session that was kept or saved. */
export function bringSession(session: KeptSession | undefined): void {
  if (session === undefined) return;
  const { recipe, view, exporting } = session;
  setView(view);
  useStudio.setState((s) => ({
    recipe: { past: [], present: recipe, future: [] },
    exporting: { ...s.exporting, ...(s.exporting.known.length === 0 ? exporting : usableChoice(exporting, s.exporting.known)) },
  }));
}

async function restoreData(role: DatasetRole, at: (part: string) => string, wanted: () => boolean): Promise<void> {
  const { storage } = services();
  const synthetic = role === 'calibration' ? await storage.readMeta(at('calibration-synthetic')) : undefined;
  if (typeof synthetic === 'number') {
    if (wanted()) await useSyntheticData(synthetic, { restoring: true });
    return;
  }
  const files = await storage.readFiles(at(role));
  if (files === undefined) return;
  const preprocessing = parsePreprocessing(await storage.readMeta(at(`${role}-preprocessing`)));
  if (wanted()) await useData(files, role, preprocessing, { restoring: true });
}

/** Fields that were absent stay absent: the engine guesses them again. undefined where it cannot be read. */
export function parsePreprocessing(stored: unknown): Parameters<typeof useData>[2] {
  const parsed = v.safeParse(keptPreprocessing, stored);
  return parsed.success ? (parsed.output as Parameters<typeof useData>[2]) : undefined; // absent keys stay absent
}
