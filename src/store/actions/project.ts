/**
 * Saving the work on the open model as a project file, and opening one: its model first, then what was made of it. Law: a
 * project whose parts or model are not the right ones changes nothing of what is open.
 */
import type { Json } from '../../core/recipe/canonical-json';
import type { FileInput } from '../../engine/api';
import type { OpenedData, OpenedProject, ProjectRequest } from '../../engine/project-api';
import { keepCalibration, parseSession, sessionNow } from '../keep';
import { shown } from '../loadable';
import { parseResults, resultsJson } from '../project-results';
import { fieldsOf, runJob } from '../run-job';
import { saveBlob } from '../save-blob';
import { conversionOf, openModel } from '../selectors';
import { held, services } from '../services';
import type { DatasetRole } from '../state';
import { notify, notifyError, setView, setWork, state } from '../store';
import { filesOf, useData, useSampleData, useSyntheticData } from './data';
import { open, openFiles, type OpenOptions } from './open';
import { bringSession, parsePreprocessing } from './restore';
import { bringResults, showResults } from './results';
import { pluginsToKeep, takeProjectPlugins } from './plugins';
import { fetchSampleFile } from './samples';

export const isProject = (f: FileInput): boolean => /\.t2cproj$/i.test(f.name);

const roles: readonly DatasetRole[] = ['calibration', 'evaluation'];

/** Bytes that the project would carry of each. */
export function projectSizes(): { readonly model: number; readonly data: number } {
  const sum = (files: readonly FileInput[]) => files.reduce((n, { data }) => n + (data instanceof Blob ? data.size : data.length), 0);
  return { model: sum(held.model?.files ?? []), data: sum(roles.flatMap(filesOf)) };
}

/** Hands the project to the browser as a download. */
export async function saveProject(carry: { readonly model: boolean; readonly data: boolean }): Promise<boolean> {
  const model = openModel(state());
  if (model === undefined) return false;
  let blob: Blob | undefined;
  const done = await runJob('project', { read: () => state().work.project, write: (project) => setWork({ project }) }, async (job) => {
    const { blob: made, ...result } = await services().engine.saveProject(requestNow(carry), job);
    blob = made;
    return result;
  });
  if (done === undefined) return false;
  setView({ dialog: undefined });
  if (blob !== undefined) saveBlob(blob, done.fileName);
  return true;
}

const json = (data: unknown): Json => JSON.parse(JSON.stringify(data)) as Json; // plain data by the laws of the store

function requestNow(carry: { readonly model: boolean; readonly data: boolean }): ProjectRequest {
  const s = state();
  const { recipe, ...view } = sessionNow();
  const dataOf = (role: DatasetRole): OpenedData | undefined => {
    const info = shown(s.work.data[role]);
    if (info === undefined) return undefined;
    const synthetic = info.kind === 'synthetic' ? info.samples : undefined;
    const preprocessing = info.preprocessing === undefined ? undefined : json(info.preprocessing);
    return { name: info.name, synthetic, preprocessing, files: carry.data && synthetic === undefined ? filesOf(role) : undefined };
  };
  const conversion = conversionOf(s);
  const { convertedRecipe } = s.work;
  const results =
    conversion && convertedRecipe !== undefined ? { conversion, convertedRecipe, evaluation: shown(s.work.evaluation) } : undefined;
  const [calibration, evaluation] = [dataOf('calibration'), dataOf('evaluation')];
  const plugins = pluginsToKeep();
  return {
    savedAt: new Date().toISOString(),
    ...(plugins.length === 0 ? {} : { plugins }),
    model: {
      shapes: held.model?.shapes,
      sample: openModel(s)?.sample?.id,
      files: carry.model ? held.model?.files : undefined,
    },
    data: { ...(calibration ? { calibration } : {}), ...(evaluation ? { evaluation } : {}) },
    recipe,
    view: json(view),
    results: results && resultsJson(results),
  };
}

