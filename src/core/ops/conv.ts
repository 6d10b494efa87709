/**
 * Conv (ONNX 1, 11) and ConvTranspose (1, 11): one to three spatial axes, groups, dilations, auto_pad.
 * Sums in float64, one rounding to the result's type.
 */
import { sizeOf, type Tensor } from '../ir/tensor';
import { addDots } from './dots';
import { intAttr, intsAttr, stringAttr, type FloatInput, type OpFamily, type ShapeInput } from './family';
import { windowOf, type SlidingWindow } from './lower/window';
import { checkWindow, insideRange, planesOf, slidingShape, type Planes } from './planes';
import { badShape, inputAt, shapesOf, tensorAt } from './readers';
import { floatsOf, fromNumbers, numbersOf, type NumberArray } from './storage';

function operands(s: ShapeInput): { x: readonly number[]; w: readonly number[]; group: number } {
  const [x, w] = [inputAt(s, 0).shape, inputAt(s, 1).shape];
  if (x.length < 3 || x.length !== w.length) throw badShape(s.node, 'an input and a weight of the same rank, at least 3', [...x, ...w]);
  const kernel = intsAttr(s.node, 'kernel_shape');
  if (kernel && kernel.join() !== w.slice(2).join()) throw badShape(s.node, `a weight with the kernel [${kernel.join(', ')}]`, w);
  return { x, w, group: intAttr(s.node, 'group', 1) };
}

function checkBias(s: ShapeInput, channels: number): void {
  const bias = s.inputs[2];
  if (bias && (bias.shape.length !== 1 || bias.shape[0] !== channels)) throw badShape(s.node, `a bias of ${channels} channels`, bias.shape);
}

function convShape(s: ShapeInput): number[] {
  const { x, w, group } = operands(s);
  const [channels, perGroup] = [x[1] as number, w[1] as number];
  const out = w[0] as number;
  if (channels !== perGroup * group || out % group !== 0) {
    throw badShape(s.node, `a weight for ${channels} channels in ${group} groups`, w);
  }
  checkBias(s, out);
  return [x[0] as number, out, ...slidingShape(s.node, windowOf(s.node, x.slice(2), w.slice(2)), x.slice(2))];
}

/** acc += x plane correlated with one kernel (at `from` of w). */
function correlate(p: Planes, x: NumberArray, at: number, w: NumberArray, from: number, acc: Float64Array): void {
  const [, height, width] = p.input;
  const [, outHeight, outWidth] = p.output;
  let tap = from;
  for (let a = 0; a < p.kernel[0]; a++) {
    const [d0, d1] = insideRange(p, 0, a);
    for (let b = 0; b < p.kernel[1]; b++) {
      const [h0, h1] = insideRange(p, 1, b);
      for (let c = 0; c < p.kernel[2]; c++) {
        const k = w[tap++] as number;
        if (k === 0) continue;
        const [v0, v1] = insideRange(p, 2, c);
        const step = p.strides[2];
        for (let d = d0; d < d1; d++) {
          const z = d * p.strides[0] - p.begins[0] + a * p.dilations[0];
          for (let h = h0; h < h1; h++) {
            const y = h * p.strides[1] - p.begins[1] + b * p.dilations[1];
            let src = at + (z * height + y) * width + v0 * step - p.begins[2] + c * p.dilations[2];
            const row = (d * outHeight + h) * outWidth;
            for (let o = row + v0; o < row + v1; o++, src += step) acc[o] = (acc[o] as number) + k * (x[src] as number);
          }
        }
      }
    }
  }
}

/** Elements of the patches that are made at once. */
const CHUNK = 262144;

/** One row per output position from `first` on: what every tap of every channel sees there, padding as 0. */
function fillPatches(p: Planes, x: NumberArray, at: number, channels: number, first: number, count: number, patches: Float64Array): void {
  const [depth, height, width] = p.input;
  const [, outHeight, outWidth] = p.output;
  const plane = depth * height * width;
  let to = 0;
  for (let o = first; o < first + count; o++) {
    const z0 = Math.floor(o / (outHeight * outWidth)) * p.strides[0] - p.begins[0];
    const y0 = (Math.floor(o / outWidth) % outHeight) * p.strides[1] - p.begins[1];
    const x0 = (o % outWidth) * p.strides[2] - p.begins[2];
    for (let c = 0; c < channels; c++) {
      const from = at + c * plane;
      for (let a = 0; a < p.kernel[0]; a++) {
        const z = z0 + a * p.dilations[0];
        for (let b = 0; b < p.kernel[1]; b++) {
          const y = y0 + b * p.dilations[1];
          const inside = z >= 0 && z < depth && y >= 0 && y < height;
          const row = from + (z * height + y) * width;
          for (let k = 0, v = x0; k < p.kernel[2]; k++, v += p.dilations[2]) {
            patches[to++] = inside && v >= 0 && v < width ? (x[row + v] as number) : 0;
          }
        }
      }
    }
  }
}

