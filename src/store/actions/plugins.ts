/**
 * Bringing one's own algorithms: add files, write, save, check, share. Every change of the list goes to the engine, which puts each
 * plugin to the battery and offers those that hold; what they can do is asked for again then.
 */
import type { PluginReport } from '../../core/plugin/open-plugins';
import type { FileInput } from '../../engine/api';
import { keepPlugins, keptPlugins } from '../keep-plugins';
import { freeName, isPluginName, reportFor, verdictText } from '../plugins';
import type { PluginFile, PluginsSlice } from '../plugins-slice';
import { fieldsOf } from '../run-job';
import { saveText } from '../save-blob';
import { cancelJob, endJob, isCurrent, services, startJob } from '../services';
import { clearErrors, notify, notifyError, setView, state, useStudio } from '../store';
import { askAlgorithms } from './engine-facts';

const LARGEST = 2 ** 20;

function setPlugins(patch: Partial<PluginsSlice>): void {
  useStudio.setState((s) => ({ plugins: { ...s.plugins, ...patch } }));
}

export const arePlugins = (files: readonly FileInput[]): boolean => files.length > 0 && files.every((f) => isPluginName(f.name));

/** Files of plugins, read and put to the battery. One with the name of a file that is here takes its place. */
export async function addPlugins(given: readonly FileInput[]): Promise<void> {
  const added: PluginFile[] = [];
  let { files } = state().plugins;
  for (const { name, data } of given) {
    const size = data instanceof Blob ? data.size : data.byteLength;
    if (size > LARGEST) {
      notifyError({ code: 'bad-plugin', what: 'The file is too large for a plugin', expected: '1 MB at most', where: { file: name } });
      continue;
    }
    const source = await new Response(data as BodyInit).text();
    const before = files.find((f) => f.file === name);
    const file = { id: before?.id ?? newId(), file: name, source };
    files = before ? files.map((f) => (f === before ? file : f)) : [...files, file];
    added.push(file);
  }
  const [first] = added;
  if (first === undefined) return;
  const drafts = { ...state().plugins.drafts };
  for (const { id } of added) delete drafts[id];
  setPlugins({ files, drafts, selected: first.id });
  setView({ place: 'plugins' });
  await changed(added.map((f) => f.id));
}

/** A new file from a template (or a copy): opened, saved, checked. */
export async function newPlugin(file: string, source: string): Promise<void> {
  const { files } = state().plugins;
  const made = { id: newId(), file: freeName(files, file), source };
  setPlugins({ files: [...files, made], selected: made.id });
  await changed([made.id]);
}

export function selectPlugin(id: string): void {
  setPlugins({ selected: id });
}

export function editPlugin(id: string, text: string): void {
  const { files, drafts } = state().plugins;
  const { [id]: _, ...others } = drafts;
  setPlugins({ drafts: files.some((f) => f.id === id && f.source === text) ? others : { ...drafts, [id]: text } });
}

/** Saves what is written, if anything is, and puts it to the battery. */
export async function savePlugin(id: string): Promise<void> {
  const { files, drafts } = state().plugins;
  const { [id]: text, ...others } = drafts;
  if (text !== undefined) setPlugins({ files: files.map((f) => (f.id === id ? { ...f, source: text } : f)), drafts: others });
  await changed([id]);
}

export async function renamePlugin(id: string, wanted: string): Promise<void> {
  const { files } = state().plugins;
  const name = wanted.trim();
  if (name === '' || files.some((f) => f.id === id && f.file === name)) return;
  const others = files.filter((f) => f.id !== id);
  const file = freeName(others, isPluginName(name) ? name : `${name}.ts`);
  setPlugins({ files: files.map((f) => (f.id === id ? { ...f, file } : f)) });
  await changed([]);
}

export async function duplicatePlugin(id: string): Promise<void> {
  const { files, drafts } = state().plugins;
  const original = files.find((f) => f.id === id);
  if (original !== undefined) await newPlugin(freeName(files, original.file), drafts[id] ?? original.source);
}

export async function removePlugin(id: string): Promise<void> {
  const { files, drafts, checked, selected } = state().plugins;
  const { [id]: _, ...otherDrafts } = drafts;
  const { [id]: __, ...otherChecked } = checked;
  const at = files.findIndex((f) => f.id === id);
  const left = files.filter((f) => f.id !== id);
  setPlugins({
    files: left,
    drafts: otherDrafts,
    checked: otherChecked,
    selected: selected === id ? (left[at] ?? left.at(-1))?.id : selected,
  });
  await changed([]);
}

