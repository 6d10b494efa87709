/**
 * What is kept for later: one visit for each model that was opened (visits.ts). Bytes are written when they are opened,
 * small data a moment after they change. Law: what a visit keeps belongs to one model. When the open model could not be
 * kept, nothing of it is: the visits that were kept before stay whole. A full disk is told and changes nothing of what is open.
 */
import * as v from 'valibot';
import type { Preprocessing } from '../core/calibrate/types';
import { defaultRecipe, type Recipe } from '../core/recipe/recipe';
import type { FileInput } from '../engine/api';
import { comparisonView } from './comparison';
import { initialComparison } from './comparison-slice';
import { emptyExport, type ExportChoice } from './export-slice';
import { numberIds } from './layer-numbers';
import { LEARNING_MEGABYTES, MOST_LEARNING_MEGABYTES } from './learning-memory';
import { shown } from './loadable';
import { resultsJson } from './project-results';
import { conversionOf } from './selectors';
import { services } from './services';
import { StorageFull, StorageRefused } from './storage';
import type { DatasetRole, OpenModel, ViewSlice } from './state';
import { notify, setView, setWork, state, useStudio } from './store';
import { changeVisits, outlived, partOf, patchVisit, readCurrent, readVisits, removeVisit, writeCurrent, type Visit } from './visits';

export interface KeptModel {
  readonly shapes: Readonly<Record<string, readonly number[]>> | undefined;
  readonly sampleId: string | undefined;
}

export interface KeptSession {
  readonly recipe: Recipe;
  readonly exporting: ExportChoice;
  readonly view: Pick<ViewSlice, (typeof keptView)[number]>;
}

/** What of the view is there again on the next visit. */
const keptView = [
  'selection',
  'collapsed',
  'colourBy',
  'borders',
  'inspectorTab',
  'stripSorted',
  'stripView',
  'learnOn',
  'learnMemory',
  'step',
  'place',
  'comparison',
] as const satisfies readonly (keyof ViewSlice)[];

/** The open model that is kept, and as which visit; undefined while it is not. */
let kept: { readonly model: OpenModel; readonly visit: string } | undefined;

/** A kept visit was brought back: what is made of this model belongs to it. */
export function holdsKept(model: OpenModel, visit: string): void {
  kept = { model, visit };
  void keep(async () => {
    await writeCurrent(visit);
    await patchVisit(visit, { name: model.summary.name, identity: model.summary.identity, usedAt: Date.now() });
  });
}

/** The visit that the open model is kept as. */
export const visitNow = (): string | undefined => (kept?.model === shown(state().work.model) ? kept?.visit : undefined);

let last: Promise<void> = Promise.resolve();
let waiting = 0;
let refusalTold = false;

/** Runs a write after those before it; what hinders it becomes one notice. */
export function keep(write: () => Promise<void>): Promise<void> {
  waiting += 1;
  setWork({ keeping: true });
  const written = last.then(write).catch((error: unknown) => {
    if (error instanceof StorageFull) notify({ tone: 'bad', title: error.fields.what, detail: error.fields.todo, action: 'sessions' });
    else if (error instanceof StorageRefused) {
      if (!refusalTold) notify({ tone: 'watch', title: error.fields.what, detail: error.fields.todo });
      refusalTold = true;
    } else {
      notify({
        tone: 'watch',
        title: 'This visit is not kept for the next',
        detail: error instanceof Error ? error.message : String(error),
      });
    }
  });
  last = written.then(() => {
    waiting -= 1;
    if (waiting === 0) setWork({ keeping: false });
  });
  return last;
}

/** A write of what belongs to the model that is open now: left out when that model is not the kept one, or gone by then. */
function keepOfModel(write: (at: (part: string) => string, visit: string) => Promise<void>): Promise<void> {
  const owner = shown(state().work.model);
  return keep(async () => {
    const holder = kept;
    if (owner === undefined || owner !== holder?.model || owner !== shown(state().work.model)) return;
    // Another tab may have deleted it: then nothing is written that nobody would find.
    if (!(await readVisits()).some((v) => v.id === holder.visit)) return;
    await write((part) => partOf(holder.visit, part), holder.visit);
  });
}

