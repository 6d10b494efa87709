/** Opening and closing a model. What was open stays open until the new one is there. */
import type { ErrorFields } from '../../core/base/errors';
import type { FileInput } from '../../engine/api';
import { emptyChip } from '../chip-slice';
import { leaveVisit, holdsKept, keepModel } from '../keep';
import { empty } from '../loadable';
import { runJob } from '../run-job';
import { cancelAllJobs, cancelJob, held, services } from '../services';
import type { OpenModel, SampleEntry } from '../state';
import { emptyWork, notify, notifyError, setView, setWork, state, useStudio } from '../store';
import { useDataOf, useSampleData } from './data';
import { layOut } from './layout';
import { fetchSampleFile } from './samples';

export type Shapes = Readonly<Record<string, readonly number[]>>;

export interface OpenOptions {
  readonly shapes?: Shapes | undefined;
  /** No other model than this. */
  readonly identity?: string;
  readonly sample?: SampleEntry | undefined;
  /** Something that was saved comes back: sets its view and recipe once the model is there, and its own data follow. */
  readonly bring?: () => void;
  /** The visit that it is kept as already. */
  readonly visit?: string;
}

/** Files that belong together: one .onnx, with its external data files if it has any. Resolves to false when refused. */
export const openFiles = (files: readonly FileInput[], options: OpenOptions = {}): Promise<boolean> =>
  open(() => Promise.resolve(files), options);

/** One job from the first byte on: of several models asked for, the last wins. */
export async function open(read: (signal: AbortSignal) => Promise<readonly FileInput[]>, options: OpenOptions): Promise<boolean> {
  setWork({ shapeWanted: undefined });
  const { shapes, identity } = options;
  const wished = { ...(shapes === undefined ? {} : { shapes }), ...(identity === undefined ? {} : { identity }) };
  let files: readonly FileInput[] = [];
  const opened = await runJob<OpenModel>(
    'open',
    { read: () => state().work.model, write: (model) => setWork({ model }) },
    async (job) => {
      files = await read(job.signal);
      job.signal.throwIfAborted();
      const summary = await services().engine.open(files, wished, job);
      // What still runs was asked for the model that is gone now.
      cancelAllJobs('open');
      const graph = await services().engine.graph();
      return { summary, graph, sample: options.sample };
    },
    (error) => refused(error, files, options.shapes),
  );
  if (opened === undefined) return false;
  setWork(emptyWork);
  useStudio.setState((s) => ({ chip: { ...emptyChip, sramBytes: s.chip.sramBytes, packing: s.chip.packing } }));
  held.bundle = undefined;
  held.model = { files, shapes: options.shapes };
  setView({ selection: undefined, chosen: [], collapsed: undefined, step: undefined, place: 'graph', treeQuery: '', colourBy: 'operator' });
  useStudio.setState((s) => ({
    notices: s.notices.filter((n) => n.tone !== 'bad'),
    recipe: { past: [], present: s.recipe.present, future: [] },
  }));
  options.bring?.();
  if (options.visit !== undefined) {
    holdsKept(opened, options.visit);
    await layOut();
    return true;
  }
  for (const warning of opened.summary.warnings.slice(0, 1)) {
    const more = opened.summary.warnings.length - 1;
    notify({ tone: 'watch', title: warning.message, detail: more > 0 ? `and ${more} more, in the model's details` : undefined });
  }
  // Before anything is awaited, so that the data of a sample belong to this model and what is kept keeps its order.
  const kept = keepModel(opened, files, options.shapes, options.sample?.id);
  await Promise.all([layOut(), kept, options.bring === undefined ? useSampleData('calibration') : undefined]);
  return true;
}

function refused(error: ErrorFields, files: readonly FileInput[], shapes: Shapes | undefined): void {
  if (error.code === 'dynamic-shape') {
    held.pendingFiles = files;
    held.pendingShapes = shapes ?? {};
    setWork({ shapeWanted: { error, fileName: files.find((f) => f.name.endsWith('.onnx'))?.name ?? 'the model' } });
    return;
  }
  notifyError(error, 'open');
}

/** The answer to a `dynamic-shape`: opens the same files again with this shape and those chosen for other inputs before. */
export async function openWithShapes(shapes: Shapes): Promise<void> {
  const files = held.pendingFiles;
  const data = held.pendingData;
  held.pendingFiles = [];
  held.pendingData = [];
  if (await openFiles(files, { shapes: { ...held.pendingShapes, ...shapes } })) await useDataOf(data);
  else if (state().work.shapeWanted !== undefined) held.pendingData = data; // another input asks
}

export function declineShapes(): void {
  held.pendingFiles = [];
  held.pendingData = [];
  setWork({ shapeWanted: undefined });
}

/** Opens a sample with its calibration data, so that the next step is one click. */
export async function openSample(sample: SampleEntry): Promise<void> {
  await open(async (signal) => [await fetchSampleFile(sample.model, signal)], { sample, shapes: sample.shapes });
}

export function cancelOpen(): void {
  cancelJob('open');
}

export async function closeModel(): Promise<void> {
  cancelAllJobs();
  await services().engine.close();
  const left = leaveVisit();
  held.model = undefined;
  setWork({ ...emptyWork, model: empty, compared: [] });
  setView({ selection: undefined, chosen: [], collapsed: undefined, step: undefined, place: 'graph' });
  await left;
}
