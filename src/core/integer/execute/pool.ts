/**
 * Pooling windows and means over axes: sums of (x - zx) with one MulShift whose multiplier holds 1/N, and
 * maxima, whose padding is the lowest integer.
 */
import { requantizeOne } from '../../base/fixed-point';
import type { IntegerModel, PoolOp, ReduceOp } from '../../ir/integer-model';
import { sizeOf } from '../../ir/tensor';
import { StudioError } from '../../base/errors';
import {
  constantOf,
  newTensor,
  numbersOf,
  operandOf,
  requantizeTensor,
  valueOf,
  zeroPointOf,
  type Numbers,
  type OpResult,
  type Tensors,
} from './tensors';

/** Input range [from, to) in taps of one output position along one axis, and the first element's index. */
interface Window {
  readonly starts: Int32Array;
  readonly kernel: number;
  readonly dilation: number;
  readonly extent: number;
}

function windowsOf(op: PoolOp, x: readonly number[], y: readonly number[]): [Window, Window] {
  const p = op.pool;
  const axes = p.kernel.map((kernel, i): Window => {
    const starts = new Int32Array(y[i + 2] as number);
    for (let o = 0; o < starts.length; o++) starts[o] = o * (p.strides[i] as number) - (p.pads[i] as number);
    return { starts, kernel, dilation: p.dilations[i] as number, extent: x[i + 2] as number };
  });
  const [a, b] = axes;
  if (!a || axes.length > 2)
    throw new StudioError({ code: 'internal', what: 'A pool has one or two spatial axes', got: String(axes.length) });
  const one: Window = { starts: new Int32Array(1), kernel: 1, dilation: 1, extent: 1 };
  return b ? [a, b] : [one, a];
}

/** Largest element, or sum of (x - zero), of every window. */
function slide(
  x: Numbers,
  planes: number,
  [v, h]: [Window, Window],
  zero: number,
  max: boolean,
  lowest: number,
  out: Numbers | Int32Array,
): void {
  let at = 0;
  for (let plane = 0; plane < planes; plane++) {
    const from = plane * v.extent * h.extent;
    for (const top of v.starts) {
      for (const left of h.starts) {
        let best = lowest;
        let sum = 0;
        for (let ky = 0, y = top; ky < v.kernel; ky++, y += v.dilation) {
          if (y < 0 || y >= v.extent) continue;
          const row = from + y * h.extent;
          for (let kx = 0, i = left; kx < h.kernel; kx++, i += h.dilation) {
            if (i < 0 || i >= h.extent) continue;
            const q = x[row + i] as number;
            if (q > best) best = q;
            sum += q - zero;
          }
        }
        out[at++] = max ? best : sum;
      }
    }
  }
}

export function executePool(op: PoolOp, tensors: Tensors, model: IntegerModel): OpResult {
  const x = operandOf(model, tensors, op.inputs[0] as string);
  const { shape } = valueOf(model, op.output);
  const planes = sizeOf(x.value.shape.slice(0, 2));
  const windows = windowsOf(op, x.value.shape, shape);
  if (op.pool.kind === 'max') {
    const output = newTensor(model, op.output);
    slide(x.data, planes, windows, 0, true, x.value.quant?.lo ?? -Infinity, output.data);
    return { output };
  }
  const sums = new Int32Array(sizeOf(shape));
  slide(x.data, planes, windows, zeroPointOf(x.value), false, 0, sums);
  const acc = { dtype: 'int32', shape, data: sums } as const;
  const r = op.requant;
  if (!r) throw new StudioError({ code: 'internal', what: 'An average pool has no multiplier', where: { node: op.name } });
  if (op.index === undefined) return { acc, output: requantizeTensor(model, sums, r, 1, op.output) };
  const index = numbersOf(constantOf(model, op.index).data, op.index);
  const mul = numbersOf(constantOf(model, r.mul).data, r.mul);
  const shift = numbersOf(constantOf(model, r.shift).data, r.shift);
  const output = newTensor(model, op.output);
  for (let i = 0; i < sums.length; i++) {
    const which = index[i % index.length] as number;
    output.data[i] = requantizeOne(sums[i] as number, {
      M: mul[which] as number,
      n: shift[which] as number,
      zeroPoint: r.zeroPoint,
      lo: r.lo,
      hi: r.hi,
      mode: model.arithmetic.rounding,
    });
  }
  return { acc, output };
}

export function executeReduce(op: ReduceOp, tensors: Tensors, model: IntegerModel): OpResult {
  const x = operandOf(model, tensors, op.inputs[0] as string);
  const zero = zeroPointOf(x.value);
  const shape = x.value.shape;
  const accValue = valueOf(model, op.acc);
  const acc = new Int32Array(sizeOf(accValue.shape));
  // stride of each input axis in the accumulator; 0 where it is summed over
  const steps = new Array<number>(shape.length).fill(0);
  let step = 1;
  for (let i = shape.length - 1; i >= 0; i--) {
    if (op.attrs.axes.includes(i)) continue;
    steps[i] = step;
    step *= shape[i] as number;
  }
  const index = new Array<number>(shape.length).fill(0);
  let target = 0;
  for (let i = 0; i < x.data.length; i++) {
    acc[target] = (acc[target] as number) + (x.data[i] as number) - zero;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const next = (index[axis] as number) + 1;
      if (next < (shape[axis] as number)) {
        index[axis] = next;
        target += steps[axis] as number;
        break;
      }
      index[axis] = 0;
      target -= (next - 1) * (steps[axis] as number);
    }
  }
  return {
    acc: { dtype: 'int32', shape: accValue.shape, data: acc },
    output: requantizeTensor(model, acc, op.requant, 0, op.output),
  };
}
