/**
 * Results of the analysis as plain data: what tables, charts and the inspector show of a layer.
 */

/** The row of one integer op in tables, tree and strip chart. */
export interface LayerReport {
  readonly id: string;
  readonly kind: string;
  /** operands of the multiply: true for conv, gemm, matmul */
  readonly main: boolean;
  readonly weightBits: number | undefined;
  readonly inputBits: number;
  readonly outputBits: number;
  readonly macs: number;
  /** dB; undefined where it does not apply */
  readonly sqnrLocalDb: number | undefined;
  readonly sqnrDb: number | undefined;
  /** largest |integer path - hard-rounded float path| on the sample, in LSB, and how many elements differ */
  readonly maxLsb: number | undefined;
  readonly differing: number | undefined;
  readonly clippedShare: number | undefined;
  readonly accumulator: { readonly boundBits: number; readonly seenBits: number } | undefined;
}

/** Equal bins over [lo, hi]. */
export interface Histogram {
  readonly lo: number;
  readonly hi: number;
  readonly counts: readonly number[];
}

export interface DistributionView {
  readonly histogram: Histogram;
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  readonly std: number;
  /** Representable range of the quantizer; undefined before conversion. */
  readonly range:
    | {
        readonly lo: number;
        readonly hi: number;
        readonly bits: number;
        readonly signed: boolean;
        readonly zeroPoint: number;
        readonly scale: number;
      }
    | undefined;
  /** Share of elements outside the range, 0..1. */
  readonly clipped: number | undefined;
}

/** A picture of numbers, row-major. */
export interface HeatMap {
  readonly width: number;
  readonly height: number;
  readonly values: readonly number[];
}
