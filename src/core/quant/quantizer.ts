/**
 * Contracts of quantizers and observers. One file per quantizer in quantizers/, holding both paths;
 * one file per observer in observers/; one registry line each. The law suite finds them by itself.
 * LAW: fakeQuantize(x, q) == dequantize(quantize(x, q), q), bit for bit, for every finite x.
 */
import type { QuantInfo } from '../ir/integer-model';
import type { Context } from '../base/context';
import type { Hold } from '../base/hold';
import type { BlockProblem, LearnedBlock, RoundingRates } from '../reconstruct/block';
import type { LearnedStep, StepProblem } from '../reconstruct/step-size';
import type { StepRunner } from '../reconstruct/step-runner';

export type QParams = QuantInfo;

/** Both paths of a quantizer may live in another thread or sandbox (core/plugin): whoever calls them awaits. */
export type MaybeAsync<T> = T | Promise<T>;

/** What a recipe asks of a quantizer. */
export interface Scheme {
  readonly bits: number;
  /** `auto`: unsigned with zero point 0 for one-sided tensors, else asymmetric unsigned. */
  readonly symmetric: boolean;
  /** `undefined`: chosen from the data. */
  readonly signed: boolean | undefined;
  readonly granularity: 'tensor' | 'channel' | 'token';
  /** [-(2^(b-1)-1), 2^(b-1)-1] instead of the full signed range (weights). */
  readonly narrow: boolean;
}

/** One option of an algorithm or exporter as data: panel, CLI flag and docs are generated from it. */
export interface OptionSpec {
  readonly id: string;
  readonly title: string;
  readonly help: string;
  readonly kind:
    | { readonly type: 'number'; readonly min: number; readonly max: number; readonly step: number; readonly unit?: string }
    | { readonly type: 'choice'; readonly choices: readonly { readonly value: string; readonly title: string }[] }
    | { readonly type: 'flag' };
  readonly fallback: number | string | boolean;
}

export type OptionValues = Readonly<Record<string, number | string | boolean>>;

/** Statistics of one activation, a fold over samples. All fields merge: observe(A) merge observe(B) == observe(A then B). */
export interface ActivationStats {
  readonly count: number;
  readonly min: number;
  readonly max: number;
  /** 2048-bin histogram over [-limit, limit] (range doubling); counts are exact integers in float64. */
  readonly histogram: { readonly limit: number; readonly bins: Float64Array };
  /** What observers of quantizers have kept of it, by the quantizer's id: found by core/prepare, never part of a calibration. */
  readonly seen?: Readonly<Record<string, Float64Array>>;
}

export interface Observer<S> {
  readonly id: string;
  start(): S;
  /** Takes one sample's tensor; returns the new state (may reuse the old one's buffers). */
  update(state: S, x: Float32Array): S;
  merge(a: S, b: S): S;
}

/** What a quantizer of activations keeps of a tensor beside its statistics: a fold over the samples in their order. */
export interface OwnObserver {
  start(options: OptionValues): MaybeAsync<Float64Array>;
  /** `x` is the tensor of one sample. */
  update(seen: Float64Array, x: Float32Array, options: OptionValues): MaybeAsync<Float64Array>;
}

/** A quantizer of activations: range from streamed statistics. */
export interface ActivationQuantizer {
  readonly id: string;
  readonly title: string;
  readonly target: 'activations';
  readonly options: readonly OptionSpec[];
  /** Layers that can take a scale per token get one (integer/token-wise.ts). */
  readonly tokenWise?: true;
  /** `fit` needs what it has kept: `seen[id]` of the statistics. */
  readonly observer?: OwnObserver;
  /** true, or why not. */
  supports(scheme: Scheme): true | string;
  fit(stats: ActivationStats, scheme: Scheme, options: OptionValues): MaybeAsync<QParams>;
  /** Where the step depends on what the layers behind make of it: chosen value by value (core/prepare), from what `fit` gave. */
  learn?(problem: StepProblem, options: OptionValues, steps: StepRunner, ctx: Context): Promise<LearnedStep>;
  /** Where the steps of a block are learned together, on the block's output (core/prepare/decide-blocks.ts). */
  learnBlock?(problem: BlockProblem, options: OptionValues, steps: StepRunner, ctx: Context): Promise<LearnedBlock>;
  fakeQuantize(x: Float32Array, q: QParams, options?: OptionValues): MaybeAsync<Float32Array>;
  quantize(x: Float32Array, q: QParams, options?: OptionValues): MaybeAsync<Int32Array>;
  dequantize(xi: ArrayLike<number>, q: QParams, options?: OptionValues): MaybeAsync<Float32Array>;
}

