/**
 * The SDK: what a plugin is. A plugin is one .ts or .js file whose default export is a `Plugin`: plain data and functions, imports
 * of types only. Everything in here is a type but `apiVersion`; what functions need at run time comes in as `kit` (kit.ts).
 *
 * Where it runs. On the command line a plugin is ordinary code. In the page it runs remote, in a sandbox, and the host sees a
 * `RemotePlugin` (remote.ts). So every function may answer with a promise, gets and gives only what structured clone carries
 * (numbers, strings, Float32Array, Float64Array, Int32Array, Uint8Array, plain objects and lists of those), keeps nothing between
 * calls, and never gets a callback. What the host must know without asking (names, options, bits) is data.
 *
 * LAW: fakeQuantize(x, q) == dequantize(quantize(x, q), q), bit for bit, for every finite x; and dequantize(i, q) is the float32
 * product scale * (i - zeroPoint), as that is what the integer arithmetic takes integers for. The battery (battery.ts) holds both.
 */
import type { Arithmetic, Codebook } from '../ir/integer-model';
import type { ActivationStats, MaybeAsync, OptionSpec, OptionValues, Scheme } from '../quant/quantizer';
import type { Kit } from './kit';

export type { ActivationStats, Arithmetic, Codebook, Kit, MaybeAsync, OptionSpec, OptionValues, Scheme };

/** A plugin names the version that it was written for; another one is refused by name. */
export const apiVersion = 1;

/**
 * A quantizer of one tensor, r = scale * (q - zeroPoint) with q from lo to hi. One scale, or one per index of `axis` (weights: the
 * output channel). Weights may have a codebook: only its integers occur, and `codebook.bits` is what the tensor is stored in.
 */
export interface Params {
  /** Of the integers: 2..8 for weights (more than the scheme says, if need be), what the scheme says for activations. */
  readonly bits: number;
  readonly signed: boolean;
  readonly scale: number | ArrayLike<number>;
  readonly axis?: number | undefined;
  /** 0 for weights. */
  readonly zeroPoint?: number;
  readonly lo: number;
  readonly hi: number;
  readonly codebook?: Codebook;
}

/** What comes back from the host: as `Params`, complete, its scales float32. */
export interface FullParams extends Params {
  readonly scale: Float32Array;
  readonly axis: number | undefined;
  readonly zeroPoint: number;
}

export interface Weights {
  readonly data: Float32Array;
  /** Row-major. */
  readonly shape: readonly number[];
}

export interface WeightTensor extends Weights {
  /** Axis of the output channels. */
  readonly channelAxis: number;
}

/** What every entry of a plugin says of itself. */
export interface Entry {
  /** Name in recipes, flags and bundles: lower-case letters, digits, underscores. The id of a built-in one takes its place. */
  readonly id: string;
  readonly title: string;
  /** Panel, flag and recipe entry are made from these. */
  readonly options?: readonly OptionSpec[];
}

/** Both paths may be left out: then they are those of the even grid (or of the codebook), rounding to nearest, ties to even. */
export interface WeightPlugin extends Entry {
  /** [least, most] bits that it can be asked for; [2, 8] by default. */
  readonly bits?: readonly [number, number];
  fit(w: WeightTensor, scheme: Scheme, options: OptionValues, kit: Kit): MaybeAsync<Params>;
  fakeQuantize?(w: Weights, q: FullParams, options: OptionValues, kit: Kit): MaybeAsync<Float32Array>;
  /** Integers from lo to hi, which need not be the nearest ones. */
  quantize?(w: Weights, q: FullParams, options: OptionValues, kit: Kit): MaybeAsync<Int32Array>;
  dequantize?(integers: Int32Array, shape: readonly number[], q: FullParams, options: OptionValues, kit: Kit): MaybeAsync<Float32Array>;
}

/** Activations are quantized by the layer before them, which rounds to nearest: `quantize` must do the same. */
export interface ActivationPlugin extends Entry {
  /** [2, 16] by default. */
  readonly bits?: readonly [number, number];
  fit(stats: ActivationStats, scheme: Scheme, options: OptionValues, kit: Kit): MaybeAsync<Params>;
  fakeQuantize?(x: Float32Array, q: FullParams, options: OptionValues, kit: Kit): MaybeAsync<Float32Array>;
  quantize?(x: Float32Array, q: FullParams, options: OptionValues, kit: Kit): MaybeAsync<Int32Array>;
  dequantize?(integers: Int32Array, q: FullParams, options: OptionValues, kit: Kit): MaybeAsync<Float32Array>;
}

