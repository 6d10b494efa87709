/**
 * A recipe: everything that decides how a float model becomes integers, as plain JSON data. Saved,
 * shared, undone; results carry its hash. Validation and per-layer resolution live beside this file.
 */
import type { Arithmetic, NonlinearOptions } from '../ir/integer-model';
import type { Corrections } from './corrections';

export interface WeightScheme {
  /** Quantizer id, e.g. `minmax_channel`. */
  readonly algorithm: string;
  /** 2..8 */
  readonly bits: number;
  readonly options: Readonly<Record<string, number | string | boolean>>;
}

export interface ActivationScheme {
  /** Quantizer id, e.g. `minmax`. */
  readonly algorithm: string;
  /** 2..8; operands of Conv/Gemm/MatMul */
  readonly bits: number;
  /** zero point in the middle, for hardware that skips zeros */
  readonly symmetric: boolean;
  readonly options: Readonly<Record<string, number | string | boolean>>;
}

/** Values that differ from the model's default for the layers whose stem matches the glob. */
export interface LayerOverride {
  /** Glob over stems: `layer1.*`, `fc`. Later overrides win. */
  readonly match: string;
  readonly weightBits?: number;
  readonly activationBits?: number;
  readonly weights?: string;
  readonly activations?: string;
  /** `float`: a float island on purpose. `integer` takes that back for some of an earlier rule's layers. */
  readonly keep?: 'float' | 'integer';
}

/** Which weights become 0 before anything else. */
export interface PruningScheme {
  readonly criterion: string;
  /** Of the criterion, and those that all have (quant/pruning.ts). */
  readonly options: Readonly<Record<string, number | string | boolean>>;
}

export interface RecipePlugin {
  readonly name: string;
  readonly sha256: string;
}

export interface Recipe {
  readonly version: 1;
  readonly weights: WeightScheme;
  readonly activations: ActivationScheme;
  /** bits of residual streams (outputs of Add): 2..16 */
  readonly residualBits: number;
  /** bits of graph outputs: 8..16, 16 by default */
  readonly outputBits: number;
  /** the first and the last layers keep 8 bits, unless an override names them */
  readonly edges8: boolean;
  /** steps before the plan; as data for panels and flags: corrections.ts */
  readonly corrections: Corrections;
  readonly layers: readonly LayerOverride[];
  readonly arithmetic: Arithmetic;
  /** how softmax and layer normalization divide; as data for panels and flags: nonlinear-options.ts */
  readonly nonlinear: NonlinearOptions;
  readonly seed: number;
  /** Absent: no weight is pruned. */
  readonly pruning?: PruningScheme;
  /** Plugins without which the recipe means nothing, by name and SHA-256 of their source. */
  readonly plugins?: readonly RecipePlugin[];
}

export const defaultRecipe: Recipe = {
  version: 1,
  weights: { algorithm: 'minmax_channel', bits: 8, options: {} },
  activations: { algorithm: 'minmax', bits: 8, symmetric: false, options: {} },
  residualBits: 8,
  outputBits: 16,
  edges8: false,
  corrections: { equalize: false, batchNorm: false, bias: false },
  layers: [],
  arithmetic: { rounding: 'half-up', multiplier: { kind: 'normalized', bits: undefined } },
  nonlinear: { softmax: 'divide', probabilityBits: 'auto', layernorm: 'divide' },
  seed: 0,
};
