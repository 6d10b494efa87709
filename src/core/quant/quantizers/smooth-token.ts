/**
 * `smooth_token`: SmoothQuant's name for MinMaxToken on a model whose outliers were moved from activations into weights
 * (core/prepare/smooth.ts, asked for by `smooth_channel`): what the layers read has one static scale per token position.
 */
import { fakeQuantizeAffine, quantizeAffine } from '../affine';
import type { LocalActivationQuantizer } from '../quantizer';
import { minmaxToken } from './minmax-token';

export const smoothToken: LocalActivationQuantizer = {
  ...minmaxToken,
  id: 'smooth_token',
  title: 'SmoothToken',
  quantize: (x, q) => quantizeAffine(x, q),
  fakeQuantize: (x, q) => fakeQuantizeAffine(x, q),
};
