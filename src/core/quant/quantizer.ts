/**
 * Contracts of quantizers and observers. One file per quantizer in quantizers/, holding both paths;
 * one file per observer in observers/; one registry line each. The law suite finds them by itself.
 * LAW: fakeQuantize(x, q) == dequantize(quantize(x, q), q), bit for bit, for every finite x.
 */
import type { QuantInfo } from '../ir/integer-model';
import type { Context } from '../base/context';

export type QParams = QuantInfo;

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
}

export interface Observer<S> {
  readonly id: string;
  start(): S;
  /** Takes one sample's tensor; returns the new state (may reuse the old one's buffers). */
  update(state: S, x: Float32Array): S;
  merge(a: S, b: S): S;
}

/** A quantizer of activations: range from streamed statistics. */
export interface ActivationQuantizer {
  readonly id: string;
  readonly title: string;
  readonly target: 'activations';
  readonly options: readonly OptionSpec[];
  /** true, or why not. */
  supports(scheme: Scheme): true | string;
  fit(stats: ActivationStats, scheme: Scheme, options: OptionValues): QParams;
  fakeQuantize(x: Float32Array, q: QParams): Float32Array;
  quantize(x: Float32Array, q: QParams): Int32Array;
  dequantize(xi: ArrayLike<number>, q: QParams): Float32Array;
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
  ): QParams | Promise<QParams>;
  fakeQuantize(w: Float32Array, shape: readonly number[], q: QParams): Float32Array;
  quantize(w: Float32Array, shape: readonly number[], q: QParams): Int32Array;
  dequantize(wi: ArrayLike<number>, shape: readonly number[], q: QParams): Float32Array;
}