/** The file as it is written, as a download. */
export function sharePlugin(id: string): void {
  const { files, drafts } = state().plugins;
  const found = files.find((f) => f.id === id);
  if (found !== undefined) saveText(drafts[id] ?? found.source, found.file);
}

/** What a project file keeps: names and texts, nothing that was measured. */
export const pluginsToKeep = (): readonly { readonly file: string; readonly source: string }[] =>
  state().plugins.files.map(({ file, source }) => ({ file, source }));

let taken: Promise<void> = Promise.resolve();
/** Settles when those of the last visit are in use, or refused. */
export const pluginsReady = (): Promise<void> => taken;

/** Those of the last visit, without waiting for them. */
export function startPlugins(): void {
  taken = keptPlugins()
    .then(takeKeptPlugins)
    .catch((error: unknown) => notifyError(fieldsOf(error)));
}

async function takeKeptPlugins(kept: readonly { readonly file: string; readonly source: string }[]): Promise<void> {
  const files = kept.map((f) => ({ ...f, id: newId() }));
  setPlugins({ files, drafts: {}, checked: {}, selected: files[0]?.id });
  if (files.length > 0) await check();
}

/**
 * Those of a project, put to the battery like any others. They come first, so that the recipe has the very texts that it was made
 * with: a file of the same name that has another text stays beside them, and is told of where their algorithms have the same ids.
 */
export async function takeProjectPlugins(given: readonly { readonly file: string; readonly source: string }[]): Promise<void> {
  await pluginsReady();
  const { files } = state().plugins;
  const [first, ...others] = given.map((g) => files.find((f) => f.source === g.source) ?? { ...g, id: newId() });
  if (first === undefined) return;
  const own = [first, ...others];
  const left = files.filter((f) => !own.includes(f));
  const renamed = left.map((f) => (own.some((o) => o.file === f.file) ? { ...f, file: freeName([...own, ...left], f.file) } : f));
  setPlugins({ files: [...own, ...renamed], selected: first.id });
  await changed([]);
  for (const file of own) {
    const report = reportFor(state().plugins, file);
    if (report !== undefined && !report.ok) tell(report);
  }
}

export function cancelCheck(): void {
  cancelJob('plugins');
}

let serial = 0;
const newId = (): string => `p${Date.now().toString(36)}-${++serial}`;

/** The list as it is now is kept, and checked; how those named fared is told. */
async function changed(named: readonly string[]): Promise<void> {
  const kept = keepPlugins();
  const reports = await check();
  for (const id of named) {
    const report = reports?.get(id);
    if (report !== undefined) tell(report);
  }
  await kept;
}

function tell(report: PluginReport): void {
  if (report.ok) {
    notify({
      tone: 'good',
      title: `${report.name} is in use`,
      detail: `${verdictText(report)}. Its algorithms are in the recipe's lists.`,
    });
    return;
  }
  notify({
    tone: 'bad',
    title: `${report.name} is not used`,
    detail: report.error ?? `${verdictText(report)}. What breaks them is beside its text.`,
  });
}

/** undefined: overtaken or cancelled. */
async function check(): Promise<ReadonlyMap<string, PluginReport> | undefined> {
  const { files } = state().plugins;
  const controller = startJob('plugins');
  setPlugins({ checking: { progress: undefined } });
  try {
    const reports = await services().engine.setPlugins(
      files.map(({ file, source }) => ({ file, source })),
      {
        signal: controller.signal,
        onProgress: (progress) => {
          if (isCurrent('plugins', controller)) setPlugins({ checking: { progress } });
        },
      },
    );
    if (!isCurrent('plugins', controller) || controller.signal.aborted) return undefined;
    const byId = new Map(files.flatMap((f, i) => (reports[i] === undefined ? [] : [[f.id, reports[i]] as const])));
    setPlugins({
      checked: Object.fromEntries(
        files.flatMap(({ id, file, source }) => {
          const report = byId.get(id);
          return report === undefined ? [] : [[id, { file, source, report }]];
        }),
      ),
    });
    clearErrors('plugins');
    await askAlgorithms();
    return byId;
  } catch (error) {
    if (!controller.signal.aborted) notifyError(fieldsOf(error), 'plugins');
    return undefined;
  } finally {
    if (isCurrent('plugins', controller)) setPlugins({ checking: undefined });
    endJob('plugins', controller);
  }
}
