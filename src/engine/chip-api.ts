/** The engine's use cases for a chip designer, after a conversion: traces, what the network costs, dumps of simulators. */
import type { HardwareReport, Packing } from '../core/analysis/hardware/types';
import type { Trace } from '../core/analysis/trace/types';
import type { ErrorFields } from '../core/base/errors';
import type { DumpComparison, Mismatch } from '../core/exporters/difference';
import type { FileInput } from './file-input';

export interface HardwareRequest {
  readonly sramBytes: number;
  readonly packing: Packing;
}

/** A dump that was read, against one tensor of the sample. It is kept until it is dropped or the model is converted anew. */
export interface DumpResult extends DumpComparison {
  /** `<layer>/<role>`: a tensor has one dump at a time. */
  readonly id: string;
  readonly layer: string;
  readonly role: string;
  /** The dump's file name. */
  readonly name: string;
  readonly shape: readonly number[];
}

/** Each file by itself: one that cannot be read stops no other. */
export type DumpOutcome = { readonly name: string } & ({ readonly result: DumpResult } | { readonly error: ErrorFields });

/** What a window of a tensor is in the dump; unknown words are 0 there. */
export interface DumpWindow {
  readonly values: Int32Array;
  /** 0: as expected, 1: another number, 2: unknown. */
  readonly marks: Uint8Array;
}

export interface ChipApi {
  /** Where one element of a layer's output comes from. */
  trace(layer: string, index: readonly number[]): Promise<Trace>;
  hardware(request: HardwareRequest): Promise<HardwareReport>;
  /** Matched by file name, or with `target` whatever they are called. */
  compareDumps(files: readonly FileInput[], target?: { readonly layer: string; readonly role: string }): Promise<readonly DumpOutcome[]>;
  dumpWindow(
    id: string,
    index: readonly number[],
    window: { readonly row: number; readonly rows: number; readonly column: number; readonly columns: number },
  ): Promise<DumpWindow>;
  /** The next element that differs after (`by` 1) or before (-1) a position; around the end. undefined: none does. */
  nextMismatch(id: string, position: number, by: 1 | -1): Promise<Mismatch | undefined>;
  dropDumps(ids: readonly string[]): Promise<void>;
}
