/**
 * Backward rules of operators that choose: Where between two tensors, Max and Min among several, ReduceMax and ReduceMin along
 * axes. Operands that share an extremum each take its gradient; elements of one tensor share it.
 */
import type { ValueName } from '../../ir/model';
import type { BackwardRule } from '../backward';
import { input, int, mul, output, reshaped, summedTo, when } from './common';
import { axesOf } from './reduce';

export const whereBackward: BackwardRule = (node, dy, g, wanted) => {
  const condition = input(node, 0);
  const sent = (i: 1 | 2): ValueName | undefined => {
    if (!wanted(i)) return undefined;
    const both = i === 1 ? [dy, g.floats([0])] : [g.floats([0]), dy];
    return summedTo(g, g.emit('Where', [condition, ...both]), g.shape(input(node, i)));
  };
  return [undefined, sent(1), sent(2)];
};

export const extremumBackward: BackwardRule = (node, dy, g, wanted) =>
  node.inputs.map((x, i) =>
    x !== undefined && wanted(i) ? summedTo(g, mul(g, dy, when(g, g.emit('Equal', [x, output(node)]))), g.shape(x)) : undefined,
  );

export const reducedExtremumBackward: BackwardRule = (node, dy, g) => {
  const x = input(node, 0);
  const shape = g.shape(x);
  const axes = axesOf(node, g, shape.length);
  const kept = shape.map((d, i) => (axes.includes(i) ? 1 : d));
  const isMost = when(g, g.emit('Equal', [x, reshaped(g, output(node), kept)]));
  const count = g.emit('ReduceSum', [isMost, g.ints(axes)], { keepdims: int(1) });
  return [mul(g, isMost, g.emit('Div', [reshaped(g, dy, kept), count]))];
};
