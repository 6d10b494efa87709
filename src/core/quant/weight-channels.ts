/**
 * What quantizers of weights share: how output channels lie in a tensor, what they refuse. No quantizer itself.
 */
import { StudioError } from '../base/errors';
import type { Scheme } from './quantizer';

export function supportsWeights(scheme: Scheme): true | string {
  if (!scheme.symmetric || scheme.signed === false) return 'weights are signed and symmetric';
  if (scheme.bits < 2 || scheme.bits > 8) return 'weights have 2 to 8 bits';
  return true;
}

/** Throws `not-finite`. */
export function checkFinite(w: Float32Array): void {
  for (let i = 0; i < w.length; i++) {
    const v = w[i] as number;
    if (v - v !== 0) throw new StudioError({ code: 'not-finite', what: 'A weight is NaN or infinite', got: `${v} at index ${i}` });
  }
}

/** Elements of one channel that lie together: element i is of channel floor(i / inner) % channels. */
export function innerOf(shape: readonly number[], axis: number): number {
  return shape.slice(axis + 1).reduce((a, b) => a * b, 1);
}

/** max|w| per index of the channel axis. */
export function channelMaxima(w: Float32Array, shape: readonly number[], axis: number): Float64Array {
  const channels = shape[axis] ?? 1;
  const inner = innerOf(shape, axis);
  const most = new Float64Array(channels);
  for (let start = 0, c = 0; start < w.length; start += inner, c = c + 1 === channels ? 0 : c + 1) {
    let m = most[c] as number;
    for (let i = start; i < start + inner; i++) m = Math.max(m, Math.abs(w[i] as number));
    most[c] = m;
  }
  return most;
}
