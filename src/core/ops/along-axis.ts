/**
 * What works along one axis or on index lists: CumSum (ONNX 11, 14), TopK (1: k an attribute; 10 on: an input), OneHot
 * (9, 11), NonZero (its shape depends on data: constants only), Trilu (14).
 */
import { sizeOf, type Tensor } from '../ir/tensor';
import { intAttr, type FloatInput, type OpFamily, type ShapeInput } from './family';
import { axisOf, badShape, constantAt, inputAt, likeFirst, listAt, shapesOf, tensorAt } from './readers';
import { dataOf, fromNumbers, isBig, made, newData, numbersOf } from './storage';
import { axesLast, inverse, transposed } from './strided';

export const cumSum: OpFamily = {
  id: 'cum-sum',
  types: ['CumSum'],
  shape: (s) => [likeFirst(s)],
  evaluate(f) {
    const x = tensorAt(f, 0);
    const axis = axisOf(f.node, numbersOf(tensorAt(f, 1))[0] ?? 0, x.shape.length);
    const { t, perm } = axesLast(x, [axis]);
    const [exclusive, reverse] = [intAttr(f.node, 'exclusive', 0) === 1, intAttr(f.node, 'reverse', 0) === 1];
    const data = dataOf(t);
    const run = x.shape[axis] as number;
    const out = newData(x.dtype, data.length);
    for (let at = 0; at < data.length; at += run) {
      let [number, big] = [0, 0n];
      for (let i = 0; i < run; i++) {
        const place = reverse ? at + run - 1 - i : at + i;
        const before: number | bigint = isBig(data) ? big : number;
        if (isBig(data)) big += data[place] as bigint;
        else number += data[place] as number;
        out[place] = exclusive ? before : isBig(data) ? big : number;
      }
    }
    return [transposed(made(x.dtype, t.shape, out), inverse(perm))];
  },
  quantizer: 'own',
};

function topOf(s: ShapeInput): { axis: number; k: number; shape: number[] } {
  const { shape } = inputAt(s, 0);
  const axis = axisOf(s.node, intAttr(s.node, 'axis', -1), shape.length);
  const k = s.inputs[1] === undefined ? intAttr(s.node, 'k', 1) : (listAt(s, 1, 'k')?.[0] ?? 1);
  if (k < 0 || k > (shape[axis] as number)) throw badShape(s.node, `at most ${shape[axis]} of axis ${axis}`, `k = ${k}`);
  return { axis, k, shape: shape.with(axis, k) };
}

/** Equal values keep the order of their indices. */
function top(f: FloatInput): Tensor[] {
  const x = tensorAt(f, 0);
  const { axis, k, shape } = topOf(shapesOf(f));
  const { t, perm } = axesLast(x, [axis]);
  const data = dataOf(t);
  const run = x.shape[axis] as number;
  const sign = intAttr(f.node, 'largest', 1) === 1 ? -1 : 1;
  const count = run === 0 ? 0 : data.length / run;
  const values = newData(x.dtype, count * k);
  const indices = new BigInt64Array(count * k);
  for (let r = 0; r < count; r++) {
    const order = Array.from({ length: run }, (_, i) => i).sort((p, q) => {
      const [a, b] = [data[r * run + p] as number, data[r * run + q] as number];
      return a === b ? p - q : a < b ? -sign : sign;
    });
    for (let i = 0; i < k; i++) {
      values[r * k + i] = data[r * run + (order[i] as number)] as number;
      indices[r * k + i] = BigInt(order[i] as number);
    }
  }
  const kept = [...t.shape.slice(0, -1), k];
  const back = inverse(perm);
  return [transposed(made(x.dtype, kept, values), back), transposed(made('int64', kept, indices), back)].map((y) => ({ ...y, shape }));
}

export const topK: OpFamily = {
  id: 'top-k',
  types: ['TopK'],
  shape(s) {
    const { shape } = topOf(s);
    return [
      { dtype: inputAt(s, 0).dtype, shape },
      { dtype: 'int64', shape },
    ];
  },
  evaluate: top,
  quantizer: 'own',
};

function oneHotShape(s: ShapeInput): { axis: number; depth: number; shape: number[] } {
  const { shape } = inputAt(s, 0);
  const depth = listAt(s, 1, 'depth')?.[0] ?? 0;
  const axis = axisOf(s.node, intAttr(s.node, 'axis', -1), shape.length + 1);
  return { axis, depth, shape: shape.toSpliced(axis, 0, depth) };
}

/** An index beyond the depth gives a row without a one. */
export const oneHot: OpFamily = {
  id: 'one-hot',
  types: ['OneHot'],
  shape: (s) => [{ dtype: inputAt(s, 2).dtype, shape: oneHotShape(s).shape }],
  evaluate(f) {
    const { axis, depth, shape } = oneHotShape(shapesOf(f));
    const values = tensorAt(f, 2);
    const [off, on] = dataOf(values);
    const out = newData(values.dtype, sizeOf(shape));
    out.fill(off as never); // of the type of `out`
    const inner = sizeOf(shape.slice(axis + 1));
    numbersOf(tensorAt(f, 0)).forEach((index, i) => {
      const hot = Math.trunc(index < 0 ? index + depth : index);
      if (hot >= 0 && hot < depth) out[(Math.floor(i / inner) * depth + hot) * inner + (i % inner)] = on as number;
    });
    return [made(values.dtype, shape, out)];
  },
  quantizer: 'own',
};

/** Row-major places of the elements that are not 0. */
function nonZeros(x: Tensor): number[] {
  const places: number[] = [];
  numbersOf(x).forEach((v, i) => {
    if (v !== 0) places.push(i);
  });
  return places;
}

export const nonZero: OpFamily = {
  id: 'non-zero',
  types: ['NonZero'],
  shape(s) {
    const x = constantAt(s, 0);
    return [{ dtype: 'int64', shape: [x?.shape.length ?? 0, x ? nonZeros(x).length : 0] }];
  },
  evaluate(f) {
    const x = tensorAt(f, 0);
    const places = nonZeros(x);
    const rows = x.shape.map((d, a) => {
      const step = sizeOf(x.shape.slice(a + 1));
      return places.map((p) => Math.floor(p / step) % d);
    });
    return [fromNumbers('int64', [x.shape.length, places.length], rows.flat())];
  },
  quantizer: 'own',
};

export const trilu: OpFamily = {
  id: 'trilu',
  types: ['Trilu'],
  shape(s) {
    const x = likeFirst(s);
    if (x.shape.length < 2) throw badShape(s.node, 'a matrix at least', x.shape);
    return [x];
  },
  evaluate(f) {
    const x = tensorAt(f, 0);
    const k = f.inputs[1] ? (numbersOf(f.inputs[1])[0] ?? 0) : 0;
    const upper = intAttr(f.node, 'upper', 1) === 1;
    const [rows, columns] = x.shape.slice(-2) as [number, number];
    const data = dataOf(x);
    const out = newData(x.dtype, data.length);
    for (let i = 0; i < data.length; i++) {
      const [row, column] = [Math.floor(i / columns) % rows, i % columns];
      if (upper ? column >= row + k : column <= row + k) out[i] = data[i] as number;
    }
    return [made(x.dtype, x.shape, out)];
  },
  quantizer: 'own',
};
