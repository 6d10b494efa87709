/**
 * Bytes between the chip and DRAM for one sample, for a chip with one memory of S bytes for activations and constants. The
 * model (docs/formats/hardware-report.md says it in words): a step is `on-chip`, `weights-streamed` or `tiled`; buffers that
 * are still wanted make room, the one that is wanted last first, and are written out once. Law: never less than `least`, and
 * exactly that where S holds everything.
 */
import { StudioError } from '../../base/errors';
import type { Schedule, Step } from './steps';
import type { Packing, StepMode, Traffic } from './types';

export interface StepTraffic extends Traffic {
  readonly mode: StepMode;
}

export interface TrafficRun {
  readonly steps: readonly StepTraffic[];
  readonly constants: number;
  readonly read: number;
  readonly written: number;
  readonly total: number;
  readonly least: number;
}

/** Bytes of the constants that a step needs at once, and of those that it reads. */
function constantsOf(schedule: Schedule, step: Step, packing: Packing): number {
  let bytes = 0;
  for (const name of [...step.weights, ...step.tables]) {
    const whole = schedule.sizes(name)[packing];
    bytes += name === step.rowsOf ? Math.min(whole, schedule.sizes(step.writes)[packing]) : whole;
  }
  return bytes;
}

/** Each operand once, but for products: with half of S for the operand that stays, the other is read once for each part of it. */
export function tiledReads(inputs: number, weights: number, half: number): { readonly inputs: number; readonly weights: number } {
  const stay = { inputs: inputs * Math.max(1, Math.ceil(weights / half)), weights };
  const go = { inputs, weights: weights * Math.max(1, Math.ceil(inputs / half)) };
  return stay.inputs + stay.weights <= go.inputs + go.weights ? stay : go;
}

const products: readonly string[] = ['conv', 'gemm', 'matmul'];

export function trafficOf(schedule: Schedule, sramBytes: number, packing: Packing): TrafficRun {
  if (!(sramBytes >= 2))
    throw new StudioError({
      code: 'bad-usage',
      what: 'The memory of the chip is too small',
      expected: 'at least 2 bytes',
      got: String(sramBytes),
    });
  const { steps, inputs, outputs } = schedule;
  const size = (name: string): number => schedule.sizes(name)[packing];
  const uses = new Map<string, number[]>();
  steps.forEach((step, i) => {
    for (const b of step.reads) uses.set(b, [...(uses.get(b) ?? []), i]);
  });
  const nextUse = (b: string, after: number): number => uses.get(b)?.find((i) => i > after) ?? Infinity;
  const isOutput = new Set(outputs);
  const copied = new Set(inputs);
  const resident = new Set<string>();
  const done: StepTraffic[] = [];
  let used = 0;
  const enter = (b: string): void => {
    if (!resident.has(b)) used += size(b);
    resident.add(b);
  };
  const leave = (b: string): void => {
    if (resident.delete(b)) used -= size(b);
  };

  steps.forEach((step, i) => {
    let read = 0;
    let written = 0;
    const write = (b: string): void => {
      if (!copied.has(b)) written += size(b);
      copied.add(b);
    };
    const wanted = (b: string): boolean => nextUse(b, i) !== Infinity;
    const end = (mode: StepMode, constants: number): void => {
      if (isOutput.has(step.writes)) write(step.writes);
      for (const b of [...resident]) if (!wanted(b)) leave(b);
      done.push({ mode, constants, read, written });
    };
    if (step.kind === 'reshape') {
      end('free', 0);
      return;
    }
    const needed = new Set([...step.reads, step.writes]);
    let active = 0;
    for (const b of needed) active += size(b);
    const constants = constantsOf(schedule, step, packing);
    const mode: StepMode = active + constants <= sramBytes ? 'on-chip' : active <= sramBytes / 2 ? 'weights-streamed' : 'tiled';
    if (mode === 'tiled') {
      for (const b of resident) if (wanted(b) || step.reads.includes(b)) write(b);
      for (const b of [...resident]) leave(b);
      const [first = '', second] = step.reads;
      const half = sramBytes / 2;
      if (step.pair && step.reads.length === 2) {
        const tiles = tiledReads(size(first), size(second ?? ''), half);
        read += tiles.inputs + tiles.weights;
        written += size(step.writes);
        copied.add(step.writes);
        end(mode, constants);
        return;
      }
      const whole = step.reads.reduce((sum, b) => sum + size(b), 0);
      const tiles = products.includes(step.kind) ? tiledReads(whole, constants, half) : { inputs: whole, weights: constants };
      read += tiles.inputs;
      written += size(step.writes);
      copied.add(step.writes);
      end(mode, tiles.weights);
      return;
    }
    const room = mode === 'on-chip' ? sramBytes - constants : sramBytes / 2;
    let missing = 0;
    for (const b of needed) if (!resident.has(b)) missing += size(b);
    while (used + missing > room) {
      let last: string | undefined;
      for (const b of resident) if (!needed.has(b) && (last === undefined || nextUse(b, i) > nextUse(last, i))) last = b;
      if (last === undefined) break;
      write(last);
      leave(last);
    }
    for (const b of step.reads) if (!resident.has(b)) read += size(b);
    for (const b of needed) enter(b);
    end(mode, constants);
  });

  const total = (of: (t: StepTraffic) => number): number => done.reduce((sum, t) => sum + of(t), 0);
  const [constants, read, written] = [total((t) => t.constants), total((t) => t.read), total((t) => t.written)];
  const readInputs = inputs.filter((b) => uses.has(b)).reduce((sum, b) => sum + size(b), 0);
  const made = new Set(steps.map((s) => s.writes));
  const madeOutputs = outputs.filter((b) => made.has(b) && !inputs.includes(b)).reduce((sum, b) => sum + size(b), 0);
  const least =
    readInputs + madeOutputs + steps.filter((s) => s.kind !== 'reshape').reduce((sum, s) => sum + constantsOf(schedule, s, packing), 0);
  return { steps: done, constants, read, written, total: constants + read + written, least };
}
