/**
 * Gather (ONNX 1, 11, 13), GatherElements (11), GatherND (11 to 13: batch_dims from 12). Negative indices count from
 * the end; an index beyond the extent is an error by name.
 */
import { StudioError } from '../base/errors';
import type { Node } from '../ir/model';
import { sizeOf, stridesOf, type Tensor } from '../ir/tensor';
import { intAttr, type OpFamily, type ShapeInput } from './family';
import { axisOf, badShape, inputAt, shapesOf, tensorAt } from './readers';
import { numbersOf, reshaped } from './storage';
import { picked, pickedAlong } from './strided';

/** An index of an axis, counted from the front. */
export function indexIn(node: Node, index: number, extent: number): number {
  const i = index < 0 ? index + extent : index;
  if (i >= 0 && i < extent) return i;
  throw new StudioError({
    code: 'bad-data',
    what: 'An index lies outside its axis',
    expected: `at most ${extent - 1}`,
    got: String(index),
    where: { node: node.id, op: node.op },
  });
}

function gatherAxis(s: ShapeInput): number {
  return axisOf(s.node, intAttr(s.node, 'axis', 0), inputAt(s, 0).shape.length);
}

function gathered(s: ShapeInput): number[] {
  const [x, indices] = [inputAt(s, 0).shape, inputAt(s, 1).shape];
  const axis = gatherAxis(s);
  return [...x.slice(0, axis), ...indices, ...x.slice(axis + 1)];
}

export const gather: OpFamily = {
  id: 'gather',
  types: ['Gather'],
  shape: (s) => [{ dtype: inputAt(s, 0).dtype, shape: gathered(s) }],
  evaluate(f) {
    const s = shapesOf(f);
    const x = tensorAt(f, 0);
    const axis = gatherAxis(s);
    const extent = x.shape[axis] as number;
    const map = Int32Array.from(numbersOf(tensorAt(f, 1)), (i) => indexIn(f.node, i, extent));
    return [reshaped(pickedAlong(x, axis, map), gathered(s))];
  },
  quantizer: 'pass',
};

/** x as one line, picked at the places given. */
function pickedFlat(x: Tensor, places: Int32Array, shape: readonly number[]): Tensor {
  return reshaped(picked(reshaped(x, [sizeOf(x.shape)]), [places]), shape);
}

/** Place in a row-major tensor of every element of `indices` moved along one axis: GatherElements and ScatterElements. */
export function elementPlaces(node: Node, x: readonly number[], indices: Tensor, axis: number): Int32Array {
  const extent = x[axis] as number;
  const strides = stridesOf(x);
  const own = stridesOf(indices.shape);
  return Int32Array.from(numbersOf(indices), (index, i) => {
    let at = 0;
    let rest = i;
    own.forEach((step, a) => {
      const position = Math.floor(rest / step);
      rest -= position * step;
      at += (a === axis ? indexIn(node, index, extent) : position) * (strides[a] as number);
    });
    return at;
  });
}

export function checkElements(s: ShapeInput): number {
  const [x, indices] = [inputAt(s, 0).shape, inputAt(s, 1).shape];
  const axis = gatherAxis(s);
  if (x.length !== indices.length || indices.some((d, a) => a !== axis && d > (x[a] as number)))
    throw badShape(s.node, `indices within [${x.join(', ')}]`, indices);
  return axis;
}

export const gatherElements: OpFamily = {
  id: 'gather-elements',
  types: ['GatherElements'],
  shape(s) {
    checkElements(s);
    return [{ dtype: inputAt(s, 0).dtype, shape: inputAt(s, 1).shape }];
  },
  evaluate(f) {
    const [x, indices] = [tensorAt(f, 0), tensorAt(f, 1)];
    return [pickedFlat(x, elementPlaces(f.node, x.shape, indices, checkElements(shapesOf(f))), indices.shape)];
  },
  quantizer: 'own',
};

/** First place and length of the block that every index tuple names: GatherND and ScatterND. */
export function blockPlaces(node: Node, x: readonly number[], indices: Tensor, batchAxes: number): { starts: Int32Array; length: number } {
  const depth = indices.shape[indices.shape.length - 1] as number;
  const strides = stridesOf(x);
  const length = sizeOf(x.slice(batchAxes + depth));
  const tuples = sizeOf(indices.shape.slice(0, -1));
  const perBatch = sizeOf(indices.shape.slice(batchAxes, -1));
  const batchStep = sizeOf(x.slice(batchAxes));
  const values = numbersOf(indices);
  const starts = Int32Array.from({ length: tuples }, (_, t) => {
    let at = Math.floor(t / perBatch) * batchStep;
    for (let k = 0; k < depth; k++) {
      const axis = batchAxes + k;
      at += indexIn(node, values[t * depth + k] as number, x[axis] as number) * (strides[axis] as number);
    }
    return at;
  });
  return { starts, length };
}

export const gatherNd: OpFamily = {
  id: 'gather-nd',
  types: ['GatherND'],
  shape(s) {
    const [x, indices] = [inputAt(s, 0), inputAt(s, 1).shape];
    const batch = intAttr(s.node, 'batch_dims', 0);
    const depth = indices[indices.length - 1] ?? 0;
    if (indices.length < 1 || batch >= indices.length || batch + depth > x.shape.length)
      throw badShape(s.node, `index tuples for rank ${x.shape.length}`, indices);
    return [{ dtype: x.dtype, shape: [...indices.slice(0, -1), ...x.shape.slice(batch + depth)] }];
  },
  evaluate(f) {
    const [x, indices] = [tensorAt(f, 0), tensorAt(f, 1)];
    const batch = intAttr(f.node, 'batch_dims', 0);
    const { starts, length } = blockPlaces(f.node, x.shape, indices, batch);
    const places = Int32Array.from({ length: starts.length * length }, (_, i) => (starts[Math.floor(i / length)] as number) + (i % length));
    const shape = [...indices.shape.slice(0, -1), ...x.shape.slice(batch + (indices.shape[indices.shape.length - 1] as number))];
    return [pickedFlat(x, places, shape)];
  },
  quantizer: 'own',
};
