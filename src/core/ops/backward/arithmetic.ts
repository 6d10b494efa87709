/** Backward rules of Add, Sub, Mul, Div and Pow. Pow: of its base, where the exponent is not learned. */
import type { Node, ValueName } from '../../ir/model';
import type { BackwardRule, Emitter } from '../backward';
import { input, mul, output, sub, summedTo } from './common';

function pair(rule: (node: Node, dy: ValueName, g: Emitter, i: number) => ValueName): BackwardRule {
  return (node, dy, g, wanted) => [0, 1].map((i) => (wanted(i) ? summedTo(g, rule(node, dy, g, i), g.shape(input(node, i))) : undefined));
}

export const addBackward = pair((_, dy) => dy);
export const subBackward = pair((_, dy, g, i) => (i === 0 ? dy : g.emit('Neg', [dy])));
export const mulBackward = pair((node, dy, g, i) => mul(g, dy, input(node, 1 - i)));
export const divBackward = pair((node, dy, g, i) => {
  const quotient = g.emit('Div', [dy, input(node, 1)]);
  return i === 0 ? quotient : g.emit('Neg', [mul(g, quotient, output(node))]);
});

export const powBackward: BackwardRule = (node, dy, g, wanted) => {
  if (!wanted(0)) return [undefined, undefined];
  const [base, exponent] = [input(node, 0), input(node, 1)];
  const slope = mul(g, exponent, g.emit('Pow', [base, sub(g, exponent, g.floats([1]))]));
  return [summedTo(g, mul(g, dy, slope), g.shape(base)), undefined];
};
