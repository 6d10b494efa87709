/**
 * `minmax_channel` and `minmax`: weights, symmetric, the largest magnitude (per output channel, or of the
 * whole tensor) at the top of the range. A dead channel has scale 1.
 */
import { dequantizeAffine, fakeQuantizeAffine, integerRange, quantizeAffine, symmetricScale } from '../affine';
import { StudioError } from '../../base/errors';
import type { QParams, Scheme, WeightQuantizer } from '../quantizer';

function supports(scheme: Scheme): true | string {
  if (!scheme.symmetric || scheme.signed === false) return 'weights are signed and symmetric';
  if (scheme.bits < 2 || scheme.bits > 8) return 'weights have 2 to 8 bits';
  return true;
}

function checkFinite(w: Float32Array): void {
  for (let i = 0; i < w.length; i++) {
    const v = w[i] as number;
    if (v - v !== 0) throw new StudioError({ code: 'not-finite', what: 'A weight is NaN or infinite', got: `${v} at index ${i}` });
  }
}

/** max|w| per index of the channel axis. */
function channelMaxima(w: Float32Array, shape: readonly number[], axis: number): Float64Array {
  const channels = shape[axis] ?? 1;
  let inner = 1;
  for (let i = axis + 1; i < shape.length; i++) inner *= shape[i] as number;
  const most = new Float64Array(channels);
  for (let start = 0, c = 0; start < w.length; start += inner, c = c + 1 === channels ? 0 : c + 1) {
    let m = most[c] as number;
    for (let i = start; i < start + inner; i++) m = Math.max(m, Math.abs(w[i] as number));
    most[c] = m;
  }
  return most;
}

function weightQuantizer(id: string, title: string, perChannel: boolean): WeightQuantizer {
  return {
    id,
    title,
    target: 'weights',
    options: [],
    supports,
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
