/**
 * `qdrop_token`: `qdrop` where layers that can take their input token by token do (integer/token-wise.ts). Each token position
 * begins with the scale of its largest magnitude, as `minmax_token`, and learns its own; other tensors are those of `qdrop`.
 */
import { fakeQuantizeAffine, quantizeAffine } from '../affine';
import type { LocalActivationQuantizer } from '../quantizer';
import { minmaxToken } from './minmax-token';
import { qdrop } from './qdrop';

export const qdropToken: LocalActivationQuantizer = {
  ...qdrop,
  id: 'qdrop_token',
  title: 'QDropToken',
  tokenWise: true,
  supports: minmaxToken.supports,
  quantize: (x, q) => quantizeAffine(x, q),
  fakeQuantize: (x, q) => fakeQuantizeAffine(x, q),
};
