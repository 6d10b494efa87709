/**
 * Convolution, 1-D (as 2-D of height 1) and 2-D: acc = sum (x - zx) * w + B, one MulShift per output
 * channel. Padding holds zx, the integer that means 0.0. Depthwise runs directly, the rest over patch rows.
 */
import type { Context } from '../../base/context';
import { throwIfCancelled } from '../../base/context';
import type { ConvOp, IntegerModel } from '../../ir/integer-model';
import { dotRows, packRows, type PackedRows } from './dot';
import {
  constantOf,
  largestMagnitude,
  numbersOf,
  operandOf,
  requantizeTensor,
  valueOf,
  zeroPointOf,
  type Numbers,
  type OpResult,
  type Tensors,
} from './tensors';

/** Everything in 2-D. */
interface Geometry {
  readonly batch: number;
  readonly channels: number;
  readonly height: number;
  readonly width: number;
  readonly outputs: number;
  readonly perGroup: number;
  readonly kh: number;
  readonly kw: number;
  readonly outHeight: number;
  readonly outWidth: number;
  readonly stride: readonly [number, number];
  readonly dilation: readonly [number, number];
  readonly top: number;
  readonly left: number;
  readonly paddedHeight: number;
  readonly paddedWidth: number;
  readonly group: number;
}

function geometryOf(op: ConvOp, x: readonly number[], w: readonly number[], y: readonly number[]): Geometry {
  const flat = x.length === 3;
  const pair = (v: readonly number[], absent: number): [number, number] =>
    flat ? [absent, v[0] as number] : [v[0] as number, v[1] as number];
  const { strides, pads, dilations, group } = op.attrs;
  const [height, width] = pair(x.slice(2), 1);
  const [kh, kw] = pair(w.slice(2), 1);
  const [outHeight, outWidth] = pair(y.slice(2), 1);
  const [top, left] = pair(pads.slice(0, x.length - 2), 0);
  const [bottom, right] = pair(pads.slice(x.length - 2), 0);
  return {
    batch: x[0] as number,
    channels: x[1] as number,
    height,
    width,
    outputs: w[0] as number,
    perGroup: w[1] as number,
    kh,
    kw,
    outHeight,
    outWidth,
    stride: pair(strides, 1),
    dilation: pair(dilations, 1),
    top,
    left,
    paddedHeight: height + top + bottom,
    paddedWidth: width + left + right,
    group,
  };
}

/** Weight rows per group, kept as long as the op is: a test set runs the same op a thousand times. */
const packed = new WeakMap<ConvOp, readonly PackedRows[]>();

function rowsOf(op: ConvOp, w: Numbers, g: Geometry, magnitude: number): readonly PackedRows[] {
  const known = packed.get(op);
  if (known) return known;
  const k = g.perGroup * g.kh * g.kw;
  const each = g.outputs / g.group;
  const rows = Array.from({ length: g.group }, (_, i) => packRows(w, i * each * k, each, k, k, 1, 0, magnitude));
  packed.set(op, rows);
  return rows;
}

/** The planes of `count` channels with padding and without zero point. */
function paddedPlanes(x: Numbers, zero: number, g: Geometry, from: number, count: number): Float64Array {
  const plane = g.paddedHeight * g.paddedWidth;
  const out = new Float64Array(count * plane);
  for (let c = 0; c < count; c++) {
    for (let y = 0; y < g.height; y++) {
      const row = y + g.top;
      if (row < 0 || row >= g.paddedHeight) continue; // negative pads cut
      const source = from + (c * g.height + y) * g.width;
      const target = c * plane + row * g.paddedWidth + g.left;
      const first = Math.max(0, -g.left);
      const last = Math.min(g.width, g.paddedWidth - g.left);
      for (let i = first; i < last; i++) out[target + i] = (x[source + i] as number) - zero;
    }
  }
  return out;
}

