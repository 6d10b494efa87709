/** The one store. Thin: it holds State, and set functions of slices; what happens is decided in actions/. */
import { create } from 'zustand';
import type { ErrorFields } from '../core/base/errors';
import { defaultRecipe, type Recipe } from '../core/recipe/recipe';
import { emptyChip } from './chip-slice';
import { emptyPlugins } from './plugins-slice';
import { initialComparison } from './comparison-slice';
import { emptyExport } from './export-slice';
import { LEARNING_MEGABYTES } from './learning-memory';
import { empty } from './loadable';
import { describeChange } from './recipe-change';
import { change, redo, redoName, undo, undoName } from './recipe-history';
import type { JobName } from './services';
import type { ShownNotice, State, ViewSlice, WorkSlice } from './state';

export const emptyWork = {
  layout: empty,
  data: { calibration: empty, evaluation: empty },
  calibration: empty,
  calibratedOn: undefined,
  conversion: empty,
  convertedRecipe: undefined,
  profiles: empty,
  sweep: empty,
  estimate: undefined,
  learning: undefined,
  learned: undefined,
  evaluation: empty,
  exported: empty,
  comparing: undefined,
  project: empty,
  layers: new Map(),
  shapeWanted: undefined,
  modelWanted: undefined,
} satisfies Partial<WorkSlice>;

export const initialView: ViewSlice = {
  selection: undefined,
  chosen: [],
  collapsed: undefined,
  colourBy: 'operator',
  borders: {},
  theme: 'system',
  inspectorTab: 'weights',
  stripSorted: false,
  stripView: 'bars',
  tableSort: undefined,
  panels: { tree: true, inspector: true, strip: true },
  panelSizes: {},
  minimap: true,
  hintsSeen: [],
  hintsOff: false,
  learnOn: 'wasm',
  learnMemory: LEARNING_MEGABYTES,
  palette: false,
  paletteQuery: '',
  paletteRuns: false,
  dialog: undefined,
  shortcuts: false,
  step: undefined,
  treeQuery: '',
  place: 'graph',
  comparison: initialComparison,
  camera: { wish: 'none', serial: 0 },
};

export const useStudio = create<State>()(() => ({
  work: {
    samples: empty,
    model: empty,
    keeping: false,
    paused: false,
    foreignHosts: [],
    sessions: undefined,
    providers: ['wasm'],
    algorithms: [],
    presets: [],
    compared: [],
    ...emptyWork,
  },
  view: initialView,
  chip: emptyChip,
  exporting: emptyExport,
  plugins: emptyPlugins,
  recipe: { past: [], present: defaultRecipe, future: [] },
  notices: [],
}));

export const state = (): State => useStudio.getState();

export function setWork(patch: Partial<WorkSlice>): void {
  useStudio.setState((s) => ({ work: { ...s.work, ...patch } }));
}

export function setView(patch: Partial<ViewSlice>): void {
  useStudio.setState((s) => ({ view: { ...s.view, ...patch } }));
}

/** `name`: what undoing it is called; without one it is told from what changed. */
export function setRecipe(next: Recipe, name?: string): void {
  useStudio.setState((s) => {
    const titleOf = (target: string, id: string) => titleIn(s.work.algorithms, target, id);
    return { recipe: change(s.recipe, next, name ?? describeChange(s.recipe.present, next, titleOf)) };
  });
}

/** As the engine lists it; options are listed with their group. */
function titleIn(listed: WorkSlice['algorithms'], target: string, id: string): string {
  const own = listed.find((a) => a.target === target && a.id === id)?.title;
  return own ?? listed.find((a) => a.target === target)?.options.find((o) => o.id === id)?.title ?? id;
}

export function resetRecipe(): void {
  setRecipe(defaultRecipe);
}

export function undoRecipe(): void {
  const name = undoName(state().recipe);
  useStudio.setState((s) => ({ recipe: undo(s.recipe) }));
  if (name !== undefined) tellStep(`Undone: ${name}`, 'redo');
}

export function redoRecipe(): void {
  const name = redoName(state().recipe);
  useStudio.setState((s) => ({ recipe: redo(s.recipe) }));
  if (name !== undefined) tellStep(`Done again: ${name}`, 'undo');
}

/** One message about the last step: that of the step before is over. */
function tellStep(title: string, action: string): void {
  useStudio.setState((s) => ({ notices: s.notices.filter((n) => n.action !== 'undo' && n.action !== 'redo') }));
  notify({ tone: 'accent', title, detail: undefined, action });
}

let serial = 0;

/** Shows a message until it is dismissed; it replaces an equal one and the error of an earlier try of the same job. */
export function notify(notice: Omit<ShownNotice, 'id'>): void {
  serial += 1;
  const id = serial;
  const replaced = (n: ShownNotice) => n.title === notice.title || (n.job !== undefined && n.job === notice.job);
  useStudio.setState((s) => ({ notices: [...s.notices.filter((n) => !replaced(n)), { ...notice, id }].slice(-4) }));
}

/** What went wrong in earlier tries of a job is over when it succeeds. */
export function clearErrors(job: JobName): void {
  if (state().notices.some((n) => n.job === job)) useStudio.setState((s) => ({ notices: s.notices.filter((n) => n.job !== job) }));
}

export function dismiss(id: number): void {
  useStudio.setState((s) => ({ notices: s.notices.filter((n) => n.id !== id) }));
}

/** The one way an error reaches the screen: what is wrong as headline; expected, got, where and what to do below. */
export function notifyError(error: ErrorFields, job?: JobName): void {
  notify({ tone: 'bad', title: error.what, detail: errorDetail(error), job });
}

export function errorDetail(e: ErrorFields): string | undefined {
  const where = e.where ?? {};
  const lines = [
    e.expected !== undefined && e.got !== undefined ? `Expected ${e.expected}, got ${e.got}.` : undefined,
    e.expected !== undefined && e.got === undefined ? `Expected ${e.expected}.` : undefined,
    e.expected === undefined && e.got !== undefined ? `Got ${e.got}.` : undefined,
    Object.keys(where).length === 0
      ? undefined
      : `In ${[
          where.file !== undefined ? `file ${where.file}${where.line === undefined ? '' : `, line ${where.line}`}` : undefined,
          where.node !== undefined ? `node ${where.node}` : undefined,
          where.op !== undefined ? `operator ${where.op}` : undefined,
          where.value !== undefined ? `tensor ${where.value}` : undefined,
          where.sample !== undefined ? `sample ${where.sample}` : undefined,
        ]
          .filter((t) => t !== undefined)
          .join(', ')}.`,
    e.todo,
  ].filter((line) => line !== undefined);
  return lines.length === 0 ? undefined : lines.join('\n');
}