/** `others` came with it: the model, where the project does not carry it. */
export async function openProject(file: FileInput, others: readonly FileInput[] = []): Promise<void> {
  setWork({ modelWanted: undefined });
  held.project = undefined;
  let content: OpenedProject;
  try {
    content = await services().engine.readProject(file);
  } catch (error) {
    notifyError(fieldsOf(error), 'open');
    return;
  }
  const { model } = content;
  const own = model.files ?? (others.some((f) => /\.(onnx|pb)$/i.test(f.name)) ? others : undefined);
  const sample = shown(state().work.samples)?.find((s) => s.id === model.sample);
  if (own === undefined && sample === undefined) {
    held.project = { file: file.name, content };
    setWork({ modelWanted: { fileName: file.name, model: model.name, identity: model.identity } });
    return;
  }
  const options = optionsOf(content);
  const opened =
    own !== undefined
      ? await openFiles(own.map(asFile), options)
      : await open(async (signal) => (sample === undefined ? [] : [await fetchSampleFile(sample.model, signal)]), options);
  if (opened) await bringWork(content);
}

/** The answer to `modelWanted`: the project stays until its own model came. */
export async function openWithProject(files: readonly FileInput[]): Promise<void> {
  const waiting = held.project;
  if (waiting === undefined) return;
  if (!(await openFiles(files, optionsOf(waiting.content)))) return;
  held.project = undefined;
  await bringWork(waiting.content);
}

export function declineProject(): void {
  held.project = undefined;
  setWork({ modelWanted: undefined });
}

/** What the view part holds; version 1 had the view alone. */
const isFields = (view: Json | undefined): view is { readonly [key: string]: Json | undefined } =>
  typeof view === 'object' && view !== null && 'view' in view;

/** Kept as a Blob, its bytes are shared with the worker and the disk instead of copied. */
const asFile = (f: FileInput): FileInput => ({
  ...f,
  data: f.data instanceof Blob ? f.data : new Blob([f.data as Uint8Array<ArrayBuffer>]),
});

function optionsOf({ model, recipe, view }: OpenedProject): OpenOptions {
  return {
    identity: model.identity,
    shapes: model.shapes,
    sample: shown(state().work.samples)?.find((s) => s.id === model.sample),
    bring: () =>
      bringSession(parseSession({ ...(isFields(view) ? view : { view: view ?? {} }), recipe }) ?? parseSession({ view: {}, recipe })),
  };
}

/** Data, statistics and results, each as far as the project has them. Another model that is opened meanwhile ends it. */
async function bringWork(project: OpenedProject): Promise<void> {
  const model = openModel(state());
  const isOpen = () => openModel(state()) === model;
  try {
    if (project.plugins !== undefined) await takeProjectPlugins(project.plugins);
    for (const role of roles) if (isOpen()) await bringData(role, project.data[role]);
    if (project.calibration === undefined || !isOpen()) return;
    const value = await services().engine.restoreCalibration(project.calibration);
    if (!isOpen()) return;
    setWork({ calibration: { kind: 'ready', value }, calibratedOn: shown(state().work.data.calibration) });
    await keepCalibration();
    const results = parseResults(project.results);
    if (results === undefined || !isOpen()) return;
    if (shown(state().work.data.calibration) === undefined) {
      showResults(results);
      notify({
        tone: 'watch',
        title: 'The project has its results, not its data',
        detail: 'Numbers of layers are shown. To see the integers, give calibration data, calibrate and convert.',
      });
      return;
    }
    await bringResults(results, { from: 'the project', why: `It was saved by ${project.tool}` });
  } catch (error) {
    notifyError({ ...fieldsOf(error), what: 'Not everything of the project could be brought back' });
  }
}

async function bringData(role: DatasetRole, data: OpenedData | undefined): Promise<void> {
  if (data === undefined) return;
  const sample = openModel(state())?.sample;
  if (data.synthetic !== undefined && role === 'calibration') await useSyntheticData(data.synthetic);
  else if (data.files !== undefined && data.files.length > 0)
    await useData(data.files.map(asFile), role, parsePreprocessing(data.preprocessing));
  else if (data.name === (role === 'calibration' ? sample?.calibration : sample?.test)) await useSampleData(role);
}
