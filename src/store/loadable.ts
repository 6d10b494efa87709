/**
 * The state of something that takes time: a union, so that no combination is meaningless.
 * `previous` is what stays on screen while a newer one loads or after it failed.
 */
import type { ErrorFields } from '../core/base/errors';
import type { JobProgress } from '../engine/api';

export type LoadProgress = JobProgress;

export type Loadable<T> =
  | { readonly kind: 'empty' }
  | { readonly kind: 'loading'; readonly progress: LoadProgress | undefined; readonly previous: T | undefined }
  | { readonly kind: 'ready'; readonly value: T }
  | { readonly kind: 'failed'; readonly error: ErrorFields; readonly previous: T | undefined };

export const empty: Loadable<never> = { kind: 'empty' };

/** What can be shown now: the value, or the one from before. */
export function shown<T>(state: Loadable<T>): T | undefined {
  switch (state.kind) {
    case 'ready':
      return state.value;
    case 'loading':
    case 'failed':
      return state.previous;
    case 'empty':
      return undefined;
    default:
      return state satisfies never;
  }
}

/** Back to how things were before a job that was cancelled or refused. */
export function settled<T>(state: Loadable<T>): Loadable<T> {
  const value = shown(state);
  return value === undefined ? empty : { kind: 'ready', value };
}
