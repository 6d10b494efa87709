/**
 * A conversion that learns, as the panel shows it: the layer that runs with its losses, and what came of those before.
 * Pure: a report in, the next state out. Law: a layer has one row; its losses are in the order of its steps.
 */
import type { JobProgress } from '../engine/api';

/** A layer that is done. */
export interface LearnedRow {
  /** `weights`, or `steps` of activations. */
  readonly kind: string;
  readonly layer: string;
  readonly before: number;
  readonly after: number;
  readonly iterations: number | undefined;
  /** Weights that are not the nearest integer, and all; undefined where a step was learned. */
  readonly moved: number | undefined;
  readonly of: number | undefined;
  /** undefined: an earlier try has learned it. */
  readonly ms: number | undefined;
}

export type Point = readonly [step: number, loss: number];

/** The layer that is learned now. */
export interface RunningLayer {
  readonly kind: string;
  readonly layer: string;
  readonly place: number;
  readonly count: number;
  readonly step: number;
  readonly steps: number;
  readonly curve: readonly Point[];
}

export interface LearningView {
  readonly rows: readonly LearnedRow[];
  readonly running: RunningLayer | undefined;
  readonly isPaused: boolean;
}

export const noLearning: LearningView = { rows: [], running: undefined, isPaused: false };

/** More points than a panel has pixels are thinned to half. */
const MOST_POINTS = 800;

/** A report that tells nothing of learning leaves it as it is. */
export function afterReport(view: LearningView, { layer, learning, curve = [], layerMs }: JobProgress): LearningView {
  if (layer === undefined || learning === undefined) return view;
  const { kind, place, count, step, steps, result } = learning;
  if (result !== undefined) {
    const { before, after, iterations, moved, of } = result;
    const row: LearnedRow = { kind, layer, before, after, iterations, moved, of, ms: layerMs };
    const others = view.rows.filter((r) => r.kind !== kind || r.layer !== layer);
    // The running one stays in sight until the next begins: between two layers nothing flickers.
    const mine = view.running?.layer === layer && view.running.kind === kind ? view.running : undefined;
    const running = mine && { ...mine, step, steps, curve: joined(mine.curve, curve) };
    return { ...view, rows: [...others, row], running: running ?? view.running };
  }
  const same = view.running?.layer === layer && view.running.kind === kind ? view.running.curve : [];
  return { ...view, running: { kind, layer, place, count, step, steps, curve: joined(same, curve) } };
}

function joined(a: readonly Point[], b: readonly Point[]): readonly Point[] {
  if (b.length === 0) return a;
  const all = [...a, ...b];
  // The last stays: it is the number that is shown.
  return all.length <= MOST_POINTS ? all : all.filter((_, i) => (all.length - 1 - i) % 2 === 0);
}
