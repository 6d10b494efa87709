/**
 * Pooling windows and means over axes: sums of (x - zx) with one MulShift whose multiplier holds 1/N, and
 * maxima, whose padding is the lowest integer.
 */
import { requantizeOne } from '../../base/fixed-point';
import type { IntegerModel, PoolOp, ReduceOp } from '../../ir/integer-model';
import { sizeOf } from '../../ir/tensor';
import { StudioError } from '../../base/errors';
import { limitAll, limitOf } from '../accumulator';
import { BLOCK_BYTES, elementType } from './operands';
import { requantizeTensor } from './requantize-tensor';
import { usesHighMul } from './requantizer';
import {
  constantOf,
  newTensor,
  numbersOf,
  operandOf,
  valueOf,
  zeroPointOf,
  type Numbers,
  type OpResult,
  type Run,
  type Tensors,
} from './tensors';

/** Windows along one axis. */
interface Window {
  readonly count: number;
  readonly stride: number;
  readonly before: number;
  readonly kernel: number;
  readonly dilation: number;
  readonly extent: number;
}

function windowsOf(op: PoolOp, x: readonly number[], y: readonly number[]): [Window, Window] {
  const p = op.pool;
  const axes = p.kernel.map((kernel, i): Window => {
    const [stride, before, dilation] = [p.strides[i], p.pads[i], p.dilations[i]] as [number, number, number];
    return { count: y[i + 2] as number, stride, before, kernel, dilation, extent: x[i + 2] as number };
  });
  const [a, b] = axes;
  if (!a || axes.length > 2)
    throw new StudioError({ code: 'internal', what: 'A pool has one or two spatial axes', got: String(axes.length) });
  const one: Window = { count: 1, stride: 1, before: 0, kernel: 1, dilation: 1, extent: 1 };
  return b ? [a, b] : [one, a];
}

/** Largest element of every window, in the kernel. Padding, also what hangs over, holds the lowest integer. */
function largest(x: Numbers, planes: number, [v, h]: [Window, Window], lowest: number, out: Numbers, { kernel }: Run): void {
  const type = elementType(x);
  const offset = type === 3 ? 32768 : 0;
  const phase = Math.ceil(Math.max(h.extent + h.before, (h.count - 1) * h.stride + (h.kernel - 1) * h.dilation + 1) / h.stride);
  const paddedHeight = Math.max(v.extent + v.before, (v.count - 1) * v.stride + (v.kernel - 1) * v.dilation + 1);
  const row = phase * h.stride;
  const taps = new Uint32Array(v.kernel * h.kernel);
  for (let i = 0; i < taps.length; i++) {
    const column = (i % h.kernel) * h.dilation;
    const place = (column % h.stride) * phase + Math.floor(column / h.stride);
    taps[i] = 2 * (Math.floor(i / h.kernel) * v.dilation * row + place);
  }
  const planeSize = 2 * paddedHeight * row;
  const pixels = v.extent * h.extent;
  const positions = v.count * h.count;
  const some = Math.max(1, Math.min(planes, Math.floor((2 * BLOCK_BYTES) / planeSize)));
  kernel.reset();
  const tapsAt = kernel.put(taps);
  const source = kernel.room(some * pixels * x.BYTES_PER_ELEMENT);
  const padded = kernel.room(some * planeSize);
  const target = kernel.room(some * positions * out.BYTES_PER_ELEMENT);
  for (let first = 0; first < planes; first += some) {
    const count = Math.min(some, planes - first);
    kernel.write(source, x.subarray(first * pixels, (first + count) * pixels));
    kernel.toPlanes(
      ...[source, type, count, v.extent, h.extent, offset, lowest - offset, padded],
      ...[paddedHeight, v.before, h.before, h.stride, phase],
    );
    kernel.largestOf(...[padded, planeSize, count, tapsAt, taps.length, v.count, h.count, 2 * v.stride * row, offset, target, type]);
    kernel.take(target, out.subarray(first * positions, (first + count) * positions));
  }
}

/** Sum of (x - zero) over every window. */
function sumUp(x: Numbers, planes: number, [v, h]: [Window, Window], zero: number, out: Int32Array): void {
  let at = 0;
  for (let plane = 0; plane < planes; plane++) {
    const from = plane * v.extent * h.extent;
    for (let oy = 0; oy < v.count; oy++) {
      for (let ox = 0; ox < h.count; ox++) {
        let sum = 0;
        for (let ky = 0, y = oy * v.stride - v.before; ky < v.kernel; ky++, y += v.dilation) {
          if (y < 0 || y >= v.extent) continue;
          const row = from + y * h.extent;
          for (let kx = 0, i = ox * h.stride - h.before; kx < h.kernel; kx++, i += h.dilation) {
            if (i >= 0 && i < h.extent) sum += (x[row + i] as number) - zero;
          }
        }
        out[at++] = sum;
      }
    }
  }
}

export function executePool(op: PoolOp, tensors: Tensors, model: IntegerModel, run: Run): OpResult {
  const x = operandOf(model, tensors, op.inputs[0] as string);
  const { shape } = valueOf(model, op.output);
  const planes = sizeOf(x.value.shape.slice(0, 2));
  const windows = windowsOf(op, x.value.shape, shape);
  if (op.pool.kind === 'max') {
    const output = newTensor(model, op.output, run);
    largest(x.data, planes, windows, x.value.quant?.lo ?? 0, output.data, run);
    return { output };
  }
  const sums = new Int32Array(sizeOf(shape));
  sumUp(x.data, planes, windows, zeroPointOf(x.value), sums);
  limitAll(sums, limitOf(op, model));
  const acc = { dtype: 'int32', shape, data: sums } as const;
  const r = op.requant;
  if (!r) throw new StudioError({ code: 'internal', what: 'An average pool has no multiplier', where: { node: op.name } });
  if (op.index === undefined) return { acc, output: requantizeTensor(model, sums, r, 1, op.output, run) };
  const index = numbersOf(constantOf(model, op.index).data, op.index);
  const mul = numbersOf(constantOf(model, r.mul).data, r.mul);
  const shift = numbersOf(constantOf(model, r.shift).data, r.shift);
  const output = newTensor(model, op.output, run);
  for (let i = 0; i < sums.length; i++) {
    const which = index[i % index.length] as number;
    output.data[i] = requantizeOne(sums[i] as number, {
      M: mul[which] as number,
      n: shift[which] as number,
      zeroPoint: r.zeroPoint,
      lo: r.lo,
      hi: r.hi,
      mode: model.arithmetic.rounding,
      highMul: usesHighMul(model),
    });
  }
  return { acc, output };
}

export function executeReduce(op: ReduceOp, tensors: Tensors, model: IntegerModel, run: Run): OpResult {
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
  limitAll(acc, limitOf(op, model));
  return {
    acc: { dtype: 'int32', shape: accValue.shape, data: acc },
    output: requantizeTensor(model, acc, op.requant, 0, op.output, run),
  };
}
