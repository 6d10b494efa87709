/**
 * Tensors out of shapes and attributes: Constant, Shape (start and end from opset 15), Size, ConstantOfShape, Range,
 * EyeLike. Shape and Size need only the extents of their input.
 */
import { sizeOf, type Tensor } from '../ir/tensor';
import { intAttr, tensorAttr, type OpFamily, type ShapeInput } from './family';
import { dtypeAttr } from './cast';
import { badAttribute, constantAt, inputAt, shapesOf, tensorAt } from './readers';
import { dataOf, filled, fromNumbers, isBig, made, newData, numbersOf } from './storage';
import type { Node } from '../ir/model';

function constantValue(node: Node): Tensor {
  const tensor = tensorAttr(node, 'value');
  if (tensor) return tensor;
  for (const [name, a] of Object.entries(node.attrs)) {
    if (name === 'value_float' && a.type === 'float') return fromNumbers('float32', [], [a.value]);
    if (name === 'value_floats' && a.type === 'floats') return fromNumbers('float32', [a.value.length], a.value);
    if (name === 'value_int' && a.type === 'int') return fromNumbers('int64', [], [a.value]);
    if (name === 'value_ints' && a.type === 'ints') return fromNumbers('int64', [a.value.length], a.value);
  }
  throw badAttribute(node, 'a value of numbers', Object.keys(node.attrs).join(', ') || 'none');
}

export const constant: OpFamily = {
  id: 'constant',
  types: ['Constant'],
  shape(s) {
    const { dtype, shape } = constantValue(s.node);
    return [{ dtype, shape }];
  },
  evaluate: (f) => [constantValue(f.node)],
  quantizer: 'own',
};

/** The extents that Shape gives. */
function extentsOf(s: Pick<ShapeInput, 'node' | 'inputs'>): readonly number[] {
  const { shape } = inputAt(s, 0);
  const cut = (v: number): number => Math.min(shape.length, Math.max(0, v < 0 ? v + shape.length : v));
  return shape.slice(cut(intAttr(s.node, 'start', 0)), cut(intAttr(s.node, 'end', shape.length)));
}

export const shapeOfTensor: OpFamily = {
  id: 'shape',
  types: ['Shape'],
  shape: (s) => [{ dtype: 'int64', shape: [extentsOf(s).length] }],
  evaluate(f) {
    const extents = extentsOf(f);
    return [fromNumbers('int64', [extents.length], extents)];
  },
  quantizer: 'own',
};

export const size: OpFamily = {
  id: 'size',
  types: ['Size'],
  shape: () => [{ dtype: 'int64', shape: [] }],
  evaluate: (f) => [fromNumbers('int64', [], [sizeOf(tensorAt(f, 0).shape)])],
  quantizer: 'own',
};

export const constantOfShape: OpFamily = {
  id: 'constant-of-shape',
  types: ['ConstantOfShape'],
  shape(s) {
    const shape = constantAt(s, 0);
    return [{ dtype: tensorAttr(s.node, 'value')?.dtype ?? 'float32', shape: shape ? Array.from(numbersOf(shape)) : [] }];
  },
  evaluate(f) {
    const value = tensorAttr(f.node, 'value');
    return [filled(value?.dtype ?? 'float32', Array.from(numbersOf(tensorAt(f, 0))), value ? (dataOf(value)[0] ?? 0) : 0)];
  },
  quantizer: 'own',
};

/** Elements of Range: max(0, ceil((limit - start) / delta)). */
function rangeLength(start: number, limit: number, delta: number): number {
  return Math.max(0, Math.ceil((limit - start) / delta));
}

function rangeOf(s: ShapeInput): { dtype: Tensor['dtype']; start: number; delta: number; length: number } {
  const [start = 0, limit = 0, delta = 1] = [0, 1, 2].map((i) => {
    const t = constantAt(s, i);
    return t && numbersOf(t)[0];
  });
  if (delta === 0) throw badAttribute(s.node, 'a delta other than 0', '0');
  return { dtype: inputAt(s, 0).dtype, start, delta, length: rangeLength(start, limit, delta) };
}

export const range: OpFamily = {
  id: 'range',
  types: ['Range'],
  shape(s) {
    const { dtype, length } = rangeOf(s);
    return [{ dtype, shape: [length] }];
  },
  evaluate(f) {
    const { dtype, start, delta, length } = rangeOf(shapesOf(f));
    const out = newData(dtype, length);
    if (isBig(out)) {
      const [first, step] = [dataOf(tensorAt(f, 0))[0] as bigint, dataOf(tensorAt(f, 2))[0] as bigint];
      for (let i = 0; i < length; i++) out[i] = first + BigInt(i) * step;
    } else {
      for (let i = 0; i < length; i++) out[i] = start + i * delta;
    }
    return [made(dtype, [length], out)];
  },
  quantizer: 'own',
};

export const eyeLike: OpFamily = {
  id: 'eye-like',
  types: ['EyeLike'],
  shape: (s) => [{ dtype: dtypeAttr(s.node, 'dtype', inputAt(s, 0).dtype), shape: inputAt(s, 0).shape }],
  evaluate(f) {
    const { dtype, shape } = tensorAt(f, 0);
    const [rows = 0, columns = 0] = shape;
    const k = intAttr(f.node, 'k', 0);
    const values = new Float64Array(rows * columns);
    for (let i = 0; i < rows; i++) if (i + k >= 0 && i + k < columns) values[i * columns + i + k] = 1;
    return [fromNumbers(dtypeAttr(f.node, 'dtype', dtype), shape, values)];
  },
  quantizer: 'own',
};
