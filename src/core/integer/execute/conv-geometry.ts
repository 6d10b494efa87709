/**
 * A convolution in two dimensions, whatever it was: 1-D is 2-D of height 1, a 1x1 convolution without padding is one long
 * row. Says where in padded planes each filter tap reads.
 */
import type { ConvOp } from '../../ir/integer-model';

export interface Geometry {
  readonly batch: number;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly outputs: number;
  readonly perGroup: number;
  readonly group: number;
  readonly kh: number;
  readonly kw: number;
  readonly outHeight: number;
  readonly outWidth: number;
  readonly strideY: number;
  readonly strideX: number;
  readonly dilationY: number;
  readonly dilationX: number;
  readonly top: number;
  readonly left: number;
  readonly paddedHeight: number;
  /** Elements of one padded row with the same column modulo strideX. */
  readonly phase: number;
}

export function geometryOf(op: ConvOp, x: readonly number[], w: readonly number[], y: readonly number[]): Geometry {
  const flat = x.length === 3;
  const pair = (v: readonly number[], absent: number): [number, number] =>
    flat ? [absent, v[0] as number] : [v[0] as number, v[1] as number];
  const { strides, pads, dilations, group } = op.attrs;
  const [height, width] = pair(x.slice(2), 1);
  const [kh, kw] = pair(w.slice(2), 1);
  const [outHeight, outWidth] = pair(y.slice(2), 1);
  const [top, left] = pair(pads.slice(0, x.length - 2), 0);
  const [bottom, right] = pair(pads.slice(x.length - 2), 0);
  const [strideY, strideX] = pair(strides, 1);
  const [dilationY, dilationX] = pair(dilations, 1);
  const common = { batch: x[0] as number, channels: x[1] as number, outputs: w[0] as number, perGroup: w[1] as number, group, kh, kw };
  const plain = kh === 1 && kw === 1 && strideY === 1 && strideX === 1 && [top, left, bottom, right].every((p) => p === 0);
  if (plain) {
    const long = { height: 1, width: height * width, outHeight: 1, outWidth: height * width, paddedHeight: 1, phase: height * width };
    return { ...common, ...long, strideY, strideX, dilationY, dilationX, top, left };
  }
  const paddedHeight = height + top + bottom;
  const phase = Math.ceil((width + left + right) / strideX);
  return { ...common, height, width, outHeight, outWidth, strideY, strideX, dilationY, dilationX, top, left, paddedHeight, phase };
}

/** Per k of a group's patch (channel, tap row, tap column): the byte offset of what output position (0, 0) reads. */
export function tapOffsets(g: Geometry): Uint32Array {
  const row = g.phase * g.strideX;
  const offsets = new Uint32Array(g.perGroup * g.kh * g.kw);
  let at = 0;
  for (let c = 0; c < g.perGroup; c++) {
    for (let ky = 0; ky < g.kh; ky++) {
      for (let kx = 0; kx < g.kw; kx++) {
        const column = kx * g.dilationX;
        const place = (column % g.strideX) * g.phase + Math.floor(column / g.strideX);
        offsets[at++] = 2 * ((c * g.paddedHeight + ky * g.dilationY) * row + place);
      }
    }
  }
  return offsets;
}
