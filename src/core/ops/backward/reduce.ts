/** Backward rules of ReduceSum and ReduceMean: the gradient spread over what was summed. */
import type { ValueName } from '../../ir/model';
import { sizeOf } from '../../ir/tensor';
import type { BackwardRule, Emitter } from '../backward';
import { intsAttr } from '../family';
import type { Node } from '../../ir/model';
import { input, reshaped, scaled } from './common';

export function axesOf(node: Node, g: Emitter, rank: number): number[] {
  const [, name] = node.inputs;
  const constant = name === undefined ? undefined : g.constant(name);
  const given = constant ? Array.from(constant.data as ArrayLike<bigint>, Number) : intsAttr(node, 'axes');
  const axes = given && given.length > 0 ? given : Array.from({ length: rank }, (_, i) => i);
  return axes.map((a) => (a < 0 ? a + rank : a));
}

function spread(node: Node, dy: ValueName, g: Emitter): ValueName {
  const shape = g.shape(input(node, 0));
  const axes = axesOf(node, g, shape.length);
  const kept = shape.map((d, i) => (axes.includes(i) ? 1 : d));
  return g.emit('Expand', [reshaped(g, dy, kept), g.ints(shape)]);
}

export const reduceSumBackward: BackwardRule = (node, dy, g) => [spread(node, dy, g)];

export const reduceMeanBackward: BackwardRule = (node, dy, g) => {
  const count = sizeOf(g.shape(input(node, 0))) / sizeOf(g.shape(dy));
  return [spread(node, scaled(g, dy, 1 / count), g)];
};
