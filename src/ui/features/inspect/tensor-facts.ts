/** What follows from the description of an integer tensor without its data: the range of its bits, the real value of a cell. */
import type { TensorRefInfo } from '../../../engine/api';

/** Two's complement range of `bits`. */
export function integerRange(t: Pick<TensorRefInfo, 'bits' | 'signed'>): { readonly lo: number; readonly hi: number } {
  return t.signed ? { lo: -(2 ** (t.bits - 1)), hi: 2 ** (t.bits - 1) - 1 } : { lo: 0, hi: 2 ** t.bits - 1 };
}

/** scale × (q − zero point); undefined where integers stand for themselves or the scale's axis cannot be told from the shape. */
export function realOf(t: Pick<TensorRefInfo, 'shape' | 'scale' | 'zeroPoint'>, full: readonly number[], q: number): number | undefined {
  const scale = t.scale.length === 1 ? t.scale[0] : t.scale[channelOf(t, full) ?? -1];
  return scale === undefined || scale === 1 ? undefined : scale * (q - t.zeroPoint);
}

/** One scale a channel: the channel axis is the only one of that extent among the first and the last. */
function channelOf(t: Pick<TensorRefInfo, 'shape' | 'scale'>, full: readonly number[]): number | undefined {
  const n = t.scale.length;
  const last = t.shape.length - 1;
  const axes = [...new Set([0, last])].filter((axis) => t.shape[axis] === n);
  return axes.length === 1 ? full[axes[0] as number] : undefined;
}
