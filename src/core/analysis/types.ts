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
  /** Integer types of weights and output, as wide as their bits: `int4`, `uint8`. Absent where only numbers were kept. */
  readonly dtypes?: readonly string[];
  /** dB; undefined where it does not apply */
  readonly sqnrLocalDb: number | undefined;
  readonly sqnrDb: number | undefined;
  /** largest |integer path - hard-rounded float path| on the sample, in LSB, and how many elements differ */
  readonly maxLsb: number | undefined;
  readonly differing: number | undefined;
  readonly clippedShare: number | undefined;
  readonly accumulator: { readonly boundBits: number; readonly seenBits: number } | undefined;
}

/** What an integer form costs, in dB (analysis/nonlinear-cost.ts); undefined: no noise or no signal to compare with. */
interface FormCost {
  /** Integer output against the float function of the op's own integers. */
  readonly integerDb: number | undefined;
  /** The float function under the output's quantizer: a float island in this place. */
  readonly floatDb: number | undefined;
  /** floatDb - integerDb: what the integer form alone costs. */
  readonly costDb: number | undefined;
}

export interface NonlinearOp extends FormCost {
  readonly id: string;
  readonly kind: string;
}

/** All ops of a kind; every op counts the same. */
export interface NonlinearKind extends FormCost {
  /** `Softmax`, `LayerNorm`, `GELU` ... */
  readonly kind: string;
  readonly ops: number;
  /** SQNR of the logits with all of them in float; undefined where it was not measured. */
  readonly logitsSqnrDb: number | undefined;
}

export interface NonlinearReport {
  /** Indices of the calibration samples that it was measured on. */
  readonly samples: readonly number[];
  /** SQNR of the logits of the integer model on the same samples. */
  readonly logitsSqnrDb: number | undefined;
  readonly kinds: readonly NonlinearKind[];
  readonly ops: readonly NonlinearOp[];
}

/** The function inside an op (analysis/function-view.ts). */
export type FunctionView =
  | {
      readonly kind: 'softmax';
      /** round(65535 * exp(-inputScale * d)) for d = 0, 1, ... */
      readonly table: readonly number[];
      readonly inputScale: number;
      readonly inputBits: number;
      /** Elements of a row. */
      readonly row: number;
      readonly pb: number;
      readonly mode: string;
      readonly rows: number;
      /** Largest |sum - 1| of a row on the sample. */
      readonly worst: number;
      /** Rows that the mask leaves nothing of. */
      readonly masked: number;
      /** Where it comes from, and the share of elements that it takes out on the sample. */
      readonly mask: { readonly name: string; readonly constant: boolean; readonly share: number } | undefined;
    }
  | {
      readonly kind: 'layernorm';
      readonly C: number;
      readonly k: number;
      readonly f: number;
      readonly t: number;
      readonly E: string;
      readonly rms: boolean;
      readonly mode: string;
      readonly shift: number;
      /** Largest sum of squares, decimal, and its bits with a sign. */
      readonly bound: string;
      readonly boundBits: number;
      readonly zeroPoint: number;
      readonly lo: number;
      readonly hi: number;
      /** G and H, one per element of the row. */
      readonly gain: readonly number[];
      readonly offset: readonly number[];
    }
  | {
      readonly kind: 'table';
      readonly fn: string;
      /** Input integer of entry 0. */
      readonly offset: number;
      readonly entries: readonly number[];
      /** Real input and output of each entry. */
      readonly x: readonly number[];
      readonly y: readonly number[];
      readonly outputScale: number;
      /** The float function at x. */
      readonly real: readonly number[] | undefined;
    }
  | {
      readonly kind: 'embedding';
      readonly rows: number;
      readonly width: number;
      /** Different rows that the sample looks up. */
      readonly used: number;
    };

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

/** What a requantization profile costs in one layer, against the float-scale reference from the same integers. */
export interface ProfileLayer {
  readonly id: string;
  readonly kind: string;
  /** Compared, over all samples. */
  readonly outputs: number;
  readonly offByOneShare: number;
  readonly offByMoreShare: number;
  /** Largest difference seen; undefined: some exact sum was beyond 32 bits. */
  readonly maxLsb: number | undefined;
  /** Largest difference that can be; undefined: no bound is derived. */
  readonly lawLsb: number | undefined;
  /** Sums that the accumulator did not hold. */
  readonly overflows: number;
  /** Against the float network. */
  readonly sqnrDb: number | undefined;
  /** sqnrDb less that of the reference: what the profile alone changes. */
  readonly changeDb: number | undefined;
}

/** A profile on the whole network; shares are of all outputs compared. */
export interface ProfileCost {
  readonly logitsSqnrDb: number | undefined;
  readonly offByOneShare: number;
  readonly offByMoreShare: number;
  readonly maxLsb: number;
  readonly overflows: number;
  readonly layers: readonly ProfileLayer[];
}
