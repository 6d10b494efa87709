/**
 * What is looked at for a chip: dumps of simulators, costs, one trace. Dumps and costs belong to the conversion that they were
 * made for: after a newer one they are gone.
 */
import type { HardwareReport, Packing } from '../core/analysis/hardware/types';
import type { Trace } from '../core/analysis/trace/types';
import type { ConversionSummary } from '../engine/api';
import type { DumpResult } from '../engine/chip-api';
import { empty, type Loadable } from './loadable';

export interface ChipSlice {
  /** What fills the middle. */
  readonly middle: 'graph' | 'hardware' | 'bits' | 'compare';
  readonly sramBytes: number;
  readonly packing: Packing;
  readonly hardware: Loadable<HardwareReport>;
  readonly hardwareOf: ConversionSummary | undefined;
  readonly dumps: readonly DumpResult[];
  readonly dumpsOf: ConversionSummary | undefined;
  /** The trace on screen, and those that led there. */
  readonly trace: Loadable<Trace>;
  readonly traceOpen: boolean;
  readonly path: readonly TracePlace[];
}

export interface TracePlace {
  readonly layer: string;
  readonly index: readonly number[];
}

export const emptyChip: ChipSlice = {
  middle: 'graph',
  sramBytes: 2 ** 19,
  packing: 'packed',
  hardware: empty,
  hardwareOf: undefined,
  dumps: [],
  dumpsOf: undefined,
  trace: empty,
  traceOpen: false,
  path: [],
};
