/**
 * Which activations are alive at each step: from the step that writes a buffer (inputs of the model: from the start) to the
 * last that reads it (outputs of the model: to the end). While a step runs, what it reads and what it writes are both alive:
 * nothing is computed in place. Accumulators live in the datapath and are not counted.
 */
import type { Schedule } from './steps';
import type { LiveTensor, Packing } from './types';

export interface Span {
  readonly buffer: string;
  readonly from: number;
  readonly to: number;
}

export function spansOf({ steps, inputs, outputs }: Schedule): Span[] {
  const from = new Map<string, number>(inputs.map((b) => [b, 0]));
  const to = new Map<string, number>(inputs.map((b) => [b, 0]));
  steps.forEach((step, i) => {
    for (const buffer of step.reads) to.set(buffer, i);
    if (!from.has(step.writes)) from.set(step.writes, i);
    to.set(step.writes, Math.max(to.get(step.writes) ?? i, i));
  });
  for (const buffer of outputs) if (from.has(buffer)) to.set(buffer, Math.max(0, steps.length - 1));
  return [...from].map(([buffer, first]) => ({ buffer, from: first, to: to.get(buffer) ?? first }));
}

/** Bytes alive at each step. */
export function liveBytes(schedule: Schedule, spans: readonly Span[], packing: Packing): number[] {
  const changes = new Array<number>(schedule.steps.length + 1).fill(0);
  for (const { buffer, from, to } of spans) {
    const bytes = schedule.sizes(buffer)[packing];
    changes[from] = (changes[from] ?? 0) + bytes;
    changes[to + 1] = (changes[to + 1] ?? 0) - bytes;
  }
  let alive = 0;
  return schedule.steps.map((_, i) => (alive += changes[i] as number));
}

/** What is alive at a step, largest first. */
export function aliveAt(schedule: Schedule, spans: readonly Span[], step: number, packing: Packing): LiveTensor[] {
  return spans
    .filter(({ from, to }) => from <= step && step <= to)
    .map(({ buffer }) => ({ value: buffer, bytes: schedule.sizes(buffer)[packing] }))
    .sort((a, b) => b.bytes - a.bytes || (a.value < b.value ? -1 : 1));
}