function convolve(f: FloatInput): Tensor[] {
  const { node } = f;
  const [x, w, bias] = [tensorAt(f, 0), tensorAt(f, 1), f.inputs[2]];
  const shape = convShape(shapesOf(f));
  const p = planesOf(node, windowOf(node, x.shape.slice(2), w.shape.slice(2)), x.shape.slice(2), shape.slice(2));
  const [batch, channels] = [x.shape[0] as number, x.shape[1] as number];
  const [filters, perGroup] = [w.shape[0] as number, w.shape[1] as number];
  const groups = channels / perGroup;
  const each = filters / groups;
  const [plane, outPlane, k] = [sizeOf(p.input), sizeOf(p.output), sizeOf(p.kernel) * perGroup];
  const [xs, ws] = [numbersOf(x), floatsOf(w)];
  const out = new Float64Array(sizeOf(shape));
  const bs = bias && numbersOf(bias);
  if (bs) for (let o = 0; o < batch * filters; o++) out.fill(bs[o % filters] as number, o * outPlane, (o + 1) * outPlane);
  // few filters are not worth their patches: a depthwise convolution has one
  const direct = each < 4;
  const chunk = Math.max(2, Math.min(outPlane, Math.floor(CHUNK / Math.max(1, k))));
  const patches = new Float64Array(direct ? 0 : chunk * k);
  for (let n = 0; n < batch; n++) {
    for (let g = 0; g < groups; g++) {
      const from = (n * channels + g * perGroup) * plane;
      const to = (n * filters + g * each) * outPlane;
      if (direct) {
        for (let o = 0; o < each * perGroup; o++) {
          const acc = out.subarray(to + Math.floor(o / perGroup) * outPlane, to + (Math.floor(o / perGroup) + 1) * outPlane);
          correlate(p, xs, from + (o % perGroup) * plane, ws, g * each * k + o * (k / perGroup), acc);
        }
        continue;
      }
      for (let first = 0; first < outPlane; first += chunk) {
        const count = Math.min(chunk, outPlane - first);
        fillPatches(p, xs, from, perGroup, first, count, patches);
        addDots(ws, g * each * k, each, patches, 0, count, k, out, to + first, outPlane, 1);
      }
    }
  }
  return [fromNumbers(x.dtype, shape, out)];
}

export const conv: OpFamily = {
  id: 'conv',
  types: ['Conv'],
  shape: (s) => [{ dtype: inputAt(s, 0).dtype, shape: convShape(s) }],
  evaluate: convolve,
  macs: (_, [, w], [y]) => (w && y ? sizeOf(y.shape) * sizeOf(w.shape.slice(1)) : 0),
  quantizer: 'own',
  weight: (node) => ({ input: 1, channelAxis: 0, biasInput: node.inputs[2] === undefined ? undefined : 2 }),
};

interface Transposed {
  readonly shape: readonly number[];
  readonly window: SlidingWindow;
}

