/**
 * What a network costs on a chip, layer by layer: accumulators, bytes, memory over the schedule, DRAM traffic for a memory of
 * a given size. Everything but the accumulators is known from the integer model alone.
 */
import type { IntegerModel, IntTensor } from '../../ir/integer-model';
import { accumulatorUses } from './accumulators';
import { aliveAt, liveBytes, spansOf } from './liveness';
import { nothing, plus, scheduleOf, type IslandStep, type Schedule } from './steps';
import { trafficOf } from './traffic';
import type { AccumulatorUse, HardwareLayer, HardwareReport, Packing, Sizes, StepMode } from './types';

export const defaultWidths = [16, 20, 24] as const;

export interface HardwareOptions {
  readonly sramBytes: number;
  readonly packing: Packing;
  readonly widths?: readonly number[];
  /** Where the model does not hold them itself (a bundle). */
  readonly islands?: readonly IslandStep[];
  /** From before, for the same model, sample and widths. */
  readonly accumulators?: ReadonlyMap<string, AccumulatorUse>;
}

export function hardwareReport(model: IntegerModel, tensors: ReadonlyMap<string, IntTensor>, options: HardwareOptions): HardwareReport {
  const { sramBytes, packing, widths = defaultWidths } = options;
  const schedule = scheduleOf(model, ...(options.islands ? [options.islands] : []));
  const uses = options.accumulators ?? accumulatorUses(model, tensors, widths);
  const spans = spansOf(schedule);
  const live = liveBytes(schedule, spans, packing);
  const traffic = trafficOf(schedule, sramBytes, packing);
  const sum = (names: readonly string[]): Sizes => names.map((n) => schedule.sizes(n)).reduce(plus, nothing);
  const layers = schedule.steps.map((step, i): HardwareLayer => {
    const { mode, constants, read, written } = traffic.steps[i] as { mode: StepMode; constants: number; read: number; written: number };
    return {
      id: step.id,
      kind: step.kind,
      macs: step.op?.macs ?? 0,
      accumulator: uses.get(step.id),
      weights: sum(step.weights),
      tables: sum(step.tables),
      input: sum(step.reads),
      output: schedule.sizes(step.writes),
      live: live[i] as number,
      mode,
      dram: { constants, read, written },
    };
  });
  const top = live.reduce((best, bytes, i) => (bytes > (live[best] ?? 0) ? i : best), 0);
  const all = (pick: 'weights' | 'tables'): Sizes => sum([...new Set(schedule.steps.flatMap((s) => s[pick]))]);
  return {
    packing,
    sramBytes,
    widths,
    layers,
    macs: layers.reduce((n, l) => n + l.macs, 0),
    weights: all('weights'),
    tables: all('tables'),
    peak: { bytes: live[top] ?? 0, layer: schedule.steps[top]?.id ?? '', tensors: aliveAt(schedule, spans, top, packing) },
    dram: {
      constants: traffic.constants,
      read: traffic.read,
      written: traffic.written,
      total: traffic.total,
      least: traffic.least,
    },
    sweep: sweepOf(schedule, packing, sramBytes),
  };
}

/** From 16 KiB in powers of two until nothing moves twice, or 1 GiB; the size that was asked for is always one of them. */
function sweepOf(schedule: Schedule, packing: Packing, asked: number): HardwareReport['sweep'] {
  const totals = new Map([[asked, trafficOf(schedule, asked, packing).total]]);
  for (let sramBytes = 2 ** 14; sramBytes <= 2 ** 30; sramBytes *= 2) {
    const { total, least } = trafficOf(schedule, sramBytes, packing);
    totals.set(sramBytes, total);
    // the chart goes on to the size that was asked for, also where a smaller one holds everything
    if (total === least && sramBytes >= asked) break;
  }
  return [...totals].sort(([a], [b]) => a - b).map(([sramBytes, total]) => ({ sramBytes, total }));
}
