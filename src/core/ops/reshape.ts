/**
 * The same elements in the same order under another shape: Reshape (ONNX 1, 5 to 21), Flatten, Squeeze and Unsqueeze
 * (axes an attribute up to opset 12, an input after), Identity, Dropout (inference).
 */
import { sizeOf, type Tensor } from '../ir/tensor';
import { intAttr, type FloatInput, type OpFamily, type ShapeInput, type TypedShape } from './family';
import { axesOf, badShape, inputAt, likeFirst, listAt, shapesOf, tensorAt } from './readers';
import { filled, reshaped } from './storage';

function reshapeTarget(s: ShapeInput): number[] {
  const from = inputAt(s, 0).shape;
  const wanted = listAt(s, 1, 'shape');
  if (!wanted) throw badShape(s.node, 'a target shape', 'none');
  const copyZeros = intAttr(s.node, 'allowzero', 0) === 0;
  const shape = wanted.map((d, i) => {
    if (d !== 0 || !copyZeros) return d;
    const same = from[i];
    if (same === undefined) throw badShape(s.node, `an input with an axis ${i}`, from);
    return same;
  });
  const open = shape.indexOf(-1);
  if (shape.lastIndexOf(-1) !== open || shape.some((d) => d < -1)) throw badShape(s.node, 'at most one -1', wanted);
  if (open >= 0) {
    const rest = sizeOf(shape.filter((_, i) => i !== open));
    shape[open] = rest === 0 ? 0 : sizeOf(from) / rest;
  }
  if (!shape.every(Number.isInteger) || sizeOf(shape) !== sizeOf(from))
    throw badShape(s.node, `a shape for the ${sizeOf(from)} elements of [${from.join(', ')}]`, wanted);
  return shape;
}

function flattened(s: ShapeInput): number[] {
  const { shape } = inputAt(s, 0);
  const axis = intAttr(s.node, 'axis', 1);
  const at = axis < 0 ? axis + shape.length : axis;
  if (at < 0 || at > shape.length) throw badShape(s.node, `an axis of ${shape.length}`, `axis ${axis}`);
  return [sizeOf(shape.slice(0, at)), sizeOf(shape.slice(at))];
}

function squeezed(s: ShapeInput): number[] {
  const { shape } = inputAt(s, 0);
  const given = listAt(s, 1, 'axes');
  if (!given) return shape.filter((d) => d !== 1);
  const axes = axesOf(s.node, given, shape.length);
  if (axes.some((a) => shape[a] !== 1)) throw badShape(s.node, `extents of 1 at the axes [${given.join(', ')}]`, shape);
  return shape.filter((_, a) => !axes.includes(a));
}

function unsqueezed(s: ShapeInput): number[] {
  const { shape } = inputAt(s, 0);
  const given = listAt(s, 1, 'axes') ?? [];
  const axes = axesOf(s.node, given, shape.length + given.length);
  const out = [...shape];
  for (const a of axes.toSorted((p, q) => p - q)) out.splice(a, 0, 1);
  return out;
}

function family(id: string, types: readonly string[], target: (s: ShapeInput) => readonly number[]): OpFamily {
  return {
    id,
    types,
    shape: (s) => [{ dtype: inputAt(s, 0).dtype, shape: target(s) }],
    evaluate: (f) => [reshaped(tensorAt(f, 0), target(shapesOf(f)))],
    quantizer: 'pass',
  };
}

export const reshape = family('reshape', ['Reshape'], reshapeTarget);
export const flatten = family('flatten', ['Flatten'], flattened);
export const squeeze = family('squeeze', ['Squeeze'], squeezed);
export const unsqueeze = family('unsqueeze', ['Unsqueeze'], unsqueezed);
export const identity = family('identity', ['Identity'], (s) => inputAt(s, 0).shape);

/** Inference: x as it is; the mask, if it is asked for, is all true (a tensor of x's type before opset 10). */
export const dropout: OpFamily = {
  id: 'dropout',
  types: ['Dropout'],
  shape(s) {
    const y = likeFirst(s);
    const mask: TypedShape = { dtype: s.opset < 10 ? y.dtype : 'bool', shape: y.shape };
    return s.node.outputs.length > 1 ? [y, mask] : [y];
  },
  evaluate(f: FloatInput): Tensor[] {
    const x = tensorAt(f, 0);
    return f.node.outputs.length > 1 ? [x, filled(f.opset < 10 ? x.dtype : 'bool', x.shape, 1)] : [x];
  },
  quantizer: 'pass',
};
