/**
 * Runs one engine job and keeps a Loadable up to date: progress while it runs, the value at the end, the old value
 * after a cancel, and the old value plus one notice after an error, which leaves when the job succeeds. Errors are
 * handled here and nowhere else.
 */
import type { ErrorFields } from '../core/base/errors';
import type { Job } from '../engine/api';
import { settled, shown, type Loadable } from './loadable';
import { isPausable, pauseJobs } from './pause';
import { endJob, isCurrent, startJob, type JobName } from './services';
import { clearErrors, notifyError } from './store';

interface JobState<T> {
  read(): Loadable<T>;
  write(next: Loadable<T>): void;
}

/** Returns the value, or undefined when it was cancelled, refused or overtaken by a newer job of the same name. */
export async function runJob<T>(
  name: JobName,
  place: JobState<T>,
  work: (job: Required<Job>) => Promise<T>,
  onError: (error: ErrorFields) => void = (error) => notifyError(error, name),
): Promise<T | undefined> {
  const controller = startJob(name);
  if (isPausable(name)) void pauseJobs(false);
  const previous = shown(place.read());
  let mine: Loadable<T> = { kind: 'loading', progress: undefined, previous };
  place.write(mine);
  // A job of the same name may have another place: then nobody else ends the loading here.
  const overtaken = (): undefined => {
    if (place.read() === mine) place.write(settled(mine));
  };
  try {
    const value = await work({
      signal: controller.signal,
      onProgress: (progress) => {
        if (!isCurrent(name, controller) || controller.signal.aborted) return;
        mine = { kind: 'loading', progress, previous };
        place.write(mine);
      },
    });
    if (!isCurrent(name, controller)) return overtaken();
    if (controller.signal.aborted) {
      place.write(settled(place.read()));
      return undefined;
    }
    place.write({ kind: 'ready', value });
    clearErrors(name);
    return value;
  } catch (error) {
    if (!isCurrent(name, controller)) return overtaken();
    if (controller.signal.aborted || isCancelled(error)) {
      place.write(settled(place.read()));
      return undefined;
    }
    const fields = fieldsOf(error);
    place.write({ kind: 'failed', error: fields, previous });
    onError(fields);
    return undefined;
  } finally {
    endJob(name, controller);
    if (isPausable(name)) void pauseJobs(false);
  }
}

const isCancelled = (error: unknown): boolean => error instanceof Error && (error.name === 'CancelledError' || error.name === 'AbortError');

/** Errors lose their class when they cross threads: they are told by their fields. */
export function fieldsOf(error: unknown): ErrorFields {
  if (typeof error === 'object' && error !== null && 'fields' in error) {
    const fields: unknown = error.fields;
    // Checked by the two fields that every ErrorFields has.
    if (typeof fields === 'object' && fields !== null && 'code' in fields && 'what' in fields) return fields as ErrorFields;
  }
  return {
    code: 'internal',
    what: 'Something went wrong inside the studio',
    got: error instanceof Error ? error.message : String(error),
    todo: 'What was open stays open. Please report this with the model, if you can share it.',
  };
}
