/** What backward rules share: short ways to emit, and the way back through broadcasting. */
import type { AttrValue, Node, ValueName } from '../../ir/model';
import { sameShape, sizeOf } from '../../ir/tensor';
import type { Emitter } from '../backward';

export const int = (value: number): AttrValue => ({ type: 'int', value });
export const ints = (value: readonly number[]): AttrValue => ({ type: 'ints', value });
export const float = (value: number): AttrValue => ({ type: 'float', value });

export const add = (g: Emitter, a: ValueName, b: ValueName): ValueName => g.emit('Add', [a, b]);
export const sub = (g: Emitter, a: ValueName, b: ValueName): ValueName => g.emit('Sub', [a, b]);
export const mul = (g: Emitter, a: ValueName, b: ValueName): ValueName => g.emit('Mul', [a, b]);
export const scaled = (g: Emitter, a: ValueName, factor: number): ValueName => (factor === 1 ? a : mul(g, a, g.floats([factor])));

/** 1 where the condition holds, else 0. */
export function when(g: Emitter, condition: ValueName): ValueName {
  return g.emit('Where', [condition, g.floats([1]), g.floats([0])]);
}

export function reshaped(g: Emitter, x: ValueName, shape: readonly number[]): ValueName {
  return sameShape(g.shape(x), shape) ? x : g.emit('Reshape', [x, g.ints(shape)]);
}

export function summed(g: Emitter, x: ValueName, axes: readonly number[], keep: boolean): ValueName {
  return axes.length === 0 ? x : g.emit('ReduceSum', [x, g.ints(axes)], { keepdims: int(keep ? 1 : 0) });
}

export function transposed(g: Emitter, x: ValueName, perm: readonly number[]): ValueName {
  return g.emit('Transpose', [x], { perm: ints(perm) });
}

/** Transpose, as a reshape where only axes of extent 1 change places. */
export function reordered(g: Emitter, x: ValueName, perm: readonly number[]): ValueName {
  const shape = g.shape(x);
  const long = perm.filter((a) => shape[a] !== 1);
  const isInOrder = long.every((a, i) => i === 0 || a > (long[i - 1] as number));
  if (!isInOrder) return transposed(g, x, perm);
  return reshaped(
    g,
    x,
    perm.map((a) => shape[a] as number),
  );
}

/** Elements [from, to) of one axis. */
export function part(g: Emitter, x: ValueName, axis: number, from: number, to: number): ValueName {
  if (from === 0 && to === g.shape(x)[axis]) return x;
  return g.emit('Slice', [x, g.ints([from]), g.ints([to]), g.ints([axis])]);
}

export function zeros(g: Emitter, shape: readonly number[]): ValueName {
  return g.emit('Expand', [g.floats([0]), g.ints(shape)]);
}

/** The last two axes exchanged. */
export function turned(g: Emitter, x: ValueName): ValueName {
  const rank = g.shape(x).length;
  const perm = Array.from({ length: rank }, (_, i) => (i < rank - 2 ? i : i === rank - 2 ? rank - 1 : rank - 2));
  return transposed(g, x, perm);
}

/** A gradient in a broadcast shape, summed to the shape of the operand that was broadcast. */
export function summedTo(g: Emitter, dy: ValueName, shape: readonly number[]): ValueName {
  const from = g.shape(dy);
  if (sameShape(from, shape)) return dy;
  if (sizeOf(shape) === 1) {
    return reshaped(
      g,
      summed(
        g,
        dy,
        from.map((_, i) => i),
        true,
      ),
      shape,
    );
  }
  const lead = from.length - shape.length;
  const axes = from.flatMap((d, i) => (i < lead || (shape[i - lead] === 1 && d !== 1) ? [i] : []));
  return reshaped(g, summed(g, dy, axes, true), shape);
}

export function input(node: Node, i: number): ValueName {
  return node.inputs[i] as ValueName; // rules see valid nodes
}

export function output(node: Node): ValueName {
  return node.outputs[0] as ValueName;
}
