/**
 * The toolbox that every function of a plugin gets: the studio's own deterministic arithmetic of quantizers. Pure, without state,
 * and frozen: one plugin cannot change it for another. A sandbox holds a copy of its own.
 */
import { roundHalfEven } from '../base/fixed-point';
import { erf, exp, log } from '../base/math';
import {
  dequantizeAffine,
  fakeQuantizeAffine,
  integerRange,
  nearestEntry,
  quantizeAffine,
  rangeQuantizer,
  symmetricScale,
  usableScale,
} from '../quant/affine';
import { lossOf, power, valuesOf } from '../quant/range-loss';
import type { QParams } from '../quant/quantizer';
import { channelMaxima, checkFinite, innerOf } from '../quant/weight-channels';

export const kit = Object.freeze({
  /** { lo, hi } of so many bits; `narrow` leaves out the lowest signed value. */
  integerRange,
  /** float32, and 1 where the range is dead. */
  usableScale,
  /** The scale that maps max|x| to the top of the signed range. */
  symmetricScale,
  /** The quantizer of a tensor from its real range, which is widened to hold 0: one-sided, asymmetric or symmetric as the scheme says. */
  rangeQuantizer,
  /** Symmetric per-channel quantizer of a weight from the largest magnitude that each output channel shall reach. */
  channelQuantizer(
    w: { readonly channelAxis: number },
    magnitudes: ArrayLike<number>,
    scheme: { readonly bits: number; readonly narrow: boolean },
  ): QParams {
    const { lo, hi } = integerRange(scheme.bits, true, scheme.narrow);
    const scale = Float32Array.from(magnitudes, (m) => symmetricScale(m, scheme.bits));
    return { bits: scheme.bits, signed: true, scale, axis: w.channelAxis, zeroPoint: 0, lo, hi };
  },
  /** max|w| per output channel. */
  channelMaxima: (w: { readonly data: Float32Array; readonly shape: readonly number[]; readonly channelAxis: number }): Float64Array =>
    channelMaxima(w.data, w.shape, w.channelAxis),
  /** Output channel of element i. */
  channelOf(w: { readonly shape: readonly number[]; readonly channelAxis: number }): (i: number) => number {
    const inner = innerOf(w.shape, w.channelAxis);
    const channels = w.shape[w.channelAxis] ?? 1;
    return (i) => Math.floor(i / inner) % channels;
  },
  /** Throws where a value is NaN or infinite. */
  checkFinite,
  /** Nearest integers, ties to even, cut to lo..hi, the nearest ones of the codebook where there is one. Throws on NaN and infinity. */
  quantize: quantizeAffine,
  dequantize: dequantizeAffine,
  fakeQuantize: fakeQuantizeAffine,
  /** The entry of a list nearest to a value; of two the one nearer to 0. */
  nearest: (table: ArrayLike<number>, v: number): number => nearestEntry(table, v),
  /** The values behind statistics, and how many there are of each. */
  valuesOf,
  /** Sum of count * |x - x^|^2.4 on a grid. */
  lossOf,
  power,
  roundHalfEven,
  exp,
  log,
  erf,
});

export type Kit = typeof kit;
