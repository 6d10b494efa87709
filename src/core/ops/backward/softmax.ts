/** Backward rules of Softmax and LogSoftmax along one axis (opset 13 on). */
import type { BackwardRule } from '../backward';
import { intAttr } from '../family';
import { input, mul, output, sub, summed } from './common';

export const softmaxBackward: BackwardRule = (node, dy, g) => {
  const axis = axisOf(intAttr(node, 'axis', -1), g.shape(input(node, 0)).length);
  const y = output(node);
  return [mul(g, y, sub(g, dy, summed(g, mul(g, dy, y), [axis], true)))];
};

export const logSoftmaxBackward: BackwardRule = (node, dy, g) => {
  const axis = axisOf(intAttr(node, 'axis', -1), g.shape(input(node, 0)).length);
  return [sub(g, dy, mul(g, g.emit('Exp', [output(node)]), summed(g, dy, [axis], true)))];
};

const axisOf = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);
