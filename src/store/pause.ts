/**
 * Pausing what runs. The engine has one gate for all that may take long, so there is one flag: it is down again when a job begins
 * or ends.
 */
import { services, type JobName } from './services';
import { setWork, state } from './store';

const long: ReadonlySet<JobName> = new Set<JobName>(['calibrate', 'convert', 'profiles', 'sweep', 'evaluate', 'export', 'compare']);

export const isPausable = (job: JobName): boolean => long.has(job);

export async function pauseJobs(isPaused: boolean): Promise<void> {
  const { paused, learning } = state().work;
  if (paused === isPaused) return;
  setWork({ paused: isPaused, ...(learning === undefined ? {} : { learning: { ...learning, isPaused } }) });
  await services().engine.pause(isPaused);
}
