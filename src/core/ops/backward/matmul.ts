/** Backward rule of MatMul with operands of at least two axes; leading axes broadcast. */
import type { BackwardRule } from '../backward';
import { input, summedTo, turned } from './common';

export const matmulBackward: BackwardRule = (node, dy, g, wanted) => {
  const [a, b] = [input(node, 0), input(node, 1)];
  return [
    wanted(0) ? summedTo(g, g.emit('MatMul', [dy, turned(g, b)]), g.shape(a)) : undefined,
    wanted(1) ? summedTo(g, g.emit('MatMul', [turned(g, a), dy]), g.shape(b)) : undefined,
  ];
};
