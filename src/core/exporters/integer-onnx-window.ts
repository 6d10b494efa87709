/**
 * Pools and means as integer operators. Averages are sums of (x - zx) in int32 and one MulShift, with a multiplier per
 * position where the number of elements varies. Maxima of bytes are MaxPool. What it does not take (wider integers,
 * windows that read padding only) and windowed sums go axis by axis: every window's elements are gathered, then reduced.
 * (Pad before MaxPool is no way out: runtimes fuse the two, whatever the padding holds.)
 */
import type { PoolOp, ReduceOp } from '../ir/integer-model';
import type { ValueName } from '../ir/model';
import { heldBy } from '../integer/accumulator';
import { StudioError } from '../base/errors';
import { intAttr, intsAttr, type IntegerGraph } from './integer-onnx-graph';
import { kept, sumName } from './integer-onnx-register';
import { factorsOf, mulShift, type Factors } from './integer-onnx-requant';
import { padded } from './integer-onnx-move';

export function emitPool(g: IntegerGraph, op: PoolOp): void {
  if (op.pool.kind === 'max') emitMax(g, op);
  else emitAverage(g, op);
}

function emitMax(g: IntegerGraph, op: PoolOp): void {
  const name = op.inputs[0] as string;
  const x = g.tensor(name);
  const out = g.tensor(op.output);
  const lowest = g.info(name).quant?.lo ?? 0;
  const pads = windowPads(g, op);
  if (g.intTypeOf(x) !== 'int32' && everyWindowReads(g, op, pads)) {
    const { kernel, strides, dilations } = op.pool;
    const spatial = [...pads.slice(2, 2 + kernel.length), ...pads.slice(4 + kernel.length)];
    const attrs = { kernel_shape: intsAttr(kernel), strides: intsAttr(strides), dilations: intsAttr(dilations), pads: intsAttr(spatial) };
    g.emit('MaxPool', [x], out, attrs);
    return;
  }
  reducedWindows(g, op, padded(g, x, pads, lowest, op.name), 'ReduceMax', out);
}

/** Has every window an element of x, and is no padding as long as a window? Then the runtime's MaxPool is ours. */
function everyWindowReads(g: IntegerGraph, op: PoolOp, pads: readonly number[]): boolean {
  const { kernel, strides, dilations } = op.pool;
  const out = g.info(op.output).shape.slice(2);
  return kernel.every((k, i) => {
    const [before, after] = [pads[i + 2] as number, pads[i + 4 + kernel.length] as number];
    if (before >= k || after >= k) return false;
    return Array.from({ length: out[i] as number }, (_, o) => o * (strides[i] as number) - before).every((start) =>
      Array.from({ length: k }, (_, j) => start + j * (dilations[i] as number)).some((at) => at >= 0 && at < extent(g, op, i)),
    );
  });
}

function emitAverage(g: IntegerGraph, op: PoolOp): void {
  if (!op.requant || op.acc === undefined || !op.accumulator) {
    throw new StudioError({ code: 'internal', what: 'An average pool has no multiplier', where: { node: op.name } });
  }
  const name = op.inputs[0] as string;
  const { shape } = g.info(op.output);
  const centred = g.centred(name, 'int32', g.zeroPoint(name), op.name);
  const summing = { ...op, acc: op.acc };
  const sum = sumName(g, summing);
  const pads = windowPads(g, op);
  const whole =
    shape.slice(2).every((d) => d === 1) && pads.every((p) => p === 0) && op.pool.kernel.every((k, i) => k === extent(g, op, i));
  if (whole) {
    const axes = g.ints(
      `${op.name}_axes`,
      op.pool.kernel.map((_, i) => i + 2),
    );
    g.emit('ReduceSum', [centred, axes], sum, { keepdims: intAttr(1) });
  } else {
    reducedWindows(g, op, padded(g, centred, pads, 0, op.name), 'ReduceSum', sum);
  }
  const acc = kept(g, summing, sum);
  const { mul, shift } = factorsOf(g, op.requant, shape.length, 1);
  let factors: Factors = { mul, shift, shape: [] };
  if (op.index !== undefined) {
    const index = g.numbers(op.index);
    const at = <T>(values: readonly T[]): T[] => index.map((i) => values[i] as T);
    factors = { mul: at(mul), shift: at(shift), shape: shape.slice(2) };
  }
  mulShift(g, acc, 0, heldBy(g.model.arithmetic.accumulator, BigInt(op.accumulator.bound)), factors, op.requant, op.name, op.output);
}

function extent(g: IntegerGraph, op: PoolOp, axis: number): number {
  return g.info(op.inputs[0] as string).shape[axis + 2] as number;
}

/** Pads of every axis under which all windows lie inside, in the order of ONNX. */
function windowPads(g: IntegerGraph, op: PoolOp): number[] {
  const { kernel, strides, dilations, pads } = op.pool;
  const out = g.info(op.output).shape.slice(2);
  const after = kernel.map((k, i) => {
    const reach = ((out[i] as number) - 1) * (strides[i] as number) + (k - 1) * (dilations[i] as number) + 1;
    return Math.max(0, reach - extent(g, op, i) - (pads[i] as number));
  });
  return [0, 0, ...pads.slice(0, kernel.length), 0, 0, ...after];
}

/** One axis after the other: [.., extent, ..] -> [.., positions, kernel, ..] -> [.., positions, ..] */
function reducedWindows(g: IntegerGraph, op: PoolOp, x: ValueName, reduce: 'ReduceMax' | 'ReduceSum', out: ValueName): void {
  const { kernel, strides, dilations } = op.pool;
  const extents = g.info(op.output).shape.slice(2);
  let from = x;
  kernel.forEach((k, i) => {
    const positions = extents[i] as number;
    const at = Array.from(
      { length: positions * k },
      (_, j) => Math.floor(j / k) * (strides[i] as number) + (j % k) * (dilations[i] as number),
    );
    const indices = g.constant(`${op.name}_window${i}`, 'int64', [positions, k], at);
    const taps = g.apply('Gather', [from, indices], `${op.name}_taps${i}`, { axis: intAttr(i + 2) });
    const attrs = { keepdims: intAttr(0) };
    const to = i === kernel.length - 1 ? out : g.made.name(`${op.name}_reduced${i}`);
    // ReduceMax takes its axes as an input from operator set 18 on
    if (reduce === 'ReduceMax' && g.opset < 18) g.emit(reduce, [taps], to, { ...attrs, axes: intsAttr([i + 3]) });
    else g.emit(reduce, [taps, g.ints(`${to}_axes`, [i + 3])], to, attrs);
    from = to;
  });
}

export function emitReduce(g: IntegerGraph, op: ReduceOp): void {
  const name = op.inputs[0] as string;
  const centred = g.centred(name, 'int32', g.zeroPoint(name), op.name);
  const { axes, keepdims } = op.attrs;
  const sum = sumName(g, op);
  if (axes.length === 0) g.emit('Identity', [centred], sum);
  else g.emit('ReduceSum', [centred, g.ints(`${op.name}_axes`, axes)], sum, { keepdims: intAttr(keepdims) });
  const acc = kept(g, op, sum);
  const factors = factorsOf(g, op.requant, g.info(op.acc).shape.length, 0);
  mulShift(g, acc, 0, heldBy(g.model.arithmetic.accumulator, BigInt(op.accumulator.bound)), factors, op.requant, op.name, op.output);
}
