/**
 * Comparisons (ONNX 1 to 19), And Or Xor Not, IsNaN, IsInf and Where. Results of comparisons are
 * bool; 64-bit integers are compared exactly.
 */
import { StudioError } from '../base/errors';
import { sizeOf, type Tensor } from '../ir/tensor';
import { broadcastShape, combine, pairOf, pairShape } from './broadcast';
import { intAttr, type FloatInput, type OpFamily } from './family';
import { inputAt, likeFirst, tensorAt } from './readers';
import { dataOf, made, newData, numbersOf } from './storage';
import { spreadTo } from './strided';

type Compare = <T extends number | bigint>(a: T, b: T) => number;

const comparisons: Readonly<Record<string, Compare>> = {
  Equal: (a, b) => (a === b ? 1 : 0),
  Greater: (a, b) => (a > b ? 1 : 0),
  GreaterOrEqual: (a, b) => (a >= b ? 1 : 0),
  Less: (a, b) => (a < b ? 1 : 0),
  LessOrEqual: (a, b) => (a <= b ? 1 : 0),
  And: (a, b) => (a && b ? 1 : 0),
  Or: (a, b) => (a || b ? 1 : 0),
  Xor: (a, b) => (!a !== !b ? 1 : 0),
};

export const comparison: OpFamily = {
  id: 'comparison',
  types: Object.keys(comparisons),
  shape: (s) => [{ dtype: 'bool', shape: pairShape(s) }],
  evaluate(f) {
    const [x, y] = pairOf(f);
    const compare = comparisons[f.node.op] as Compare; // every listed type has one
    return [combine(f.node, x, y, 'bool', compare, compare)];
  },
  quantizer: 'own',
};

function tests(f: FloatInput): Tensor[] {
  const { node } = f;
  const x = tensorAt(f, 0);
  const data = numbersOf(x);
  const positive = intAttr(node, 'detect_positive', 1) === 1;
  const negative = intAttr(node, 'detect_negative', 1) === 1;
  const test = (v: number): boolean => {
    switch (node.op) {
      case 'Not':
        return v === 0;
      case 'IsNaN':
        return Number.isNaN(v);
      case 'IsInf':
        return (positive && v === Infinity) || (negative && v === -Infinity);
      default:
        throw new StudioError({ code: 'internal', what: 'No such test', where: { node: node.id, op: node.op } });
    }
  };
  return [
    made(
      'bool',
      x.shape,
      Uint8Array.from(data, (v) => (test(v) ? 1 : 0)),
    ),
  ];
}

export const test: OpFamily = {
  id: 'test',
  types: ['Not', 'IsNaN', 'IsInf'],
  shape: (s) => [{ dtype: 'bool', shape: likeFirst(s).shape }],
  evaluate: tests,
  quantizer: 'own',
};

export const where: OpFamily = {
  id: 'where',
  types: ['Where'],
  shape: (s) => [
    {
      dtype: inputAt(s, 1).dtype,
      shape: broadcastShape(
        s.node,
        [0, 1, 2].map((i) => inputAt(s, i).shape),
      ),
    },
  ],
  evaluate(f) {
    const all = [0, 1, 2].map((i) => tensorAt(f, i));
    const shape = broadcastShape(
      f.node,
      all.map((t) => t.shape),
    );
    const [condition, x, y] = all.map((t) => dataOf(spreadTo(t, shape)) as Float64Array); // x and y have one type: copied unseen
    const { dtype } = tensorAt(f, 1);
    const out = newData(dtype, sizeOf(shape)) as Float64Array;
    for (let i = 0; i < out.length; i++) out[i] = ((condition as Float64Array)[i] ? x : y)?.[i] as number;
    return [{ dtype, shape, data: out }];
  },
  quantizer: 'merge',
};
