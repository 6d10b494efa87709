/** What of the chip slice belongs to the conversion on screen. */
import type { HardwareReport } from '../core/analysis/hardware/types';
import type { DumpResult } from '../engine/chip-api';
import type { ChipSlice } from './chip-slice';
import { empty, shown, type Loadable } from './loadable';
import { conversionOf } from './selectors';
import type { State } from './state';

const none: readonly DumpResult[] = [];

export const dumpsNow = (s: State): readonly DumpResult[] =>
  s.chip.dumpsOf !== undefined && s.chip.dumpsOf === conversionOf(s) ? s.chip.dumps : none;

export const dumpOf = (s: State, layer: string, role: string): DumpResult | undefined =>
  dumpsNow(s).find((d) => d.layer === layer && d.role === role);

/** Elements that differ in all dumps of a layer; undefined: it has none. */
export function mismatchesOf(s: State, layer: string): number | undefined {
  let sum: number | undefined;
  for (const d of dumpsNow(s)) if (d.layer === layer) sum = (sum ?? 0) + d.differing;
  return sum;
}

export const hardwareNow = (s: State): Loadable<HardwareReport> =>
  s.chip.hardwareOf !== undefined && s.chip.hardwareOf === conversionOf(s) ? s.chip.hardware : empty;

/** The middle shows the graph as long as what it should show cannot be there. */
export function middleNow(s: State): ChipSlice['middle'] {
  const { middle } = s.chip;
  if ((middle === 'hardware' || middle === 'compare') && conversionOf(s) === undefined) return 'graph';
  return middle === 'bits' && shown(s.work.calibration) === undefined ? 'graph' : middle;
}
