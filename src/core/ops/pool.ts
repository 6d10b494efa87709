/**
 * MaxPool (ONNX 1 to 12), AveragePool (1 to 22), GlobalMaxPool and GlobalAveragePool over one to three spatial axes:
 * pads, dilations, ceil_mode, count_include_pad. Padding never wins a maximum.
 */
import { sizeOf, type Tensor } from '../ir/tensor';
import type { Node } from '../ir/model';
import { intAttr, intsAttr, type FloatInput, type OpFamily, type ShapeInput } from './family';
import { windowOf, type SlidingWindow } from './lower/window';
import { planesOf, slidingShape, type Planes } from './planes';
import { badAttribute, badShape, inputAt, shapesOf, tensorAt } from './readers';
import { fromNumbers, numbersOf, type NumberArray } from './storage';

interface Pool {
  readonly window: SlidingWindow;
  readonly shape: readonly number[];
}

const isGlobal = (node: Node): boolean => node.op.startsWith('Global');

function poolOf(s: ShapeInput): Pool {
  const { node } = s;
  const x = inputAt(s, 0).shape;
  if (x.length < 3) throw badShape(node, 'an input of rank 3 at least', x);
  const extents = x.slice(2);
  if (isGlobal(node)) {
    const ones = extents.map(() => 1);
    return {
      window: { kernel: extents, strides: ones, dilations: ones, pads: [...extents, ...extents].map(() => 0) },
      shape: [...x.slice(0, 2), ...ones],
    };
  }
  if (!intsAttr(node, 'kernel_shape')) throw badAttribute(node, 'a kernel_shape', 'none');
  const window = windowOf(node, extents);
  return { window, shape: [...x.slice(0, 2), ...slidingShape(node, window, extents, intAttr(node, 'ceil_mode', 0) === 1)] };
}

/** Calls `visit` with the output's and every input's place of each tap that lies inside; `counted` counts taps within the padded extents. */
function eachWindow(p: Planes, start: (output: number, counted: number) => void, visit: (input: number) => void): void {
  const [[D, H, W], [s0, s1, s2], [d0, d1, d2]] = [p.input, p.strides, p.dilations];
  const padded = (i: 0 | 1 | 2, o: number): number => {
    const from = o * p.strides[i] - p.begins[i];
    let n = 0;
    for (let k = 0; k < p.kernel[i]; k++) if (from + k * p.dilations[i] < p.input[i] + p.ends[i]) n++;
    return n;
  };
  let to = 0;
  for (let a = 0; a < p.output[0]; a++) {
    for (let b = 0; b < p.output[1]; b++) {
      for (let c = 0; c < p.output[2]; c++, to++) {
        start(to, padded(0, a) * padded(1, b) * padded(2, c));
        for (let i = 0; i < p.kernel[0]; i++) {
          const z = a * s0 - p.begins[0] + i * d0;
          if (z < 0 || z >= D) continue;
          for (let j = 0; j < p.kernel[1]; j++) {
            const y = b * s1 - p.begins[1] + j * d1;
            if (y < 0 || y >= H) continue;
            for (let k = 0; k < p.kernel[2]; k++) {
              const x = c * s2 - p.begins[2] + k * d2;
              if (x >= 0 && x < W) visit((z * H + y) * W + x);
            }
          }
        }
      }
    }
  }
}

function planes(f: FloatInput): { x: Tensor; xs: NumberArray; p: Planes; shape: readonly number[]; count: number } {
  const x = tensorAt(f, 0);
  const { window, shape } = poolOf(shapesOf(f));
  const p = planesOf(f.node, window, x.shape.slice(2), shape.slice(2));
  return { x, xs: numbersOf(x), p, shape, count: sizeOf(x.shape.slice(0, 2)) };
}

function maxima(f: FloatInput): Tensor[] {
  const { x, xs, p, shape, count } = planes(f);
  const best = new Float64Array(sizeOf(shape)).fill(-Infinity);
  const where = new Float64Array(best.length);
  const [plane, outPlane] = [sizeOf(p.input), sizeOf(p.output)];
  for (let n = 0; n < count; n++) {
    const from = n * plane;
    let to = 0;
    eachWindow(
      p,
      (output) => (to = n * outPlane + output),
      (i) => {
        const v = xs[from + i] as number;
        if (!(v > (best[to] as number))) return;
        best[to] = v;
        where[to] = from + i;
      },
    );
  }
  const values = fromNumbers(x.dtype, shape, best);
  if (f.node.outputs.length < 2) return [values];
  const columnMajor = intAttr(f.node, 'storage_order', 0) === 1;
  return [values, fromNumbers('int64', shape, columnMajor ? where.map((v) => inColumns(v, p, plane)) : where)];
}

/** An index into planes counted column by column (storage_order 1). */
function inColumns(at: number, p: Planes, plane: number): number {
  const [D, H, W] = p.input;
  const inside = at % plane;
  const [z, y, x] = [Math.floor(inside / (H * W)), Math.floor(inside / W) % H, inside % W];
  return at - inside + (x * H + y) * D + z;
}

function averages(f: FloatInput): Tensor[] {
  const { x, xs, p, shape, count } = planes(f);
  const padCounts = intAttr(f.node, 'count_include_pad', 0) === 1;
  const sums = new Float64Array(sizeOf(shape));
  const [plane, outPlane] = [sizeOf(p.input), sizeOf(p.output)];
  const [counted, inside] = [new Float64Array(outPlane), new Float64Array(outPlane)];
  for (let n = 0; n < count; n++) {
    const from = n * plane;
    let place = 0;
    eachWindow(
      p,
      (output, taps) => {
        place = output;
        counted[output] = taps;
        inside[output] = 0;
      },
      (i) => {
        sums[n * outPlane + place] = (sums[n * outPlane + place] as number) + (xs[from + i] as number);
        inside[place] = (inside[place] as number) + 1;
      },
    );
    const taps = padCounts ? counted : inside;
    for (let i = 0; i < outPlane; i++) sums[n * outPlane + i] = (sums[n * outPlane + i] as number) / (taps[i] as number);
  }
  return [fromNumbers(x.dtype, shape, sums)];
}

/** Maxima are integers of the input: the quantizer passes through. */
export const maxPool: OpFamily = {
  id: 'max-pool',
  types: ['MaxPool', 'GlobalMaxPool'],
  shape(s) {
    const { shape } = poolOf(s);
    const y = { dtype: inputAt(s, 0).dtype, shape };
    return s.node.outputs.length > 1 ? [y, { dtype: 'int64', shape }] : [y];
  },
  evaluate: maxima,
  quantizer: 'pass',
};

export const averagePool: OpFamily = {
  id: 'average-pool',
  types: ['AveragePool', 'GlobalAveragePool'],
  shape: (s) => [{ dtype: inputAt(s, 0).dtype, shape: poolOf(s).shape }],
  evaluate: averages,
  quantizer: 'own',
};
