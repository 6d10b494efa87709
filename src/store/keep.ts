/**
 * What is kept for the next visit. Bytes are written when they are opened, small data a moment after they change.
 * A full disk is told once and changes nothing of what is open.
 */
import * as v from 'valibot';
import type { Preprocessing } from '../core/calibrate/types';
import { defaultRecipe, type Recipe } from '../core/recipe/recipe';
import type { FileInput } from '../engine/api';
import { shown } from './loadable';
import { services } from './services';
import { StorageFull } from './storage';
import type { DatasetRole, ViewSlice } from './state';
import { notify, notifyError, state, useStudio } from './store';

export interface KeptModel {
  readonly shapes: Readonly<Record<string, readonly number[]>> | undefined;
  readonly sampleId: string | undefined;
}

export interface KeptSession {
  readonly recipe: Recipe;
  readonly view: Pick<
    ViewSlice,
    'selection' | 'collapsed' | 'colourBy' | 'inspectorTab' | 'stripSorted' | 'panels' | 'panelSizes' | 'minimap' | 'step'
  >;
}

/** Runs a write; a full disk becomes one notice. */
async function keep(write: () => Promise<void>): Promise<void> {
  try {
    await write();
  } catch (error) {
    if (error instanceof StorageFull) notifyError(error.fields);
    else
      notify({
        tone: 'watch',
        title: 'This visit is not kept for the next',
        detail: error instanceof Error ? error.message : String(error),
      });
  }
}

export const keepModel = (files: readonly FileInput[], shapes: KeptModel['shapes'], sampleId: string | undefined): Promise<void> =>
  keep(async () => {
    const { storage } = services();
    await storage.writeFiles('model', files);
    await storage.writeMeta('model', { shapes, sampleId } satisfies KeptModel);
    await storage.removeMeta('calibration');
    await storage.removeFiles('calibration');
    await storage.removeFiles('evaluation');
    await storage.writeMeta('session', sessionNow());
  });

export const keepData = (
  role: DatasetRole,
  files: readonly FileInput[],
  preprocessing: Partial<Preprocessing> | undefined,
): Promise<void> =>
  keep(async () => {
    await services().storage.writeFiles(role, files);
    await services().storage.writeMeta(`${role}-preprocessing`, preprocessing);
  });

export const keepCalibration = (): Promise<void> =>
  keep(async () => services().storage.writeMeta('calibration', await services().engine.saveCalibration()));

export const forgetSession = (): Promise<void> =>
  keep(async () => {
    const { storage } = services();
    for (const slot of ['model', 'calibration', 'evaluation']) await storage.removeFiles(slot);
    for (const key of ['model', 'calibration', 'session']) await storage.removeMeta(key);
  });

function sessionNow(): KeptSession {
  const { view, recipe } = state();
  const { selection, collapsed, colourBy, inspectorTab, stripSorted, panels, panelSizes, minimap, step } = view;
  return { recipe: recipe.present, view: { selection, collapsed, colourBy, inspectorTab, stripSorted, panels, panelSizes, minimap, step } };
}

/** Writes recipe and view 400 ms after the last change, while a model is open. Returns what stops it. */
export function keepSessionUpToDate(): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return useStudio.subscribe((now, before) => {
    if (now.view === before.view && now.recipe === before.recipe) return;
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (shown(state().work.model) !== undefined) void keep(() => services().storage.writeMeta('session', sessionNow()));
    }, 400);
  });
}

const text = v.fallback(v.optional(v.string()), undefined);
const session = v.object({
  recipe: v.looseObject({ version: v.literal(1) }),
  view: v.object({
    selection: text,
    collapsed: v.fallback(v.optional(v.array(v.string())), undefined),
    colourBy: v.fallback(v.picklist(['operator', 'sqnr', 'bits']), 'operator'),
    inspectorTab: v.fallback(v.string(), 'weights'),
    stripSorted: v.fallback(v.boolean(), false),
    panels: v.fallback(v.object({ tree: v.boolean(), inspector: v.boolean(), strip: v.boolean() }), {
      tree: true,
      inspector: true,
      strip: true,
    }),
    panelSizes: v.fallback(v.record(v.string(), v.record(v.string(), v.number())), {}),
    minimap: v.fallback(v.boolean(), true),
    step: v.fallback(v.optional(v.picklist(['calibrate', 'recipe', 'export', 'evaluate'])), undefined),
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
    view: {
      ...parsed.output.view,
      selection: parsed.output.view.selection,
      collapsed: parsed.output.view.collapsed,
      step: parsed.output.view.step,
    },
  };
}
