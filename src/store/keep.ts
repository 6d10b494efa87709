/**
 * What is kept for the next visit. Bytes are written when they are opened, small data a moment after they change.
 * Law: what is kept belongs to one model. When the open model could not be kept, nothing of it is: the visit that was
 * kept before stays whole. A full disk is told once and changes nothing of what is open.
 */
import * as v from 'valibot';
import type { Preprocessing } from '../core/calibrate/types';
import { defaultRecipe, type Recipe } from '../core/recipe/recipe';
import type { FileInput } from '../engine/api';
import { comparisonView } from './comparison';
import { initialComparison } from './comparison-slice';
import { emptyExport, type ExportChoice } from './export-slice';
import { numberIds } from './layer-numbers';
import { shown } from './loadable';
import { services } from './services';
import { StorageFull, StorageRefused } from './storage';
import type { DatasetRole, OpenModel, ViewSlice } from './state';
import { notify, notifyError, setWork, state, useStudio } from './store';

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
  'panels',
  'panelSizes',
  'minimap',
  'learnOn',
  'step',
  'place',
  'comparison',
] as const satisfies readonly (keyof ViewSlice)[];

/** The open model whose visit the slots hold; undefined while they hold another or none. */
let kept: OpenModel | undefined;

/** The last visit was brought back: what the slots hold is this model's. */
export function holdsKept(model: OpenModel): void {
  kept = model;
}

let last: Promise<void> = Promise.resolve();
let waiting = 0;
let refusalTold = false;

/** Runs a write after those before it; what hinders it becomes one notice. */
function keep(write: () => Promise<void>): Promise<void> {
  waiting += 1;
  setWork({ keeping: true });
  const written = last.then(write).catch((error: unknown) => {
    if (error instanceof StorageFull) notifyError(error.fields);
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
function keepOfModel(write: () => Promise<void>): Promise<void> {
  const owner = shown(state().work.model);
  return keep(async () => {
    if (owner !== undefined && owner === kept && owner === shown(state().work.model)) await write();
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
    await storage.writeFiles('model', files);
    try {
      await storage.writeMeta('model', { shapes, sampleId } satisfies KeptModel);
      await dropCalibration();
      await storage.removeFiles('evaluation');
      await storage.writeMeta('session', sessionNow());
    } catch (error) {
      // Half of one model beside half of another would be no visit at all.
      await forget();
      throw error;
    }
    kept = model;
  });
}

export const keepData = (
  role: DatasetRole,
  files: readonly FileInput[],
  preprocessing: Partial<Preprocessing> | undefined,
): Promise<void> =>
  keepOfModel(async () => {
    const { storage } = services();
    if (role === 'calibration') await storage.removeMeta('calibration'); // it came from the data before
    await storage.writeFiles(role, files);
    await storage.writeMeta(`${role}-preprocessing`, preprocessing);
    if (role === 'calibration') await storage.removeMeta('calibration-synthetic');
  });

/** Of random numbers only how many there are. */
export const keepSyntheticData = (samples: number): Promise<void> =>
  keepOfModel(async () => {
    await dropCalibration();
    await services().storage.writeMeta('calibration-synthetic', samples);
  });

export const keepCalibration = (): Promise<void> =>
  keepOfModel(async () => services().storage.writeMeta('calibration', await services().engine.saveCalibration()));

/** Rows say themselves what they were measured on, so that they outlive other data and another model. */
export const keepComparison = (): Promise<void> => keepOfModel(() => services().storage.writeMeta('comparison', state().work.compared));

async function dropCalibration(): Promise<void> {
  const { storage } = services();
  await storage.removeFiles('calibration');
  for (const key of ['calibration', 'calibration-synthetic']) await storage.removeMeta(key);
}

async function forget(): Promise<void> {
  const { storage } = services();
  kept = undefined;
  await dropCalibration();
  for (const slot of ['model', 'evaluation']) await storage.removeFiles(slot);
  for (const key of ['model', 'session', 'comparison']) await storage.removeMeta(key);
}

export const forgetSession = (): Promise<void> => keep(forget);

function sessionNow(): KeptSession {
  const { view, recipe, exporting } = state();
  return {
    recipe: recipe.present,
    exporting: { formats: exporting.formats, options: exporting.options, deflate: exporting.deflate },
    view: Object.fromEntries(keptView.map((key) => [key, view[key]])) as unknown as KeptSession['view'],
  };
}

/** Writes recipe and view 400 ms after the last change, while the kept model is open. Returns what stops it. */
export function keepSessionUpToDate(): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return useStudio.subscribe((now, before) => {
    if (now.view === before.view && now.recipe === before.recipe && now.exporting === before.exporting) return;
    clearTimeout(timer);
    timer = setTimeout(() => void keepOfModel(() => services().storage.writeMeta('session', sessionNow())), 400);
  });
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
    panels: v.fallback(v.object({ tree: v.boolean(), inspector: v.boolean(), strip: v.boolean() }), {
      tree: true,
      inspector: true,
      strip: true,
    }),
    panelSizes: v.fallback(v.record(v.string(), v.record(v.string(), v.number())), {}),
    minimap: v.fallback(v.boolean(), true),
    learnOn: v.fallback(v.picklist(['wasm', 'webgpu']), 'wasm'),
    step: v.fallback(v.optional(v.picklist(['calibrate', 'recipe', 'export', 'evaluate'])), undefined),
    place: v.fallback(v.picklist(['graph', 'recipes']), 'graph'),
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
