/** LpNormalization (ONNX 1, 22): x over the sum of |x| (p = 1) or its root of squares (p = 2) along one axis. Sums in float64. */
import type { Tensor } from '../ir/tensor';
import { intAttr, type FloatInput, type OpFamily } from './family';
import { axisOf, likeFirst, tensorAt } from './readers';
import { floatsOf, fromNumbers } from './storage';
import { axesLast, inverse, transposed } from './strided';

function evaluate(f: FloatInput): Tensor[] {
  const x = tensorAt(f, 0);
  const axis = axisOf(f.node, intAttr(f.node, 'axis', -1), x.shape.length);
  const { t, perm } = axesLast(x, [axis]);
  const data = floatsOf(t);
  const run = x.shape[axis] as number;
  const squares = intAttr(f.node, 'p', 2) === 2;
  for (let from = 0; from < data.length; from += run) {
    let sum = 0;
    for (let i = from; i < from + run; i++) sum += squares ? (data[i] as number) ** 2 : Math.abs(data[i] as number);
    const length = squares ? Math.sqrt(sum) : sum;
    // a vector of zeros stays one
    for (let i = from; i < from + run; i++) data[i] = length === 0 ? 0 : (data[i] as number) / length;
  }
  return [transposed(fromNumbers(x.dtype, t.shape, data), inverse(perm))];
}

export const lpNorm: OpFamily = {
  id: 'lp-norm',
  types: ['LpNormalization'],
  shape: (s) => [likeFirst(s)],
  evaluate,
  quantizer: 'own',
};
