/**
 * Elementwise ops: Add and Sub (one rounding over both terms), Mul of two tensors, tables, choices, and changes of
 * quantizer. Operands broadcast as in ONNX. Sums and products stay below 2^53 and are held in float64.
 */
import { fitsFast, powerOfTwo, requantizeRun } from '../../base/fixed-point';
import type { AddOp, IntegerModel, LutOp, MulOp, RequantOp, WhereOp } from '../../ir/integer-model';
import { sizeOf, stridesOf } from '../../ir/tensor';
import { newStorage } from '../../quant/affine';
import { elementType } from './operands';
import { requantizeAll, roundingMode } from './requantizer';
import { requantizeTensor } from './requantize-tensor';
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

/** For each element of `out`, the index of the element of `shape` that it reads (numpy broadcasting). */
export function broadcastOffsets(shape: readonly number[], out: readonly number[]): Int32Array {
  const offsets = new Int32Array(sizeOf(out));
  const strides = stridesOf(shape);
  const lead = out.length - shape.length;
  let done = 1;
  for (let axis = out.length - 1; axis >= 0; axis--) {
    const step = axis < lead || shape[axis - lead] === 1 ? 0 : (strides[axis - lead] as number);
    const extent = out[axis] as number;
    for (let i = 1; i < extent; i++) {
      for (let j = 0; j < done; j++) offsets[i * done + j] = (offsets[j] as number) + i * step;
    }
    done *= extent;
  }
  return offsets;
}

/** From this length on a copy of a run is quicker than a loop. */
const RUN = 24;

/** The elements as the output has them; what is equal in the last axes is copied in runs. */
function spread(data: Numbers, shape: readonly number[], out: readonly number[]): Numbers {
  if (shape.length === out.length && shape.every((d, i) => d === out[i])) return data;
  let same = 0;
  while (same < shape.length && shape.at(-1 - same) === out.at(-1 - same)) same++;
  const run = sizeOf(shape.slice(shape.length - same));
  const offsets = broadcastOffsets(shape.slice(0, shape.length - same), out.slice(0, out.length - same));
  // every typed array is made by its own constructor
  const to = new (data.constructor as new (length: number) => Numbers)(offsets.length * run);
  if (run >= RUN) {
    for (let i = 0; i < offsets.length; i++)
      to.set(data.subarray((offsets[i] as number) * run, ((offsets[i] as number) + 1) * run), i * run);
    return to;
  }
  for (let i = 0, at = 0; i < offsets.length; i++) {
    for (let j = 0, from = (offsets[i] as number) * run; j < run; j++) to[at++] = data[from + j] as number;
  }
  return to;
}

export function executeAdd(op: AddOp, tensors: Tensors, model: IntegerModel, run: Run): OpResult {
  const { kernel } = run;
  const { shape } = valueOf(model, op.output);
  const [a, b] = op.operands.map((name) => {
    const o = operandOf(model, tensors, name);
    return spread(o.data, o.value.shape, shape);
  }) as [Numbers, Numbers];
  const { mulA, mulB, shift, zeroPointA, zeroPointB, zeroPoint, lo, hi } = op.add;
  const output = newTensor(model, op.output, run);
  const reach = (x: Numbers, zero: number, mul: number): number => (powerOfTwo(8 * x.BYTES_PER_ELEMENT) + Math.abs(zero)) * Math.abs(mul);
  const more = zeroPointA * mulA + zeroPointB * mulB;
  if (fitsFast(reach(a, zeroPointA, mulA) + reach(b, zeroPointB, mulB), shift)) {
    kernel.reset();
    const target = kernel.room(output.data.byteLength);
    const down = powerOfTwo(-shift);
    kernel.add(
      ...[kernel.put(a), elementType(a), kernel.put(b), elementType(b), a.length, mulA * down, mulB * down, -more * down],
      ...[zeroPoint, lo, hi, roundingMode(model), target, elementType(output.data)],
    );
    kernel.take(target, output.data);
    return { output };
  }
  const total = new Float64Array(a.length);
  for (let i = 0; i < total.length; i++) total[i] = ((a[i] as number) - zeroPointA) * mulA + ((b[i] as number) - zeroPointB) * mulB;
  requantizeRun(total, 0, 1, total.length, output.data, 0, 1, { M: 1, n: shift, zeroPoint, lo, hi, mode: model.arithmetic.rounding });
  return { output };
}

export function executeMul(op: MulOp, tensors: Tensors, model: IntegerModel, run: Run): OpResult {
  const { shape } = valueOf(model, op.output);
  const [a, b] = op.operands.map((name) => {
    const o = operandOf(model, tensors, name);
    return spread(o.data, o.value.shape, shape);
  }) as [Numbers, Numbers];
  const [za, zb] = op.zeroPoints;
  // |product| < 2^31 where one of the two has 8 bits
  const narrow = a.BYTES_PER_ELEMENT + b.BYTES_PER_ELEMENT <= 3;
  const total = narrow ? new Int32Array(a.length) : new Float64Array(a.length);
  for (let i = 0; i < total.length; i++) total[i] = ((a[i] as number) - za) * ((b[i] as number) - zb);
  return { output: requantizeTensor(model, total, op.requant, 1, op.output, run) };
}

export function executeLut(op: LutOp, tensors: Tensors, model: IntegerModel, run: Run): OpResult {
  const { kernel } = run;
  const x = operandOf(model, tensors, op.inputs[0] as string).data;
  const output = newTensor(model, op.output, run);
  const entries = numbersOf(constantOf(model, op.lut.table).data, op.lut.table);
  const table = numbersOf(newStorage(output.dtype, entries.length), op.lut.table);
  table.set(entries);
  const { offset } = op.lut;
  if (x.BYTES_PER_ELEMENT > 2 || table.BYTES_PER_ELEMENT > 2) {
    for (let i = 0; i < x.length; i++) output.data[i] = table[(x[i] as number) - offset] as number;
    return { output };
  }
  kernel.reset();
  const target = kernel.room(output.data.byteLength);
  kernel.lookUp(...[kernel.put(x), elementType(x), x.length, offset, kernel.put(table), table.length, table.BYTES_PER_ELEMENT, target]);
  kernel.take(target, output.data);
  return { output };
}

export function executeWhere(op: WhereOp, tensors: Tensors, model: IntegerModel, run: Run): OpResult {
  const { shape } = valueOf(model, op.output);
  const [condition, a, b] = [op.condition, ...op.operands].map((name) => {
    const o = operandOf(model, tensors, name);
    return spread(o.data, o.value.shape, shape);
  }) as [Numbers, Numbers, Numbers];
  const output = newTensor(model, op.output, run);
  for (let i = 0; i < output.data.length; i++) output.data[i] = (condition[i] !== 0 ? a[i] : b[i]) as number;
  return { output };
}

export function executeRequant(op: RequantOp, tensors: Tensors, model: IntegerModel, run: Run): OpResult {
  const { kernel } = run;
  const x = operandOf(model, tensors, op.inputs[0] as string);
  const output = newTensor(model, op.output, run);
  requantizeAll(kernel, model, x.data, zeroPointOf(x.value), op.requant, 1, output);
  return { output };
}
