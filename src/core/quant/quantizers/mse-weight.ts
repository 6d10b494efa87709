/**
 * `mse_channel`: weights, symmetric, per output channel: among 100 shrink factors of the largest magnitude the one with the
 * smallest sum of |w - w^|^2.4. A dead channel has scale 1; where nothing gains, the range is that of `minmax_channel`.
 */
import { dequantizeAffine, fakeQuantizeAffine, integerRange, quantizeAffine, symmetricScale } from '../affine';
import { lossOf } from '../range-loss';
import type { QParams, LocalWeightQuantizer } from '../quantizer';
import { channelMaxima, checkFinite, innerOf, supportsWeights } from '../weight-channels';

const FACTORS = 100;

export const mseChannel: LocalWeightQuantizer = {
  id: 'mse_channel',
  title: 'MSEChannel',
  target: 'weights',
  options: [],
  supports: supportsWeights,
  async fit(w, shape, channelAxis, scheme, _options, ctx): Promise<QParams> {
    checkFinite(w);
    const { lo, hi } = integerRange(scheme.bits, true, scheme.narrow);
    const inner = innerOf(shape, channelAxis);
    const channels = shape[channelAxis] ?? 1;
    const maxima = channelMaxima(w, shape, channelAxis);
    const scale = new Float32Array(channels);
    const runs = channels === 0 ? 0 : w.length / (channels * inner);
    for (let c = 0; c < channels; c++) {
      let best = symmetricScale(maxima[c] as number, scheme.bits);
      let least = Infinity;
      for (let k = FACTORS; k > 0 && maxima[c] !== 0; k--) {
        const s = symmetricScale(((maxima[c] as number) * k) / FACTORS, scheme.bits);
        const loss = lossOf({ x: w, counts: undefined }, { scale: s, least: lo, most: hi }, c * inner, inner, channels * inner, runs);
        if (!(loss < least)) continue;
        [best, least] = [s, loss];
      }
      scale[c] = best;
      await ctx.tick();
    }
    return { bits: scheme.bits, signed: true, scale, axis: channelAxis, zeroPoint: 0, lo, hi };
  },
  fakeQuantize: (w, shape, q) => fakeQuantizeAffine(w, q, shape),
  quantize: (w, shape, q) => quantizeAffine(w, q, shape),
  dequantize: (wi, shape, q) => dequantizeAffine(wi, q, shape),
};
