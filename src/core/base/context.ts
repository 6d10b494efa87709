/**
 * What a long-running core function needs from its surroundings, handed in as an argument: a way
 * to be cancelled, to tell progress, to warn, and to yield. The core has no clock and no globals.
 * Law: progress of one stage is monotone, its total constant, and it ends at the total.
 */
import { CancelledError } from './errors';

export interface Progress {
  /** Named stage, e.g. `read`, `shapes`, `calibrate`, `execute`, `write`. */
  readonly stage: string;
  readonly done: number;
  readonly total: number;
  /** The layer that a long stage is at, and its loss so far where it learns. */
  readonly layer?: string;
  readonly loss?: number;
  /** How it goes with that layer, where it learns. */
  readonly learning?: LearningProgress;
}

export interface LearningProgress {
  /** What is learned: `weights`, or `steps` of activations. */
  readonly kind: string;
  /** The layer is this one, from 0, of so many that learn. */
  readonly place: number;
  readonly count: number;
  /** Steps of learning that it has had, of how many; 0 of 0 where there are none. */
  readonly step: number;
  readonly steps: number;
  /** When it is done. */
  readonly result?: LearnedLayer;
}

export interface LearnedLayer {
  /** The loss that it began with and the one that it ends with, in the same unit. */
  readonly before: number;
  readonly after: number;
  readonly iterations?: number;
  /** Weights that are not the nearest integer, and all of them. */
  readonly moved?: number;
  readonly of?: number;
  /** It was learned by an earlier try. */
  readonly isKnown: boolean;
}

export interface Warning {
  /** Stable, kebab-case. */
  readonly code: string;
  readonly message: string;
  readonly node?: string;
  readonly value?: string;
}

export interface CancelSignal {
  readonly aborted: boolean;
}

export interface Context {
  readonly signal: CancelSignal;
  progress(p: Progress): void;
  warn(w: Warning): void;
  /** Await it often in hot loops; it yields to the event loop about every 16 ms, else returns at once. */
  tick(): Promise<void>;
}

/** Throws `CancelledError` when the job was cancelled. Call after each `tick`. */
export function throwIfCancelled(ctx: Context): void {
  if (ctx.signal.aborted) throw new CancelledError();
}

/** A context that never cancels, never yields and collects warnings into the array given. */
export function quietContext(warnings: Warning[] = []): Context {
  return {
    signal: { aborted: false },
    progress: () => undefined,
    warn: (w) => warnings.push(w),
    tick: () => Promise.resolve(),
  };
}