/** Statistics with what the observer has kept. */
export interface ObservedStats extends ActivationStats {
  readonly kept: Float64Array;
}

/**
 * Sees every activation tensor of every calibration sample itself, one sample after the other, where extremes and a histogram are
 * not enough. What it keeps is a list of numbers of fixed length, at most 65536. It is one of the algorithms of activations.
 */
export interface ObserverPlugin extends Entry {
  /** [2, 16] by default. */
  readonly bits?: readonly [number, number];
  /** What is kept before the first sample; infinities are allowed, NaN is not. */
  start(options: OptionValues, kit: Kit): MaybeAsync<Float64Array>;
  /** What is kept after one more sample, whose tensor is `x`. */
  observe(kept: Float64Array, x: Float32Array, options: OptionValues, kit: Kit): MaybeAsync<Float64Array>;
  fit(stats: ObservedStats, scheme: Scheme, options: OptionValues, kit: Kit): MaybeAsync<Params>;
}

/** One layer as a rounding optimiser sees it: row-major [outputs, columns], in units of the scale. */
export interface RoundingLayer {
  /** floor(w / s) and what it leaves, 0 <= rest < 1. */
  readonly floor: Float64Array;
  readonly rest: Float64Array;
  readonly outputs: number;
  readonly columns: number;
}

/**
 * Learns which weights of a layer are rounded up. The studio's reconstruction engine runs the loop: it asks for h (0 down, 1 up,
 * anything between), computes the error of the layer's output on the calibration data and its gradient dL/dh, and hands it to `step`.
 * What is learned is any list of numbers. Scales are those of minmax_channel or mse_channel; the result is used
 * where it beats nearest rounding, channel by channel.
 */
export interface RoundingPlugin extends Entry {
  readonly bits?: readonly [number, number];
  start(layer: RoundingLayer, options: OptionValues, kit: Kit): MaybeAsync<Float64Array>;
  /** One h per weight from what is learned; `progress` runs from 0 to 1. */
  soft(learned: Float64Array, layer: RoundingLayer, progress: number, options: OptionValues, kit: Kit): MaybeAsync<Float64Array>;
  /** The next state of what is learned. */
  step(
    learned: Float64Array,
    gradient: Float64Array,
    layer: RoundingLayer,
    progress: number,
    options: OptionValues,
    kit: Kit,
  ): MaybeAsync<Float64Array>;
}

/**
 * Which weights become 0 before anything is learned or quantized: those with the lowest scores, a share of every layer or all but n of
 * every m neighbours, as the recipe says. They stay 0, whatever quantizer the recipe has.
 */
export interface PruningPlugin extends Entry {
  /** One finite score per weight, the same for the same weights. */
  score(w: WeightTensor, options: OptionValues, kit: Kit): MaybeAsync<Float32Array>;
}

/** A requantization profile is data: what the chip's multiply, shift and accumulator do. */
export interface ProfilePlugin {
  readonly id: string;
  readonly title: string;
  readonly arithmetic: Arithmetic;
}

/** One tensor of the bundle as an exporter sees it. */
export interface ExportedTensor {
  /** Base name of its .npy file without the ending: `layer1.0.conv1_x1`. */
  readonly name: string;
  readonly bits: number;
  readonly signed: boolean;
  readonly shape: readonly number[];
  readonly scale: number | readonly number[];
  readonly zeroPoint: number;
  /** 64-bit integers that no double holds are refused before. */
  readonly integers: Float64Array;
}

export interface ExporterPlugin extends Entry {
  readonly help: string;
  /** Bytes or text of one file for the tensor, and how its name ends: `.txt`. It lies in a folder with the exporter's id. */
  file(
    tensor: ExportedTensor,
    options: OptionValues,
    kit: Kit,
  ): MaybeAsync<{ readonly ending: string; readonly content: string | Uint8Array }>;
}

export interface Plugin {
  readonly apiVersion: typeof apiVersion;
  readonly name: string;
  readonly about?: string;
  readonly weights?: readonly WeightPlugin[];
  readonly activations?: readonly ActivationPlugin[];
  readonly observers?: readonly ObserverPlugin[];
  readonly roundings?: readonly RoundingPlugin[];
  readonly pruning?: readonly PruningPlugin[];
  readonly profiles?: readonly ProfilePlugin[];
  readonly exporters?: readonly ExporterPlugin[];
}