/** out = stride * (in - 1) + output_padding + reach - pads; output_shape and auto_pad decide the pads instead. */
function transposedShape(s: ShapeInput): Transposed {
  const { node } = s;
  const { x, w, group } = operands(s);
  const channels = x[1] as number;
  if (channels !== w[0] || channels % group !== 0) throw badShape(node, `a weight for ${channels} channels in ${group} groups`, w);
  const out = (w[1] as number) * group;
  checkBias(s, out);
  const extents = x.slice(2);
  const kernel = w.slice(2);
  const strides = intsAttr(node, 'strides') ?? extents.map(() => 1);
  const dilations = intsAttr(node, 'dilations') ?? extents.map(() => 1);
  const extra = intsAttr(node, 'output_padding') ?? extents.map(() => 0);
  const auto = stringAttr(node, 'auto_pad', 'NOTSET');
  const same = auto === 'SAME_UPPER' || auto === 'SAME_LOWER';
  const given = intsAttr(node, 'output_shape');
  const pads = auto === 'NOTSET' ? intsAttr(node, 'pads') : undefined;
  const window = { kernel, strides, dilations, pads: pads ?? [...extents, ...extents].map(() => 0) };
  checkWindow(node, window, extents.length);
  const full = extents.map(
    (d, i) => (strides[i] as number) * (d - 1) + (extra[i] as number) + ((kernel[i] as number) - 1) * (dilations[i] as number) + 1,
  );
  if (!given && !same) {
    const n = extents.length;
    const spatial = full.map((d, i) => d - (window.pads[i] as number) - (window.pads[i + n] as number));
    if (spatial.some((d) => d < 1)) throw badShape(node, 'an output of at least 1', spatial);
    return { shape: [x[0] as number, out, ...spatial], window };
  }
  const spatial = given ? given.slice(-extents.length) : extents.map((d, i) => d * (strides[i] as number));
  const total = full.map((d, i) => Math.max(0, d - (spatial[i] as number)));
  // the odd one goes behind for SAME_UPPER, in front otherwise
  const begins = total.map((t) => (auto === 'SAME_UPPER' ? Math.floor(t / 2) : t - Math.floor(t / 2)));
  const ends = total.map((t, i) => t - (begins[i] as number));
  return { shape: [x[0] as number, out, ...spatial], window: { ...window, pads: [...begins, ...ends] } };
}

/** The transpose of a convolution whose input is our output: every input element adds a scaled kernel. */
function scatter(f: FloatInput): Tensor[] {
  const [x, w, bias] = [tensorAt(f, 0), tensorAt(f, 1), f.inputs[2]];
  const { shape, window } = transposedShape(shapesOf(f));
  // as a convolution: from our output to our input
  const p = planesOf(f.node, window, shape.slice(2), x.shape.slice(2));
  const group = intAttr(f.node, 'group', 1);
  const [batch, channels] = [x.shape[0] as number, x.shape[1] as number];
  const perGroup = w.shape[1] as number;
  const filters = perGroup * group;
  const [inPlane, outPlane, taps] = [sizeOf(p.output), sizeOf(p.input), sizeOf(p.kernel)];
  const [xs, ws, bs] = [numbersOf(x), numbersOf(w), bias && numbersOf(bias)];
  const out = new Float64Array(sizeOf(shape));
  if (bs) for (let i = 0; i < out.length; i++) out[i] = bs[Math.floor(i / outPlane) % filters] as number;
  for (let n = 0; n < batch; n++) {
    for (let c = 0; c < channels; c++) {
      const first = Math.floor(c / (channels / group)) * perGroup;
      for (let o = 0; o < perGroup; o++) {
        spreadKernel(p, xs, (n * channels + c) * inPlane, ws, (c * perGroup + o) * taps, out, (n * filters + first + o) * outPlane);
      }
    }
  }
  return [fromNumbers(x.dtype, shape, out)];
}

function spreadKernel(p: Planes, x: NumberArray, at: number, w: NumberArray, from: number, out: Float64Array, to: number): void {
  const [, height, width] = p.input;
  const [, rows, columns] = p.output;
  let tap = from;
  for (let a = 0; a < p.kernel[0]; a++) {
    const [d0, d1] = insideRange(p, 0, a);
    for (let b = 0; b < p.kernel[1]; b++) {
      const [h0, h1] = insideRange(p, 1, b);
      for (let c = 0; c < p.kernel[2]; c++) {
        const k = w[tap++] as number;
        const [v0, v1] = insideRange(p, 2, c);
        for (let d = d0; d < d1; d++) {
          const z = d * p.strides[0] - p.begins[0] + a * p.dilations[0];
          for (let h = h0; h < h1; h++) {
            const y = h * p.strides[1] - p.begins[1] + b * p.dilations[1];
            let dst = to + (z * height + y) * width + v0 * p.strides[2] - p.begins[2] + c * p.dilations[2];
            const row = at + (d * rows + h) * columns;
            for (let i = row + v0; i < row + v1; i++, dst += p.strides[2]) out[dst] = (out[dst] as number) + k * (x[i] as number);
          }
        }
      }
    }
  }
}

export const convTranspose: OpFamily = {
  id: 'conv-transpose',
  types: ['ConvTranspose'],
  shape: (s) => [{ dtype: inputAt(s, 0).dtype, shape: transposedShape(s).shape }],
  evaluate: scatter,
  macs: (_, [x, w]) => (x && w ? sizeOf(x.shape) * sizeOf(w.shape.slice(1)) : 0),
  quantizer: 'own',
  weight: (node) => ({ input: 1, channelAxis: 1, biasInput: node.inputs[2] === undefined ? undefined : 2 }),
};
