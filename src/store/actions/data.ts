/** Giving the engine data: for calibration or for evaluation. New calibration data leave the old results on screen. */
import type { Preprocessing } from '../../core/calibrate/types';
import type { FileInput } from '../../engine/api';
import { keepData } from '../keep';
import { shown } from '../loadable';
import { fieldsOf, runJob } from '../run-job';
import { services } from '../services';
import type { DatasetRole } from '../state';
import { notifyError, setWork, state } from '../store';
import { fetchSampleFile } from './samples';

const files: Record<DatasetRole, readonly FileInput[]> = { calibration: [], evaluation: [] };

const place = (role: DatasetRole) => ({
  read: () => state().work.data[role],
  write: (next: ReturnType<typeof state>['work']['data'][DatasetRole]) => setWork({ data: { ...state().work.data, [role]: next } }),
});

export async function useData(
  given: readonly FileInput[],
  role: DatasetRole,
  preprocessing?: Partial<Preprocessing>,
  options: { readonly restoring?: boolean } = {},
): Promise<boolean> {
  const info = await runJob('data', place(role), (job) =>
    services().engine.useData(given, preprocessing === undefined ? { role } : { role, preprocessing }, job),
  );
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
  try {
    await useData([await fetchSampleFile(name)], role, sample.preprocessing);
  } catch (error) {
    notifyError(fieldsOf(error));
  }
}

/** Random inputs: no meaning, but every step can be tried. Always the same ones. */
export async function useSyntheticData(samples: number): Promise<void> {
  await runJob('data', place('calibration'), () => services().engine.useSyntheticData({ samples, seed: 0 }));
  files.calibration = [];
}
