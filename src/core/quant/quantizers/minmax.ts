/**
 * `minmax`: activations, one quantizer per tensor from the running extremum over the calibration set.
 * Unsigned with zero point 0 for one-sided tensors; else asymmetric, or signed symmetric when asked for.
 */
import { dequantizeAffine, fakeQuantizeAffine, quantizeAffine, rangeQuantizer } from '../affine';
import type { LocalActivationQuantizer } from '../quantizer';

export const minmax: LocalActivationQuantizer = {
  id: 'minmax',
  title: 'MinMax',
  target: 'activations',
  options: [],
  supports(scheme) {
    if (scheme.granularity !== 'tensor') return 'minmax gives one quantizer to a whole activation tensor';
    if (scheme.bits < 2 || scheme.bits > 16) return 'activations have 2 to 16 bits';
    return true;
  },
  fit: (stats, scheme) => rangeQuantizer(stats.min, stats.max, scheme),
  fakeQuantize: (x, q) => fakeQuantizeAffine(x, q),
  quantize: (x, q) => quantizeAffine(x, q),
  dequantize: (xi, q) => dequantizeAffine(xi, q),
};
