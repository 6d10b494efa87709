/**
 * Softmax, LogSoftmax and Hardmax. From opset 13 along one axis (default the last); before, over everything from
 * `axis` (default 1) on, as a matrix. Our own form `t2c:Softmax(x, mask, out, kept)` (ir/model.ts) is along one axis always; what is
 * masked is 0. Sums in float64.
 */
import { exp, log } from '../base/math';
import type { Tensor } from '../ir/tensor';
import { broadcastShape } from './broadcast';
import { intAttr, type FloatInput, type OpFamily, type ShapeInput } from './family';
import { axisOf, badShape, likeFirst, shapesOf, tensorAt, upTo } from './readers';
import { dataOf, floatsOf, fromNumbers } from './storage';
import { axesLast, inverse, spreadTo, transposed } from './strided';

function softmaxAxes(s: Pick<ShapeInput, 'node' | 'opset'>, rank: number): number[] {
  if (s.opset >= 13 || s.node.domain === 't2c') return [axisOf(s.node, intAttr(s.node, 'axis', -1), rank)];
  const axis = intAttr(s.node, 'axis', 1);
  return axis === rank ? [] : upTo(rank).slice(axisOf(s.node, axis, rank));
}

/** One run in place. */
function normalize(op: string, data: Float64Array, from: number, to: number): void {
  let most = -Infinity;
  let first = from;
  for (let i = from; i < to; i++) {
    if ((data[i] as number) <= most) continue;
    most = data[i] as number;
    first = i;
  }
  if (op === 'Hardmax') {
    data.fill(0, from, to);
    data[first] = 1;
    return;
  }
  let sum = 0;
  for (let i = from; i < to; i++) sum += exp((data[i] as number) - most);
  const shift = most + log(sum);
  for (let i = from; i < to; i++) {
    data[i] = op === 'LogSoftmax' ? (data[i] as number) - shift : exp((data[i] as number) - most) / sum;
  }
}

/** Which elements are masked, with the axes last. */
function maskOf(f: FloatInput, shape: readonly number[], axes: readonly number[]): boolean[] | undefined {
  const mask = f.inputs[1];
  if (f.node.domain !== 't2c' || mask === undefined) return undefined;
  const keep = intAttr(f.node, 'keep', 0) === 1;
  const [computed, out, kept] = [mask, f.inputs[2], f.inputs[3]].map(
    (t) => t && Array.from(dataOf(axesLast(spreadTo(t, shape), axes).t) as ArrayLike<number | bigint>, (v) => Number(v) !== 0),
  );
  return computed?.map((v, i) => out?.[i] === true || (v !== keep && kept?.[i] !== true));
}

function evaluate(f: FloatInput): Tensor[] {
  const x = tensorAt(f, 0);
  const axes = softmaxAxes(shapesOf(f), x.shape.length);
  const { t, perm } = axesLast(x, axes);
  const data = floatsOf(t);
  const masked = maskOf(f, x.shape, axes);
  if (masked) for (let i = 0; i < data.length; i++) if (masked[i]) data[i] = -Infinity;
  const run = axes.reduce((n, a) => n * (x.shape[a] as number), 1);
  for (let at = 0; at < data.length; at += run) normalize(f.node.op, data, at, at + run);
  // a row without elements has no softmax: 0 by definition
  if (masked) for (let i = 0; i < data.length; i++) if (masked[i]) data[i] = 0;
  return [transposed(fromNumbers(x.dtype, t.shape, data), inverse(perm))];
}

export const softmax: OpFamily = {
  id: 'softmax',
  types: ['Softmax', 'LogSoftmax', 'Hardmax'],
  shape(s) {
    const y = likeFirst(s);
    softmaxAxes(s, y.shape.length);
    for (const mask of s.inputs.slice(1)) {
      if (mask && broadcastShape(s.node, [y.shape, mask.shape]).join() !== y.shape.join())
        throw badShape(s.node, `a mask that broadcasts to [${y.shape.join(', ')}]`, mask.shape);
    }
    return [y];
  },
  evaluate,
  quantizer: 'own',
};
