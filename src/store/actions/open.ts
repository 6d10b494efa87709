/** Opening and closing a model. What was open stays open until the new one is there. */
import type { ErrorFields } from '../../core/base/errors';
import type { FileInput } from '../../engine/api';
import { emptyChip } from '../chip-slice';
import { forgetSession, holdsKept, keepModel } from '../keep';
import { conversionOf } from '../selectors';
import { empty } from '../loadable';
import { runJob } from '../run-job';
import { cancelAllJobs, cancelJob, held, services } from '../services';
import type { OpenModel, SampleEntry } from '../state';
import { emptyWork, notify, notifyError, setView, setWork, state, useStudio } from '../store';
import { areDumps, compareDumps } from './chip';
import { useData, useSampleData } from './data';
import { layOut } from './layout';
import { fetchSampleFile } from './samples';

export type Shapes = Readonly<Record<string, readonly number[]>>;

interface OpenOptions {
  readonly shapes?: Shapes | undefined;
  readonly sample?: SampleEntry | undefined;
  /** Restoring the last visit: nothing is written back and the view stays. */
  readonly restoring?: boolean;
}

/** Files that belong together: one .onnx, with its external data files if it has any. Resolves to false when refused. */
export const openFiles = (files: readonly FileInput[], options: OpenOptions = {}): Promise<boolean> =>
  open(() => Promise.resolve(files), options);

/** One job from the first byte on: of several models asked for, the last wins. */
async function open(read: (signal: AbortSignal) => Promise<readonly FileInput[]>, options: OpenOptions): Promise<boolean> {
  setWork({ shapeWanted: undefined });
  let files: readonly FileInput[] = [];
  const opened = await runJob<OpenModel>(
    'open',
    { read: () => state().work.model, write: (model) => setWork({ model }) },
    async (job) => {
      files = await read(job.signal);
      job.signal.throwIfAborted();
      const summary = await services().engine.open(files, options.shapes === undefined ? {} : { shapes: options.shapes }, job);
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
  if (options.restoring === true) {
    holdsKept(opened);
    await layOut();
    return true;
  }
  setView({ selection: undefined, collapsed: undefined, step: undefined, place: 'graph', treeQuery: '', colourBy: 'operator' });
  useStudio.setState((s) => ({
    notices: s.notices.filter((n) => n.tone !== 'bad'),
    recipe: { past: [], present: s.recipe.present, future: [] },
  }));
  for (const warning of opened.summary.warnings.slice(0, 1)) {
    const more = opened.summary.warnings.length - 1;
    notify({ tone: 'watch', title: warning.message, detail: more > 0 ? `and ${more} more, in the model's details` : undefined });
  }
  // Before anything is awaited, so that the data of a sample belong to this model and what is kept keeps its order.
  const kept = keepModel(opened, files, options.shapes, options.sample?.id);
  await Promise.all([layOut(), kept, useSampleData('calibration')]);
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
  held.pendingFiles = [];
  await openFiles(files, { shapes: { ...held.pendingShapes, ...shapes } });
}

export function declineShapes(): void {
  held.pendingFiles = [];
  setWork({ shapeWanted: undefined });
}

/** Opens a sample with its calibration data, so that the next step is one click. */
export async function openSample(sample: SampleEntry): Promise<void> {
  await open(async (signal) => [await fetchSampleFile(sample.model, signal)], { sample, shapes: sample.shapes });
}

/**
 * What was dropped or picked: models go to the engine as a model, everything else as data of the open model.
 * External data files come together with their .onnx. After a conversion, what can be a simulator's dump is compared: with the
 * layer that it was dropped on (`target`), or by its name.
 */
export async function takeFiles(files: readonly FileInput[], target?: { readonly layer: string; readonly role: string }): Promise<void> {
  const isModel = (f: FileInput) => /\.(onnx|pb)$/i.test(f.name);
  const isData = (f: FileInput) => /\.(npz|npy|png|jpe?g|csv)$/i.test(f.name);
  if (files.length === 0) return;
  if (conversionOf(state()) !== undefined && areDumps(files, target !== undefined)) {
    await compareDumps(files, target);
    return;
  }
  if (!files.some(isModel) && files.some(isData)) {
    if (state().work.model.kind === 'empty') {
      notifyError({
        code: 'not-ready',
        what: 'These are data, and no model is open yet',
        todo: 'Open an .onnx model first, then drop the data again.',
      });
      return;
    }
    setView({ step: 'calibrate' });
    await useData(files, 'calibration');
    return;
  }
  await openFiles(files);
}

export function cancelOpen(): void {
  cancelJob('open');
}

export async function closeModel(): Promise<void> {
  cancelAllJobs();
  await services().engine.close();
  const forgotten = forgetSession();
  setWork({ ...emptyWork, model: empty, compared: [] });
  setView({ selection: undefined, collapsed: undefined, step: undefined, place: 'graph' });
  await forgotten;
}
