/** What a layer costs on a chip, as plain data: accumulator, bytes, memory over the schedule, traffic. Sizes are bytes. */

/** `packed`: elements at their bits, densely; `stored`: in the next type of 8, 16, 32 or 64 bits. */
export type Packing = 'packed' | 'stored';

export interface Sizes {
  readonly packed: number;
  readonly stored: number;
}

export interface AccumulatorUse {
  /** Largest |acc| over all inputs, proved; a decimal. */
  readonly bound: string;
  readonly boundBits: number;
  /** On the sample. */
  readonly seenMin: number;
  readonly seenMax: number;
  readonly seenBits: number;
  readonly elements: number;
  /** For each of the widths asked for: elements of the sample that it cannot hold. */
  readonly overflows: readonly number[];
}

/**
 * How a step uses the chip's memory of S bytes. `on-chip`: inputs, constants and output fit. `weights-streamed`: inputs and
 * output fit half of it, the constants go through the other half once. `tiled`: in parts, from and to DRAM. `free`: nothing moves.
 */
export type StepMode = 'on-chip' | 'weights-streamed' | 'tiled' | 'free';

export interface Traffic {
  readonly constants: number;
  readonly read: number;
  readonly written: number;
}

export interface HardwareLayer {
  readonly id: string;
  readonly kind: string;
  readonly macs: number;
  readonly accumulator: AccumulatorUse | undefined;
  /** Trained: weights, biases, tables of embeddings, gains. */
  readonly weights: Sizes;
  /** Made by the converter: multipliers, shifts, tables, index maps, masks. */
  readonly tables: Sizes;
  readonly input: Sizes;
  readonly output: Sizes;
  /** Activations alive while it runs. */
  readonly live: number;
  readonly mode: StepMode;
  readonly dram: Traffic;
}

export interface LiveTensor {
  readonly value: string;
  readonly bytes: number;
}

export interface HardwareReport {
  readonly packing: Packing;
  readonly sramBytes: number;
  /** The accumulator widths that `overflows` counts for. */
  readonly widths: readonly number[];
  readonly layers: readonly HardwareLayer[];
  readonly macs: number;
  readonly weights: Sizes;
  readonly tables: Sizes;
  /** Step with the most activations alive, and which they are. */
  readonly peak: { readonly bytes: number; readonly layer: string; readonly tensors: readonly LiveTensor[] };
  readonly dram: Traffic & { readonly total: number; /** Constants, inputs and outputs of the model once. */ readonly least: number };
  /** The least memory with which every byte moves once: nothing is written out and read back. */
  readonly sweep: readonly { readonly sramBytes: number; readonly total: number }[];
}
