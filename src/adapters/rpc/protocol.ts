/**
 * What crosses a worker boundary: one call by name with its arguments, and its answer as a value, because
 * errors lose their class and fields when they are cloned. Progress comes back through a proxied function.
 */
import type { ErrorFields } from '../../core/base/errors';

export type Answer =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'error'; readonly error: ErrorFields };

/** What `serve` exposes; the only thing that comlink sees. */
export interface Served<P> {
  call(id: number, method: string, args: readonly unknown[], onProgress: ((p: P) => void) | undefined): Promise<Answer>;
  /** Asks the call to stop; it answers `cancelled` when it did. */
  cancel(id: number): void;
}

/** The job of a call on either side: how it is cancelled and where its progress goes. */
export interface CallJob<P> {
  readonly signal?: AbortSignal;
  onProgress?(p: P): void;
}
