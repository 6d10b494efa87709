/**
 * `minmax_token`: activations, one static symmetric scale per token position, from the largest magnitude that the position has
 * over the calibration set. Scales are whole multiples of the largest one's 2^-14, so that a layer can take them as integers
 * T[t] in its own accumulator. Tensors that have no tokens, or whose product runs over them, have one scale (as `minmax`).
 */
import { TOKEN_BITS } from '../../ops/lower/tokens';
import { fakeQuantizeAffine, integerRange, quantizeAffine, symmetricScale } from '../affine';
import type { LocalActivationQuantizer, QParams, Scheme } from '../quantizer';
import { minmax } from './minmax';

/** A float32 scale that is a whole multiple already comes back as itself. */
const ROUNDING = 1 - 2 ** -23;

/** From the largest magnitude of each position. A position that was never active takes the largest scale: nothing it may hold is clipped. */
export function tokenScales(maxima: ArrayLike<number>, bits: number): Float32Array {
  const { hi } = integerRange(bits, true, false);
  let most = 0;
  for (let t = 0; t < maxima.length; t++) most = Math.max(most, maxima[t] as number);
  const largest = symmetricScale(most, bits);
  return Float32Array.from(maxima, (m) => {
    const factor =
      m === 0 ? 2 ** TOKEN_BITS : Math.min(2 ** TOKEN_BITS, Math.max(1, Math.ceil((m / hi / largest) * 2 ** TOKEN_BITS * ROUNDING)));
    return factor * largest * 2 ** -TOKEN_BITS;
  });
}

/** For the positions along `axis`. */
export function tokenQuantizer(maxima: ArrayLike<number>, axis: number, bits: number): QParams {
  const { lo, hi } = integerRange(bits, true, false);
  return { bits, signed: true, scale: tokenScales(maxima, bits), axis, zeroPoint: 0, lo, hi };
}

export const minmaxToken: LocalActivationQuantizer = {
  ...minmax,
  id: 'minmax_token',
  title: 'MinMaxToken',
  tokenWise: true,
  supports: (scheme: Scheme) => (scheme.granularity === 'token' ? true : minmax.supports(scheme)),
  quantize: (x, q) => quantizeAffine(x, q),
  fakeQuantize: (x, q) => fakeQuantizeAffine(x, q),
};
