/**
 * Giving the engine data: for calibration or for evaluation. New calibration data leave the old results on screen, marked as stale.
 * Law: of several data asked for, the last win, and data asked for one model never reach another.
 */
import type { Preprocessing } from '../../core/calibrate/types';
import type { FileInput } from '../../engine/api';
import { keepData, keepSyntheticData } from '../keep';
import { shown } from '../loadable';
import { runJob } from '../run-job';
import { services } from '../services';
import type { DatasetRole } from '../state';
import { setView, setWork, state } from '../store';
import { fetchSampleFile } from './samples';

const files: Record<DatasetRole, readonly FileInput[]> = { calibration: [], evaluation: [] };

const place = (role: DatasetRole) => ({
  read: () => state().work.data[role],
  write: (next: ReturnType<typeof state>['work']['data'][DatasetRole]) => setWork({ data: { ...state().work.data, [role]: next } }),
});

/** The files of the data that are in use now; none where they are random numbers. */
export const filesOf = (role: DatasetRole): readonly FileInput[] => (shown(state().work.data[role]) === undefined ? [] : files[role]);

interface DataOptions {
  readonly restoring?: boolean;
}

export const useData = (
  given: readonly FileInput[],
  role: DatasetRole,
  preprocessing?: Partial<Preprocessing>,
  options: DataOptions = {},
): Promise<boolean> => take(() => Promise.resolve(given), role, preprocessing ?? usual(role), options);

/** Data that were dropped on the page: they are for the calibration, which is the step to go on with. */
export async function useDataOf(given: readonly FileInput[]): Promise<void> {
  if (given.length === 0) return;
  setView({ step: 'calibrate' });
  await useData(given, 'calibration');
}

/** Images of an evaluation become inputs as those of the calibration did, until someone says otherwise. */
const usual = (role: DatasetRole): Preprocessing | undefined =>
  role === 'evaluation' ? shown(state().work.data.calibration)?.preprocessing : undefined;

/** One job from the first byte on: newer data, another model or a cancel end it wherever it is. */
async function take(
  read: (signal: AbortSignal) => Promise<readonly FileInput[]>,
  role: DatasetRole,
  preprocessing: Partial<Preprocessing> | undefined,
  options: DataOptions = {},
): Promise<boolean> {
  let given: readonly FileInput[] = [];
  const info = await runJob('data', place(role), async (job) => {
    given = await read(job.signal);
    job.signal.throwIfAborted();
    return services().engine.useData(given, preprocessing === undefined ? { role } : { role, preprocessing }, job);
  });
  if (info === undefined) return false;
  files[role] = given;
  if (options.restoring !== true) await keepData(role, given, preprocessing);
  return true;
}

/** Same files, other preprocessing. */
export async function setPreprocessing(role: DatasetRole, preprocessing: Preprocessing): Promise<void> {
  if (files[role].length > 0) await useData(files[role], role, preprocessing);
}

/** The data that belong to the open sample. */
export async function useSampleData(role: DatasetRole): Promise<void> {
  const sample = shown(state().work.model)?.sample;
  const name = role === 'calibration' ? sample?.calibration : sample?.test;
  if (sample === undefined || name === undefined) return;
  await take(async (signal) => [await fetchSampleFile(name, signal)], role, sample.preprocessing);
}

/** Random inputs: no meaning, but every step can be tried. Always the same ones. */
export async function useSyntheticData(samples: number, options: DataOptions = {}): Promise<void> {
  const info = await runJob('data', place('calibration'), () => services().engine.useSyntheticData({ samples, seed: 0 }));
  if (info === undefined) return;
  files.calibration = [];
  if (options.restoring !== true) await keepSyntheticData(samples);
}
