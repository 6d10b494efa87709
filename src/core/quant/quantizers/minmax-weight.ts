/**
 * `minmax_channel` and `minmax`: weights, symmetric, the largest magnitude (per output channel, or of the
 * whole tensor) at the top of the range. A dead channel has scale 1.
 */
import { dequantizeAffine, fakeQuantizeAffine, integerRange, quantizeAffine, symmetricScale } from '../affine';
import type { QParams, LocalWeightQuantizer } from '../quantizer';
import { channelMaxima, checkFinite, supportsWeights } from '../weight-channels';

function weightQuantizer(id: string, title: string, perChannel: boolean): LocalWeightQuantizer {
  return {
    id,
    title,
    target: 'weights',
    options: [],
    supports: supportsWeights,
    fit(w, shape, channelAxis, scheme): QParams {
      checkFinite(w);
      const maxima = channelMaxima(w, shape, channelAxis);
      const { lo, hi } = integerRange(scheme.bits, true, scheme.narrow);
      const scale = perChannel
        ? Float32Array.from(maxima, (m) => symmetricScale(m, scheme.bits))
        : Float32Array.of(
            symmetricScale(
              maxima.reduce((a, b) => Math.max(a, b), 0),
              scheme.bits,
            ),
          );
      return { bits: scheme.bits, signed: true, scale, axis: perChannel ? channelAxis : undefined, zeroPoint: 0, lo, hi };
    },
    fakeQuantize: (w, shape, q) => fakeQuantizeAffine(w, q, shape),
    quantize: (w, shape, q) => quantizeAffine(w, q, shape),
    dequantize: (wi, shape, q) => dequantizeAffine(wi, q, shape),
  };
}

export const minmaxChannel = weightQuantizer('minmax_channel', 'MinMaxChannel', true);
export const minmaxWeight = weightQuantizer('minmax', 'MinMax', false);
