/**
 * Backward rules of functions of one tensor. Where a function has a corner, the slope is that to one side of it: at a
 * bound of Clip and at 0 of Relu it is 0.
 */
import type { ValueName } from '../../ir/model';
import type { BackwardRule, Emitter } from '../backward';
import { floatAttr, stringAttr } from '../family';
import type { Node } from '../../ir/model';
import { add, input, mul, output, scaled, sub, summedTo, when } from './common';

/** dx = dy * slope(x, y). */
export function bySlope(slope: (x: ValueName, y: ValueName, g: Emitter, node: Node) => ValueName): BackwardRule {
  return (node, dy, g) => [mul(g, dy, slope(input(node, 0), output(node), g, node))];
}

const one = (g: Emitter): ValueName => g.floats([1]);
const plus = (g: Emitter, x: ValueName, by: number): ValueName => add(g, x, g.floats([by]));
const isOver = (g: Emitter, x: ValueName, bound: number): ValueName => when(g, g.emit('Greater', [x, g.floats([bound])]));
const square = (g: Emitter, x: ValueName): ValueName => mul(g, x, x);
/** 1 - x^2 */
const rest = (g: Emitter, x: ValueName): ValueName => sub(g, one(g), square(g, x));
const select = (g: Emitter, condition: ValueName, yes: ValueName, no: ValueName): ValueName => g.emit('Where', [condition, yes, no]);

export const sigmoidBackward = bySlope((_, y, g) => mul(g, y, sub(g, one(g), y)));
export const absBackward = bySlope((x, _, g) => g.emit('Sign', [x]));
export const negBackward: BackwardRule = (_, dy, g) => [g.emit('Neg', [dy])];
export const tanhBackward = bySlope((_, y, g) => rest(g, y));
export const expBackward = bySlope((_, y) => y);
export const logBackward: BackwardRule = (node, dy, g) => [g.emit('Div', [dy, input(node, 0)])];
export const sqrtBackward: BackwardRule = (node, dy, g) => [g.emit('Div', [dy, scaled(g, output(node), 2)])];
export const reciprocalBackward = bySlope((_, y, g) => g.emit('Neg', [square(g, y)]));
export const sinBackward = bySlope((x, _, g) => g.emit('Cos', [x]));
export const cosBackward = bySlope((x, _, g) => g.emit('Neg', [g.emit('Sin', [x])]));
export const erfBackward = bySlope((x, _, g) => scaled(g, g.emit('Exp', [g.emit('Neg', [square(g, x)])]), 2 / Math.sqrt(Math.PI)));
export const softplusBackward = bySlope((x, _, g) => g.emit('Sigmoid', [x]));
export const softsignBackward = bySlope((x, _, g) => g.emit('Reciprocal', [square(g, plus(g, g.emit('Abs', [x]), 1))]));

export const reluBackward = bySlope((x, _, g) => isOver(g, x, 0));
export const leakyReluBackward = bySlope((x, _, g, node) =>
  select(g, g.emit('Less', [x, g.floats([0])]), g.floats([floatAttr(node, 'alpha', 0.01)]), one(g)),
);
export const thresholdedReluBackward = bySlope((x, _, g, node) => isOver(g, x, floatAttr(node, 'alpha', 1)));

/** scale * alpha * (exp(x / width) - 1) below 0, where its slope is (y + scale * alpha) / width; scale above. */
function exponential(of: (node: Node) => { readonly alpha: number; readonly scale: number; readonly width: number }): BackwardRule {
  return bySlope((x, y, g, node) => {
    const { alpha, scale, width } = of(node);
    return select(g, g.emit('Less', [x, g.floats([0])]), scaled(g, plus(g, y, scale * alpha), 1 / width), g.floats([scale]));
  });
}
export const eluBackward = exponential((node) => ({ alpha: floatAttr(node, 'alpha', 1), scale: 1, width: 1 }));
export const celuBackward = exponential((node) => ({ alpha: floatAttr(node, 'alpha', 1), scale: 1, width: floatAttr(node, 'alpha', 1) }));
export const seluBackward = exponential((node) => ({
  alpha: floatAttr(node, 'alpha', 1.6732632423543772),
  scale: floatAttr(node, 'gamma', 1.0507009873554805),
  width: 1,
}));

/** Between the two corners of alpha * x + beta. */
function isBetween(g: Emitter, x: ValueName, alpha: number, beta: number): ValueName {
  return mul(g, isOver(g, x, -beta / alpha), when(g, g.emit('Less', [x, g.floats([(1 - beta) / alpha])])));
}
export const hardSigmoidBackward = bySlope((x, _, g, node) => {
  const [alpha, beta] = [floatAttr(node, 'alpha', 0.2), floatAttr(node, 'beta', 0.5)];
  return scaled(g, isBetween(g, x, alpha, beta), alpha);
});
/** x * h(x), h = clip(x / 6 + 1 / 2): h + x * h'. */
export const hardSwishBackward = bySlope((x, _, g) => {
  const h = g.emit('Clip', [plus(g, scaled(g, x, 1 / 6), 0.5), g.floats([0]), one(g)]);
  return add(g, h, scaled(g, mul(g, x, isBetween(g, x, 1 / 6, 0.5)), 1 / 6));
});

/** x * t, t = tanh(softplus(x)): t + x * (1 - t^2) * sigmoid(x). */
export const mishBackward = bySlope((x, _, g) => {
  const t = g.emit('Tanh', [g.emit('Softplus', [x])]);
  return add(g, t, mul(g, mul(g, x, rest(g, t)), g.emit('Sigmoid', [x])));
});

const TANH = { factor: 0.7978845608028654, cubic: 0.044715 };
/** x * F(x): F + x * F', F the normal distribution or its approximation by tanh. */
export const geluBackward = bySlope((x, _, g, node) => {
  if (stringAttr(node, 'approximate', 'none') === 'tanh') {
    const inner = scaled(g, mul(g, x, plus(g, scaled(g, square(g, x), TANH.cubic), 1)), TANH.factor);
    const t = g.emit('Tanh', [inner]);
    const slope = scaled(g, plus(g, scaled(g, square(g, x), 3 * TANH.cubic), 1), TANH.factor / 2);
    return add(g, scaled(g, plus(g, t, 1), 0.5), mul(g, mul(g, x, rest(g, t)), slope));
  }
  const phi = scaled(g, plus(g, g.emit('Erf', [scaled(g, x, Math.SQRT1_2)]), 1), 0.5);
  const density = scaled(g, g.emit('Exp', [scaled(g, square(g, x), -0.5)]), 1 / Math.sqrt(2 * Math.PI));
  return add(g, phi, mul(g, x, density));
});

export const preluBackward: BackwardRule = (node, dy, g, wanted) => {
  const [x, slope] = [input(node, 0), input(node, 1)];
  const isBelow = g.emit('Less', [x, g.floats([0])]);
  return [
    wanted(0) ? mul(g, dy, select(g, isBelow, slope, one(g))) : undefined,
    wanted(1) ? summedTo(g, select(g, isBelow, mul(g, dy, x), g.floats([0])), g.shape(slope)) : undefined,
  ];
};

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
