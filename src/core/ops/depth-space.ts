/** DepthToSpace (ONNX 1 to 13) and SpaceToDepth (1 to 28), both in either order of the channels (DCR and CRD): blocks of the plane as channels. */
import type { Tensor } from '../ir/tensor';
import { intAttr, stringAttr, type OpFamily, type ShapeInput } from './family';
import { badShape, inputAt, shapesOf, tensorAt } from './readers';
import { reshaped } from './storage';
import { transposed } from './strided';

interface Blocks {
  readonly b: number;
  readonly n: number;
  readonly c: number;
  readonly h: number;
  readonly w: number;
  readonly shape: readonly number[];
}

function blocksOf(s: ShapeInput): Blocks {
  const { shape } = inputAt(s, 0);
  const b = intAttr(s.node, 'blocksize', 1);
  const [n, c, h, w] = shape as [number, number, number, number];
  if (shape.length !== 4 || b < 1) throw badShape(s.node, 'an input of rank 4', shape);
  if (s.node.op === 'DepthToSpace') {
    if (c % (b * b) !== 0) throw badShape(s.node, `channels in blocks of ${b * b}`, shape);
    return { b, n, c, h, w, shape: [n, c / (b * b), h * b, w * b] };
  }
  if (h % b !== 0 || w % b !== 0) throw badShape(s.node, `a plane in blocks of ${b}`, shape);
  return { b, n, c, h, w, shape: [n, c * b * b, h / b, w / b] };
}

/** The move as axes split, permuted and joined again. */
export function blockMove(s: ShapeInput): {
  readonly split: readonly number[];
  readonly perm: readonly number[];
  readonly shape: readonly number[];
} {
  const { b, n, c, h, w, shape } = blocksOf(s);
  const crd = stringAttr(s.node, 'mode', 'DCR') === 'CRD';
  if (s.node.op === 'SpaceToDepth') {
    return { split: [n, c, h / b, b, w / b, b], perm: crd ? [0, 1, 3, 5, 2, 4] : [0, 3, 5, 1, 2, 4], shape };
  }
  const depth = c / (b * b);
  return crd
    ? { split: [n, depth, b, b, h, w], perm: [0, 1, 4, 2, 5, 3], shape }
    : { split: [n, b, b, depth, h, w], perm: [0, 3, 4, 1, 5, 2], shape };
}

function moved(x: Tensor, s: ShapeInput): Tensor {
  const { split, perm, shape } = blockMove(s);
  return reshaped(transposed(reshaped(x, split), perm), shape);
}

export const depthSpace: OpFamily = {
  id: 'depth-space',
  types: ['DepthToSpace', 'SpaceToDepth'],
  shape: (s) => [{ dtype: inputAt(s, 0).dtype, shape: blocksOf(s).shape }],
  evaluate: (f) => [moved(tensorAt(f, 0), shapesOf(f))],
  quantizer: 'own',
};
