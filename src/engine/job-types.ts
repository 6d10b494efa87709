/** How a caller follows a long call and ends it. Types only; the engine's side is job.ts. */
import type { Progress } from '../core/base/context';

export interface JobProgress extends Progress {
  readonly etaMs: number | undefined;
  /** Losses of the layer that is learned, by step, since the report before. */
  readonly curve?: readonly (readonly [step: number, loss: number])[];
  /** With the result of a layer: how long it was learned. */
  readonly layerMs?: number;
}

export interface Job {
  onProgress?(p: JobProgress): void;
  readonly signal?: AbortSignal;
}
