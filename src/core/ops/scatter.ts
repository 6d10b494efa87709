/**
 * ScatterElements (ONNX 11 to 18; Scatter 9) and ScatterND (11 to 18): a copy of x with elements or blocks replaced
 * or, with `reduction`, combined. Updates are applied in order.
 */
import { sizeOf, type Tensor } from '../ir/tensor';
import type { Node } from '../ir/model';
import { intAttr, stringAttr, type OpFamily } from './family';
import { blockPlaces, checkElements, elementPlaces } from './gather';
import { axisOf, badAttribute, badShape, inputAt, likeFirst, tensorAt } from './readers';
import { dataOf, isBig, made, newData } from './storage';

type Combine = <T extends number | bigint>(old: T, update: T) => T;

const reductions: Readonly<Record<string, Combine>> = {
  none: (_, update) => update,
  add: (a, b) => ((a as number) + (b as number)) as typeof a, // both of one kind
  mul: (a, b) => ((a as number) * (b as number)) as typeof a,
  min: (a, b) => (b < a ? b : a),
  max: (a, b) => (b > a ? b : a),
};

function reductionOf(node: Node): Combine {
  const name = stringAttr(node, 'reduction', 'none');
  const combine = reductions[name];
  if (!combine) throw badAttribute(node, `one of ${Object.keys(reductions).join(', ')}`, name);
  return combine;
}

/** Update k goes to place(k). */
function scattered(x: Tensor, updates: Tensor, count: number, place: (k: number) => number, combine: Combine): Tensor {
  const out = newData(x.dtype, sizeOf(x.shape));
  const from = dataOf(x);
  const values = dataOf(updates);
  if (isBig(out) && isBig(from) && isBig(values)) {
    out.set(from);
    for (let k = 0; k < count; k++) out[place(k)] = combine(out[place(k)] as bigint, values[k] as bigint);
  } else if (!isBig(out) && !isBig(from) && !isBig(values)) {
    out.set(from);
    for (let k = 0; k < count; k++) out[place(k)] = combine(out[place(k)] as number, values[k] as number);
  }
  return made(x.dtype, x.shape, out);
}

export const scatterElements: OpFamily = {
  id: 'scatter-elements',
  types: ['ScatterElements', 'Scatter'],
  shape(s) {
    checkElements(s);
    if (inputAt(s, 1).shape.join() !== inputAt(s, 2).shape.join())
      throw badShape(s.node, `updates of [${inputAt(s, 1).shape.join(', ')}]`, inputAt(s, 2).shape);
    return [likeFirst(s)];
  },
  evaluate(f) {
    const [x, indices, updates] = [tensorAt(f, 0), tensorAt(f, 1), tensorAt(f, 2)];
    const axis = axisOf(f.node, intAttr(f.node, 'axis', 0), x.shape.length);
    const places = elementPlaces(f.node, x.shape, indices, axis);
    return [scattered(x, updates, places.length, (k) => places[k] as number, reductionOf(f.node))];
  },
  quantizer: 'own',
};

export const scatterNd: OpFamily = {
  id: 'scatter-nd',
  types: ['ScatterND'],
  shape(s) {
    const [x, indices, updates] = [inputAt(s, 0).shape, inputAt(s, 1).shape, inputAt(s, 2).shape];
    const depth = indices[indices.length - 1] ?? 0;
    const wanted = [...indices.slice(0, -1), ...x.slice(depth)];
    if (indices.length < 1 || depth > x.length || updates.join() !== wanted.join())
      throw badShape(s.node, `updates of [${wanted.join(', ')}]`, updates);
    return [likeFirst(s)];
  },
  evaluate(f) {
    const [x, updates] = [tensorAt(f, 0), tensorAt(f, 2)];
    const { starts, length } = blockPlaces(f.node, x.shape, tensorAt(f, 1), 0);
    const place = (k: number): number => (starts[Math.floor(k / length)] as number) + (k % length);
    return [scattered(x, updates, starts.length * length, place, reductionOf(f.node))];
  },
  quantizer: 'own',
};
