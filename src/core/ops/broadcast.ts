/**
 * Operators of two or more tensors that broadcast: the common shape after numpy, the one-sided broadcasting
 * of opset 6 and before (attributes `broadcast` and `axis`), and the loop over pairs of elements.
 */
import type { Node } from '../ir/model';
import { sizeOf, type DType, type Tensor } from '../ir/tensor';
import { intAttr, type FloatInput, type ShapeInput } from './family';
import { badShape, inputAt, tensorAt } from './readers';
import { dataOf, isBig, made, newData, numbersOf } from './storage';
import { spreadTo } from './strided';

export function broadcastShape(node: Node, shapes: readonly (readonly number[])[]): number[] {
  const rank = Math.max(0, ...shapes.map((s) => s.length));
  const out = new Array<number>(rank).fill(1);
  for (const shape of shapes) {
    shape.forEach((d, i) => {
      const axis = rank - shape.length + i;
      if (d === 1 || d === out[axis]) return;
      if (out[axis] !== 1) throw badShape(node, 'shapes that broadcast', shapes.map((s) => `[${s.join(', ')}]`).join(' and '));
      out[axis] = d;
    });
  }
  return out;
}

/** Shape of the second operand as it lines up with the first: before opset 7 it may stop before the last axis. */
function aligned(node: Node, opset: number, a: readonly number[], b: readonly number[]): readonly number[] {
  if (opset >= 7 || intAttr(node, 'broadcast', 0) !== 1) return b;
  const axis = intAttr(node, 'axis', a.length - b.length);
  return [...b, ...new Array<number>(Math.max(0, a.length - b.length - axis)).fill(1)];
}

/** Shape of an operator of two tensors. */
export function pairShape(s: ShapeInput): number[] {
  const [a, b] = [inputAt(s, 0).shape, inputAt(s, 1).shape];
  return broadcastShape(s.node, [a, aligned(s.node, s.opset, a, b)]);
}

/** f of every pair of elements, 64-bit integers by `big`. */
export function combine(
  node: Node,
  x: Tensor,
  y: Tensor,
  dtype: DType,
  f: (a: number, b: number) => number,
  big: (a: bigint, b: bigint) => bigint | number,
): Tensor {
  const shape = broadcastShape(node, [x.shape, y.shape]);
  const out = newData(dtype, sizeOf(shape));
  const whole = (t: Tensor): Tensor => (sizeOf(t.shape) === 1 ? t : spreadTo(t, shape));
  const [a, b] = [whole(x), whole(y)];
  const [p, q] = [dataOf(a), dataOf(b)];
  const [stepA, stepB] = [p.length === 1 ? 0 : 1, q.length === 1 ? 0 : 1];
  if (isBig(p) && isBig(q)) {
    for (let i = 0; i < out.length; i++) out[i] = big(p[i * stepA] as bigint, q[i * stepB] as bigint);
  } else {
    const [m, n] = [numbersOf(a), numbersOf(b)];
    for (let i = 0; i < out.length; i++) out[i] = f(m[i * stepA] as number, n[i * stepB] as number);
  }
  return made(dtype, shape, out);
}

/** The two operands, the second lined up. */
export function pairOf(f: FloatInput): [Tensor, Tensor] {
  const [x, y] = [tensorAt(f, 0), tensorAt(f, 1)];
  return [x, { ...y, shape: aligned(f.node, f.opset, x.shape, y.shape) }];
}
