/**
 * All Reduce* operators. Axes are an attribute up to opset 17 (ReduceSum: 12), an optional input after; none means
 * all, unless noop_with_empty_axes. Floats are summed in float64, integers exactly.
 */
import { exp, log } from '../base/math';
import { StudioError } from '../base/errors';
import { sizeOf, type Tensor } from '../ir/tensor';
import { intAttr, type FloatInput, type OpFamily, type ShapeInput } from './family';
import { axesOf, inputAt, listAt, shapesOf, tensorAt, upTo } from './readers';
import { dataOf, fromNumbers, isBig, isFloat, made, newData, type BigArray, type NumberArray } from './storage';
import { axesLast } from './strided';

/** undefined: nothing is reduced. */
function reducedAxes(s: ShapeInput): number[] | undefined {
  const rank = inputAt(s, 0).shape.length;
  const axes = listAt(s, 1, 'axes');
  if (axes && axes.length > 0) return axesOf(s.node, axes, rank).sort((a, b) => a - b);
  return intAttr(s.node, 'noop_with_empty_axes', 0) === 1 ? undefined : upTo(rank);
}

function reducedShape(s: ShapeInput, axes: readonly number[] = []): number[] {
  const { shape } = inputAt(s, 0);
  if (intAttr(s.node, 'keepdims', 1) === 1) return shape.map((d, a) => (axes.includes(a) ? 1 : d));
  return shape.filter((_, a) => !axes.includes(a));
}

function ofNumbers(op: string, x: NumberArray, from: number, to: number): number {
  let a = 0;
  switch (op) {
    case 'ReduceSum':
    case 'ReduceMean':
      for (let i = from; i < to; i++) a += x[i] as number;
      return op === 'ReduceSum' ? a : a / (to - from);
    case 'ReduceMax':
      a = -Infinity;
      for (let i = from; i < to; i++) a = Math.max(a, x[i] as number);
      return a;
    case 'ReduceMin':
      a = Infinity;
      for (let i = from; i < to; i++) a = Math.min(a, x[i] as number);
      return a;
    case 'ReduceProd':
      a = 1;
      for (let i = from; i < to; i++) a *= x[i] as number;
      return a;
    case 'ReduceL1':
      for (let i = from; i < to; i++) a += Math.abs(x[i] as number);
      return a;
    case 'ReduceL2':
    case 'ReduceSumSquare':
      for (let i = from; i < to; i++) a += (x[i] as number) ** 2;
      return op === 'ReduceL2' ? Math.sqrt(a) : a;
    case 'ReduceLogSum':
      for (let i = from; i < to; i++) a += x[i] as number;
      return log(a);
    case 'ReduceLogSumExp': {
      let most = -Infinity;
      for (let i = from; i < to; i++) most = Math.max(most, x[i] as number);
      if (!Number.isFinite(most)) return most;
      for (let i = from; i < to; i++) a += exp((x[i] as number) - most);
      return most + log(a);
    }
    default:
      throw new StudioError({ code: 'internal', what: 'No such reduction', where: { op } });
  }
}

/** 64-bit integers; roots and logarithms are those of the nearest float64, truncated. */
function ofBigs(op: string, x: BigArray, from: number, to: number): bigint {
  if (op === 'ReduceMax' || op === 'ReduceMin') {
    let best = x[from] ?? 0n;
    for (let i = from; i < to; i++) if (op === 'ReduceMax' ? (x[i] as bigint) > best : (x[i] as bigint) < best) best = x[i] as bigint;
    return best;
  }
  if (op === 'ReduceProd') {
    let product = 1n;
    for (let i = from; i < to; i++) product = BigInt.asIntN(64, product * (x[i] as bigint));
    return product;
  }
  let sum = 0n;
  for (let i = from; i < to; i++) {
    const v = x[i] as bigint;
    sum += op === 'ReduceL1' ? (v < 0n ? -v : v) : op === 'ReduceL2' || op === 'ReduceSumSquare' ? v * v : v;
  }
  switch (op) {
    case 'ReduceMean':
      return sum / BigInt(to - from);
    case 'ReduceL2':
      return BigInt(Math.trunc(Math.sqrt(Number(sum))));
    case 'ReduceLogSum':
      return BigInt(Math.trunc(log(Number(sum))));
    case 'ReduceLogSumExp':
      return BigInt(Math.trunc(ofNumbers(op, Float64Array.from(x.slice(from, to), Number), 0, to - from)));
    default:
      return sum;
  }
}

function evaluate(f: FloatInput): Tensor[] {
  const s = shapesOf(f);
  const x = tensorAt(f, 0);
  const axes = reducedAxes(s);
  if (!axes) return [x];
  const shape = reducedShape(s, axes);
  const { t } = axesLast(x, axes);
  const data = dataOf(t);
  const run = sizeOf(axes.map((a) => x.shape[a] as number));
  const count = sizeOf(shape);
  if (isBig(data)) {
    const out = newData(x.dtype, count) as BigArray; // of the input's type
    for (let i = 0; i < count; i++) out[i] = ofBigs(f.node.op, data, i * run, (i + 1) * run);
    return [made(x.dtype, shape, out)];
  }
  const out = new Float64Array(count);
  for (let i = 0; i < count; i++) out[i] = ofNumbers(f.node.op, data, i * run, (i + 1) * run);
  return [fromNumbers(x.dtype, shape, isFloat(x.dtype) ? out : out.map(Math.trunc))];
}

const kinds = ['Mean', 'Sum', 'Max', 'Min', 'Prod', 'L1', 'L2', 'LogSum', 'LogSumExp', 'SumSquare'];

export const reduce: OpFamily = {
  id: 'reduce',
  types: kinds.map((kind) => `Reduce${kind}`),
  shape: (s) => [{ dtype: inputAt(s, 0).dtype, shape: reducedShape(s, reducedAxes(s)) }],
  evaluate,
  quantizer: 'own',
};

/** ArgMax and ArgMin (ONNX 1 to 13): the first of equals, or the last with select_last_index. */
export const argReduce: OpFamily = {
  id: 'arg-reduce',
  types: ['ArgMax', 'ArgMin'],
  shape(s) {
    const axis = axesOf(s.node, [intAttr(s.node, 'axis', 0)], inputAt(s, 0).shape.length);
    return [{ dtype: 'int64', shape: reducedShape(s, axis) }];
  },
  evaluate(f) {
    const x = tensorAt(f, 0);
    const [axis = 0] = axesOf(f.node, [intAttr(f.node, 'axis', 0)], x.shape.length);
    const data = dataOf(axesLast(x, [axis]).t);
    const run = x.shape[axis] as number;
    const [most, last] = [f.node.op === 'ArgMax', intAttr(f.node, 'select_last_index', 0) === 1];
    const shape = reducedShape(shapesOf(f), [axis]);
    const out = new BigInt64Array(sizeOf(shape));
    for (let o = 0; o < out.length; o++) {
      let best = 0;
      for (let i = 1; i < run; i++) {
        const [v, b] = [data[o * run + i] as number, data[o * run + best] as number];
        if ((most ? v > b : v < b) || (last && v === b)) best = i;
      }
      out[o] = BigInt(best);
    }
    return [made('int64', shape, out)];
  },
  quantizer: 'own',
};
