/** Backward rules of operators that only move elements: the inverse move. */
import type { BackwardRule } from '../backward';
import { intsAttr } from '../family';
import { input, reshaped, transposed } from './common';

/** Reshape, Flatten, Squeeze, Unsqueeze, Identity. */
export const reshapeBackward: BackwardRule = (node, dy, g) => [reshaped(g, dy, g.shape(input(node, 0)))];

export const transposeBackward: BackwardRule = (node, dy, g) => {
  const rank = g.shape(dy).length;
  const perm = intsAttr(node, 'perm') ?? Array.from({ length: rank }, (_, i) => rank - 1 - i);
  const inverse = new Array<number>(rank).fill(0);
  perm.forEach((from, to) => (inverse[from] = to));
  return [transposed(g, dy, inverse)];
};