export async function executeConv(op: ConvOp, tensors: Tensors, model: IntegerModel, ctx: Context): Promise<OpResult> {
  const x = operandOf(model, tensors, op.inputs[0] as string);
  const weight = constantOf(model, op.weight);
  const w = numbersOf(weight.data, op.weight);
  const accValue = valueOf(model, op.acc);
  const g = geometryOf(op, x.value.shape, weight.shape, accValue.shape);
  const zero = zeroPointOf(x.value);
  const positions = g.outHeight * g.outWidth;
  const acc = new Int32Array(g.batch * g.outputs * positions);
  const each = g.outputs / g.group;
  const depthwise = g.perGroup === 1 && g.group > 1;
  const rows = depthwise ? [] : rowsOf(op, w, g, largestMagnitude(x.value));
  for (let n = 0; n < g.batch; n++) {
    for (let group = 0; group < g.group; group++) {
      const from = (n * g.channels + group * g.perGroup) * g.height * g.width;
      const planes = paddedPlanes(x.data, zero, g, from, g.perGroup);
      const to = (n * g.outputs + group * each) * positions;
      if (depthwise) {
        for (let o = 0; o < each; o++) depthwisePlane(planes, w, (group * each + o) * g.kh * g.kw, g, acc, to + o * positions);
      } else {
        await overPatches(planes, rows[group] as PackedRows, g, acc, to, ctx);
      }
    }
    await ctx.tick();
    throwIfCancelled(ctx);
  }
  if (op.bias !== undefined) addBias(acc, numbersOf(constantOf(model, op.bias).data, op.bias), positions);
  return {
    acc: { dtype: 'int32', shape: accValue.shape, data: acc },
    output: requantizeTensor(model, acc, op.requant, 1, op.output),
  };
}

function addBias(acc: Int32Array, bias: Numbers, inner: number): void {
  for (let at = 0, o = 0; at < acc.length; at += inner, o = o + 1 === bias.length ? 0 : o + 1) {
    const b = bias[o] as number;
    for (let i = at; i < at + inner; i++) acc[i] = (acc[i] as number) + b;
  }
}

/** One output plane of a depthwise convolution: tap by tap. |acc| < 2^31 is proved. */
function depthwisePlane(plane: Float64Array, w: Numbers, from: number, g: Geometry, acc: Int32Array, to: number): void {
  const [sy, sx] = g.stride;
  for (let ky = 0; ky < g.kh; ky++) {
    for (let kx = 0; kx < g.kw; kx++) {
      const tap = w[from + ky * g.kw + kx] as number;
      if (tap === 0) continue;
      for (let oy = 0; oy < g.outHeight; oy++) {
        let source = (oy * sy + ky * g.dilation[0]) * g.paddedWidth + kx * g.dilation[1];
        let target = to + oy * g.outWidth;
        for (let ox = 0; ox < g.outWidth; ox++, source += sx, target++) {
          acc[target] = (acc[target] as number) + tap * (plane[source] as number);
        }
      }
    }
  }
}

/** Patch rows of a block of output positions, then their products with every weight row. */
async function overPatches(planes: Float64Array, rows: PackedRows, g: Geometry, acc: Int32Array, to: number, ctx: Context): Promise<void> {
  const positions = g.outHeight * g.outWidth;
  const k = rows.k;
  const block = Math.max(2, Math.min(positions + (positions & 1), 2 * Math.ceil(8192 / Math.max(1, k))));
  const patches = new Float64Array(block * k);
  for (let first = 0; first < positions; first += block) {
    const count = Math.min(block, positions - first);
    gatherPatches(planes, g, first, count, patches);
    dotRows(rows, patches, count, acc, to + first, positions, 1);
    await ctx.tick();
    throwIfCancelled(ctx);
  }
}

function gatherPatches(planes: Float64Array, g: Geometry, first: number, count: number, patches: Float64Array): void {
  const plane = g.paddedHeight * g.paddedWidth;
  const [sy, sx] = g.stride;
  const [dy, dx] = g.dilation;
  let at = 0;
  for (let p = first; p < first + count; p++) {
    const oy = Math.floor(p / g.outWidth);
    const corner = oy * sy * g.paddedWidth + (p - oy * g.outWidth) * sx;
    for (let c = 0; c < g.perGroup; c++) {
      for (let ky = 0; ky < g.kh; ky++) {
        let source = c * plane + corner + ky * dy * g.paddedWidth;
        for (let kx = 0; kx < g.kw; kx++, source += dx) patches[at++] = planes[source] as number;
      }
    }
  }
}
