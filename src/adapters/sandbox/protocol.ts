/**
 * What crosses the wall of the sandbox, and nothing else does: calls of one kind in, one answer a call out. A plugin knows nothing of
 * it. Types only; the host trusts none of what comes out (answers.ts, host.ts).
 */

/** `ready` is answered by the sandbox itself, `describe` loads the plugin and tells what it exports; others are paths of its functions. */
export interface SandboxCall {
  readonly id: number;
  readonly method: string;
  readonly args: readonly unknown[];
}

export type SandboxAnswer =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly error: { readonly message: string; readonly stack: string } };

/** A worker that could not start, or that failed outside of a call: what the frame around it tells once. */
export interface Alarm {
  readonly message: string;
  /** In the whole text of the worker, from 1; 0: unknown. */
  readonly line: number;
  readonly column: number;
}

/** From the engine's worker to the page, which alone can hold frames. */
export type DoorRequest =
  { readonly kind: 'open'; readonly id: number; readonly text: string } | { readonly kind: 'close'; readonly id: number };
export interface DoorReport {
  readonly id: number;
  readonly alarm: Alarm;
}
