/** Relu (ONNX 6, 13, 14) and Clip (6: bounds are attributes; 11 on: optional inputs). Integers stay exact. */
import type { Tensor } from '../ir/tensor';
import { floatAttr, type FloatInput, type OpFamily } from './family';
import { likeFirst, tensorAt } from './readers';
import { dataOf, isBig, made, newData } from './storage';

/** Elements cut to [lo, hi], a missing bound is no bound; NaN stays NaN. hi wins where the bounds cross. */
function cut(x: Tensor, lo: number | bigint | undefined, hi: number | bigint | undefined): Tensor {
  const data = dataOf(x);
  const out = newData(x.dtype, data.length);
  if (isBig(data) && isBig(out)) {
    for (let i = 0; i < data.length; i++) {
      let v = data[i] as bigint;
      if (lo !== undefined && v < lo) v = BigInt(lo);
      if (hi !== undefined && v > hi) v = BigInt(hi);
      out[i] = v;
    }
  } else if (!isBig(data) && !isBig(out)) {
    for (let i = 0; i < data.length; i++) {
      let v = data[i] as number;
      if (lo !== undefined && v < lo) v = Number(lo);
      if (hi !== undefined && v > hi) v = Number(hi);
      out[i] = v;
    }
  }
  return made(x.dtype, x.shape, out);
}

function bound(f: FloatInput, i: number, attribute: string): number | bigint | undefined {
  const t = f.inputs[i];
  if (t) return dataOf(t)[0];
  const value = floatAttr(f.node, attribute, NaN);
  return Number.isNaN(value) ? undefined : value;
}

export const relu: OpFamily = {
  id: 'relu',
  types: ['Relu'],
  shape: (s) => [likeFirst(s)],
  evaluate: (f) => [cut(tensorAt(f, 0), 0, undefined)],
  quantizer: 'own',
};

export const clip: OpFamily = {
  id: 'clip',
  types: ['Clip'],
  shape: (s) => [likeFirst(s)],
  evaluate: (f) => [cut(tensorAt(f, 0), bound(f, 1, 'min'), bound(f, 2, 'max'))],
  quantizer: 'own',
};
