/** Backward rules of MatMul with operands of at least two axes, whose leading axes broadcast, and of Gemm. */
import type { BackwardRule } from '../backward';
import { floatAttr, intAttr } from '../family';
import { input, scaled, summedTo, turned } from './common';

export const matmulBackward: BackwardRule = (node, dy, g, wanted) => {
  const [a, b] = [input(node, 0), input(node, 1)];
  return [
    wanted(0) ? summedTo(g, g.emit('MatMul', [dy, turned(g, b)]), g.shape(a)) : undefined,
    wanted(1) ? summedTo(g, g.emit('MatMul', [turned(g, a), dy]), g.shape(b)) : undefined,
  ];
};

export const gemmBackward: BackwardRule = (node, dy, g, wanted) => {
  const [a, b, c] = [input(node, 0), input(node, 1), node.inputs[2]];
  const [isTurnedA, isTurnedB] = [intAttr(node, 'transA', 0) === 1, intAttr(node, 'transB', 0) === 1];
  const d = scaled(g, dy, floatAttr(node, 'alpha', 1));
  const columns = isTurnedB ? b : turned(g, b);
  const rows = isTurnedA ? a : turned(g, a);
  return [
    !wanted(0) ? undefined : isTurnedA ? g.emit('MatMul', [turned(g, columns), turned(g, d)]) : g.emit('MatMul', [d, columns]),
    !wanted(1) ? undefined : isTurnedB ? g.emit('MatMul', [turned(g, d), turned(g, rows)]) : g.emit('MatMul', [rows, d]),
    c !== undefined && wanted(2) ? summedTo(g, scaled(g, dy, floatAttr(node, 'beta', 1)), g.shape(c)) : undefined,
  ];
};