export function keepModel(
  model: OpenModel,
  files: readonly FileInput[],
  shapes: KeptModel['shapes'],
  sampleId: string | undefined,
): Promise<void> {
  return keep(async () => {
    const { storage } = services();
    kept = undefined;
    const { name, identity } = model.summary;
    const usedAt = Date.now();
    const visit: Visit = { id: `v${usedAt.toString(36)}${(++serial).toString(36)}`, name, identity, usedAt, made: 'opened' };
    try {
      await storage.writeFiles(partOf(visit.id, 'model'), files);
      await storage.writeMeta(partOf(visit.id, 'model'), { shapes, sampleId } satisfies KeptModel);
      await storage.writeMeta(partOf(visit.id, 'session'), sessionNow());
      await changeVisits((all) => [visit, ...all]);
      await writeCurrent(visit.id);
    } catch (error) {
      // Half a visit would be none at all; those before stay whole.
      await removeVisit(visit.id).catch(() => undefined);
      throw error;
    }
    kept = { model, visit: visit.id };
    for (const { id } of outlived(await readVisits(), visit)) await removeVisit(id);
  });
}

let serial = 0;

export const keepData = (
  role: DatasetRole,
  files: readonly FileInput[],
  preprocessing: Partial<Preprocessing> | undefined,
): Promise<void> =>
  keepOfModel(async (at, visit) => {
    const { storage } = services();
    if (role === 'calibration') await dropStatistics(at, visit); // they came from the data before
    await storage.writeFiles(at(role), files);
    await storage.writeMeta(at(`${role}-preprocessing`), preprocessing);
    if (role === 'calibration') await storage.removeMeta(at('calibration-synthetic'));
  });

/** Of random numbers only how many there are. */
export const keepSyntheticData = (samples: number): Promise<void> =>
  keepOfModel(async (at, visit) => {
    const { storage } = services();
    await dropStatistics(at, visit);
    await storage.removeFiles(at('calibration'));
    await storage.writeMeta(at('calibration-synthetic'), samples);
  });

export const keepCalibration = (): Promise<void> =>
  keepOfModel(async (at, visit) => {
    await services().storage.removeMeta(at('results')); // they came from the statistics before
    await services().storage.writeMeta(at('calibration'), await services().engine.saveCalibration());
    await patchVisit(visit, { made: 'calibrated', usedAt: Date.now() });
  });

/** Rows say themselves what they were measured on, so that they outlive other data. */
export const keepComparison = (): Promise<void> =>
  keepOfModel((at) => services().storage.writeMeta(at('comparison'), state().work.compared));

/** What the conversion and the evaluation of now measured. Integers are made again from recipe and statistics: results.ts. */
export const keepResults = (): Promise<void> =>
  keepOfModel(async (at, visit) => {
    const s = state();
    const [conversion, { convertedRecipe }] = [conversionOf(s), s.work];
    if (conversion === undefined || convertedRecipe === undefined) return;
    await services().storage.writeMeta(at('results'), resultsJson({ conversion, convertedRecipe, evaluation: shown(s.work.evaluation) }));
    await patchVisit(visit, { made: 'converted', usedAt: Date.now() });
  });

async function dropStatistics(at: (part: string) => string, visit: string): Promise<void> {
  await services().storage.removeMeta(at('calibration'));
  await services().storage.removeMeta(at('results'));
  await patchVisit(visit, { made: 'opened' });
}

/** The model is closed: the next start begins empty, the visit stays on the list. */
export const leaveVisit = (): Promise<void> =>
  keep(async () => {
    kept = undefined;
    await writeCurrent(undefined);
  });

/** Deletes a visit; the open model goes on, kept no longer where it was its own. */
export const deleteVisit = (id: string): Promise<void> =>
  keep(async () => {
    if (kept?.visit === id) kept = undefined;
    if ((await readCurrent()) === id) await writeCurrent(undefined);
    await removeVisit(id);
  });

/** Recipe and view as they are kept and put into project files. */
export function sessionNow(): KeptSession {
  const { view, recipe, exporting } = state();
  return {
    recipe: recipe.present,
    exporting: { formats: exporting.formats, options: exporting.options, deflate: exporting.deflate },
    view: Object.fromEntries(keptView.map((key) => [key, view[key]])) as unknown as KeptSession['view'],
  };
}

