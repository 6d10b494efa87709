/**
 * Backward rules of functions of one tensor. Where a function has a corner, the slope is that to one side of it: at a
 * bound of Clip and at 0 of Relu it is 0.
 */
import type { ValueName } from '../../ir/model';
import type { BackwardRule, Emitter } from '../backward';
import { floatAttr } from '../family';
import type { Node } from '../../ir/model';
import { input, mul, output, sub, when } from './common';

/** dx = dy * slope(x, y). */
export function bySlope(slope: (x: ValueName, y: ValueName, g: Emitter, node: Node) => ValueName): BackwardRule {
  return (node, dy, g) => [mul(g, dy, slope(input(node, 0), output(node), g, node))];
}

export const sigmoidBackward = bySlope((_, y, g) => mul(g, y, sub(g, g.floats([1]), y)));
export const absBackward = bySlope((x, _, g) => g.emit('Sign', [x]));
export const negBackward: BackwardRule = (_, dy, g) => [g.emit('Neg', [dy])];

/** Straight through (Bengio et al. 2013), not the derivative, which is 0: what learned steps and roundings need. */
export const roundBackward: BackwardRule = (_, dy) => [dy];

/** Bounds are scalar operands, or attributes as in opset 6. */
export const clipBackward: BackwardRule = (node, dy, g) => {
  const x = input(node, 0);
  const bound = (i: number, name: string): ValueName | undefined => {
    const value = floatAttr(node, name, NaN);
    return node.inputs[i] ?? (Number.isNaN(value) ? undefined : g.floats([value]));
  };
  const [lo, hi] = [bound(1, 'min'), bound(2, 'max')];
  let dx = dy;
  if (lo !== undefined) dx = mul(g, dx, when(g, g.emit('Greater', [x, lo])));
  if (hi !== undefined) dx = mul(g, dx, when(g, g.emit('Less', [x, hi])));
  return [dx];
};