/**
 * One layer as a quantizer that learns from data sees it. Rows are those of the matrix product that the layer is: one input
 * row per output position with `columns` elements (input channels of a group, then the window).
 */
export interface LayerProblem {
  readonly stem: string;
  /** [outputs, columns]; outputs of group g are those from g * outputs / groups on. */
  readonly weight: Float64Array;
  readonly outputs: number;
  readonly columns: number;
  readonly groups: number;
  /** Per output; decided already, integers lie in [lo, hi]. */
  readonly scale: Float64Array;
  readonly lo: number;
  readonly hi: number;
  readonly bias: Float64Array;
  /** Of the activation function that is fused, in real units. */
  readonly clamp: { readonly lo: number; readonly hi: number } | undefined;
  readonly samples: number;
  /** Rows of one sample. */
  readonly positions: number;
  readonly seed: number;
  /** X^T X per group, [columns, columns], X being the real inputs that the quantized layers before give; up to a factor. */
  gram(): Promise<readonly Float64Array[]>;
  /** Real inputs of one group for one sample, [positions, columns], from the quantized layers before; the layer's factor is in them. */
  inputs(sample: number, group: number): Promise<Float32Array>;
  /** What the float model has there before its clamp, [positions, outputs]. */
  target(sample: number): Promise<Float32Array>;
  /** Where steps of learning run. */
  readonly steps: StepRunner;
  /** Where rows are put aside. */
  readonly hold: Hold;
}

export interface LearnedWeight {
  /** [outputs, columns] */
  readonly integers: Int32Array;
  /** Loss on the calibration data of rounding to nearest, and of the result; the same unit. Law: after <= before. */
  readonly before: number;
  readonly after: number;
  /** Weights that are not the nearest integer. */
  readonly moved: number;
  /** Steps that were learned; undefined: the integers come from a formula. */
  readonly iterations?: number;
  /** Input rows that it was learned on, or X^T X summed over; undefined where none were needed. */
  readonly rows?: number;
}

/** A quantizer of weights: sees the tensor itself. */
export interface WeightQuantizer {
  readonly id: string;
  readonly title: string;
  readonly target: 'weights';
  readonly options: readonly OptionSpec[];
  supports(scheme: Scheme): true | string;
  /** `shape` row-major; `channelAxis` is the output channel. */
  fit(
    w: Float32Array,
    shape: readonly number[],
    channelAxis: number,
    scheme: Scheme,
    options: OptionValues,
    ctx: Context,
  ): MaybeAsync<QParams>;
  fakeQuantize(w: Float32Array, shape: readonly number[], q: QParams, options?: OptionValues): MaybeAsync<Float32Array>;
  quantize(w: Float32Array, shape: readonly number[], q: QParams, options?: OptionValues): MaybeAsync<Int32Array>;
  /** Where the integers depend on calibration data: chosen layer by layer, after those before (core/prepare). */
  learn?(problem: LayerProblem, options: OptionValues, ctx: Context): Promise<LearnedWeight>;
  /** Where the rounding can be learned together with the steps of a block instead: how. */
  rounding?(options: OptionValues): RoundingRates;
  dequantize(wi: ArrayLike<number>, shape: readonly number[], q: QParams, options?: OptionValues): MaybeAsync<Float32Array>;
}

/** A quantizer in this thread, as all built-in ones are. */
export interface LocalActivationQuantizer extends ActivationQuantizer {
  fit(stats: ActivationStats, scheme: Scheme, options: OptionValues): QParams;
  fakeQuantize(x: Float32Array, q: QParams): Float32Array;
  quantize(x: Float32Array, q: QParams): Int32Array;
  dequantize(xi: ArrayLike<number>, q: QParams): Float32Array;
}

export interface LocalWeightQuantizer extends WeightQuantizer {
  fakeQuantize(w: Float32Array, shape: readonly number[], q: QParams): Float32Array;
  quantize(w: Float32Array, shape: readonly number[], q: QParams): Int32Array;
  dequantize(wi: ArrayLike<number>, shape: readonly number[], q: QParams): Float32Array;
}