const preferencesKey = 'preferences';

/** What of the view is the user's, whatever model is open. */
const preferenceNames = ['panels', 'panelSizes', 'minimap', 'hintsSeen', 'hintsOff'] as const satisfies readonly (keyof ViewSlice)[];
const preferencesOf = (view: ViewSlice): Record<string, unknown> => Object.fromEntries(preferenceNames.map((name) => [name, view[name]]));

/** Writes recipe, view and panels 400 ms after the last change, what is of a model while it is kept. Returns what stops it. */
export function keepSessionUpToDate(): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let panelTimer: ReturnType<typeof setTimeout> | undefined;
  return useStudio.subscribe((now, before) => {
    if (now.view === before.view && now.recipe === before.recipe && now.exporting === before.exporting) return;
    clearTimeout(timer);
    timer = setTimeout(() => void keepOfModel((at) => services().storage.writeMeta(at('session'), sessionNow())), 400);
    if (preferenceNames.every((name) => now.view[name] === before.view[name])) return;
    clearTimeout(panelTimer);
    panelTimer = setTimeout(() => void keep(() => services().storage.writeMeta(preferencesKey, preferencesOf(now.view))), 400);
  });
}

const preferences = v.object({
  panels: v.object({ tree: v.boolean(), inspector: v.boolean(), strip: v.boolean() }),
  panelSizes: v.record(v.string(), v.record(v.string(), v.number())),
  minimap: v.boolean(),
  hintsSeen: v.fallback(v.array(v.string()), []),
  hintsOff: v.fallback(v.boolean(), false),
});

/** What cannot be read stays as it is. */
export async function restorePreferences(): Promise<void> {
  const parsed = v.safeParse(preferences, await services().storage.readMeta(preferencesKey));
  if (parsed.success) setView(parsed.output);
}

const text = v.fallback(v.optional(v.string()), undefined);
const session = v.object({
  recipe: v.looseObject({ version: v.literal(1) }),
  exporting: v.fallback(
    v.object({
      formats: v.array(v.string()),
      options: v.record(v.string(), v.record(v.string(), v.union([v.number(), v.string(), v.boolean()]))),
      deflate: v.boolean(),
    }),
    { formats: [...emptyExport.formats], options: {}, deflate: false },
  ),
  view: v.object({
    selection: text,
    collapsed: v.fallback(v.optional(v.array(v.string())), undefined),
    colourBy: v.fallback(v.picklist(['operator', 'islands', ...numberIds]), 'operator'),
    borders: v.fallback(v.record(v.picklist(numberIds), v.object({ good: v.number(), bad: v.number() })), {}),
    inspectorTab: v.fallback(v.string(), 'weights'),
    stripSorted: v.fallback(v.boolean(), false),
    stripView: v.fallback(v.picklist(['bars', 'table']), 'bars'),
    learnOn: v.fallback(v.picklist(['wasm', 'webgpu']), 'wasm'),
    learnMemory: v.fallback(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(MOST_LEARNING_MEGABYTES)), LEARNING_MEGABYTES),
    step: v.fallback(v.optional(v.picklist(['calibrate', 'recipe', 'export', 'evaluate'])), undefined),
    place: v.fallback(v.picklist(['graph', 'recipes', 'plugins']), 'graph'),
    comparison: v.fallback(v.optional(comparisonView), undefined),
  }),
});

/** The kept recipe and view, mended where an older version wrote them; undefined when they cannot be read. */
export function parseSession(stored: unknown): KeptSession | undefined {
  const parsed = v.safeParse(session, stored);
  if (!parsed.success) return undefined;
  // The engine validates a recipe whenever it is used; fields that an old file lacks get their defaults.
  const recipe = { ...defaultRecipe, ...parsed.output.recipe } as Recipe;
  return {
    recipe,
    exporting: parsed.output.exporting,
    view: {
      ...parsed.output.view,
      selection: parsed.output.view.selection,
      collapsed: parsed.output.view.collapsed,
      step: parsed.output.view.step,
      comparison: { ...initialComparison, ...parsed.output.view.comparison },
    },
  };
}
