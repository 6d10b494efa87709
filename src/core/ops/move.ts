/**
 * Elements chosen and put elsewhere: Transpose, Slice (ONNX 1: attributes; 10 on: inputs, steps of either sign), Split
 * (2: attribute; 13: input; 18: num_outputs), Expand, Tile, Concat, Pad.
 */
import { sizeOf, type Tensor } from '../ir/tensor';
import { broadcastShape } from './broadcast';
import { floatAttr, intAttr, intsAttr, stringAttr, type OpFamily, type ShapeInput } from './family';
import { axesOf, axisOf, badAttribute, badShape, inputAt, listAt, shapesOf, tensorAt, upTo } from './readers';
import { dataOf, isBig, newData } from './storage';
import { everything, picked, pickedAlong, spreadTo, transposed } from './strided';

function permOf(s: ShapeInput): number[] {
  const { shape } = inputAt(s, 0);
  const given = intsAttr(s.node, 'perm');
  const perm = given ? axesOf(s.node, given, shape.length) : upTo(shape.length).reverse();
  if (perm.length !== shape.length) throw badShape(s.node, `a permutation of ${shape.length} axes`, perm);
  return perm;
}

export const transpose: OpFamily = {
  id: 'transpose',
  types: ['Transpose'],
  shape(s) {
    const { dtype, shape } = inputAt(s, 0);
    return [{ dtype, shape: permOf(s).map((p) => shape[p] as number) }];
  },
  evaluate: (f) => [transposed(tensorAt(f, 0), permOf(shapesOf(f)))],
  quantizer: 'pass',
};

interface Cut {
  readonly start: number;
  readonly step: number;
  readonly length: number;
}

/** What is taken of every axis. Bounds beyond the extent are cut to it. */
function cutsOf(s: ShapeInput): Cut[] {
  const { shape } = inputAt(s, 0);
  const [starts, ends] = [listAt(s, 1, 'starts'), listAt(s, 2, 'ends')];
  if (!starts || starts.length !== ends?.length)
    throw badShape(s.node, 'as many starts as ends', `${starts?.length ?? 0} and ${ends?.length ?? 0}`);
  const axes = axesOf(s.node, listAt(s, 3, 'axes') ?? upTo(starts.length), shape.length);
  const steps = listAt(s, 4, 'steps') ?? starts.map(() => 1);
  if (axes.length !== starts.length || steps.length !== starts.length)
    throw badShape(s.node, `${starts.length} axes and steps`, `${axes.length} and ${steps.length}`);
  const cuts = shape.map((d): Cut => ({ start: 0, step: 1, length: d }));
  axes.forEach((axis, i) => {
    const extent = shape[axis] as number;
    const step = steps[i] as number;
    if (step === 0) throw badAttribute(s.node, 'steps other than 0', '0');
    const high = step > 0 ? extent : extent - 1;
    const cut = (v: number, low: number): number => Math.min(high, Math.max(low, v < 0 ? v + extent : v));
    // unlike in numpy, a start in front of the axis is its first element for negative steps too
    const [start, end] = [cut(starts[i] as number, 0), cut(ends[i] as number, step > 0 ? 0 : -1)];
    cuts[axis] = { start, step, length: Math.max(0, Math.ceil((end - start) / step)) };
  });
  return cuts;
}

export const slice: OpFamily = {
  id: 'slice',
  types: ['Slice'],
  shape: (s) => [{ dtype: inputAt(s, 0).dtype, shape: cutsOf(s).map((c) => c.length) }],
  evaluate: (f) => [
    picked(
      tensorAt(f, 0),
      cutsOf(shapesOf(f)).map((c) => Int32Array.from({ length: c.length }, (_, i) => c.start + i * c.step)),
    ),
  ],
  quantizer: 'pass',
};

/** Extents of the parts. Without sizes all are equal; with num_outputs the last one may be smaller. */
function partsOf(s: ShapeInput): { axis: number; sizes: readonly number[] } {
  const { shape } = inputAt(s, 0);
  const axis = axisOf(s.node, intAttr(s.node, 'axis', 0), shape.length);
  const extent = shape[axis] as number;
  const parts = s.node.outputs.length;
  const given = listAt(s, 1, 'split');
  const each = Math.ceil(extent / parts);
  const sizes = given ?? upTo(parts).map((i) => Math.max(0, Math.min(each, extent - i * each)));
  const uneven = !given && extent % parts !== 0 && s.node.attrs['num_outputs'] === undefined;
  if (uneven || sizes.length !== parts || sizes.reduce((a, b) => a + b, 0) !== extent)
    throw badShape(s.node, `${parts} parts of ${extent}`, sizes);
  return { axis, sizes };
}

export const split: OpFamily = {
  id: 'split',
  types: ['Split'],
  shape(s) {
    const { dtype, shape } = inputAt(s, 0);
    const { axis, sizes } = partsOf(s);
    return sizes.map((n) => ({ dtype, shape: shape.with(axis, n) }));
  },
  evaluate(f) {
    const x = tensorAt(f, 0);
    const { axis, sizes } = partsOf(shapesOf(f));
    let start = 0;
    return sizes.map((n) => {
      const from = start;
      start += n;
      return pickedAlong(
        x,
        axis,
        Int32Array.from({ length: n }, (_, i) => from + i),
      );
    });
  },
  quantizer: 'pass',
};

function expandedShape(s: ShapeInput): number[] {
  return broadcastShape(s.node, [inputAt(s, 0).shape, listAt(s, 1, 'shape') ?? []]);
}

export const expand: OpFamily = {
  id: 'expand',
  types: ['Expand'],
  shape: (s) => [{ dtype: inputAt(s, 0).dtype, shape: expandedShape(s) }],
  evaluate: (f) => [spreadTo(tensorAt(f, 0), expandedShape(shapesOf(f)))],
  quantizer: 'pass',
};

function repeatsOf(s: ShapeInput): readonly number[] {
  const { shape } = inputAt(s, 0);
  const repeats = listAt(s, 1, 'repeats') ?? [];
  if (repeats.length !== shape.length || repeats.some((r) => r < 0)) throw badShape(s.node, `${shape.length} repeats`, repeats);
  return repeats;
}

export const tile: OpFamily = {
  id: 'tile',
  types: ['Tile'],
  shape(s) {
    const repeats = repeatsOf(s);
    return [{ dtype: inputAt(s, 0).dtype, shape: inputAt(s, 0).shape.map((d, a) => d * (repeats[a] as number)) }];
  },
  evaluate(f) {
    const x = tensorAt(f, 0);
    const repeats = repeatsOf(shapesOf(f));
    return [
      picked(
        x,
        x.shape.map((d, a) => Int32Array.from({ length: d * (repeats[a] as number) }, (_, i) => i % d)),
      ),
    ];
  },
  quantizer: 'own',
};

function joined(s: ShapeInput): { axis: number; shape: number[] } {
  const first = inputAt(s, 0).shape;
  // opset 1 to 3 have a default
  const axis = axisOf(s.node, intAttr(s.node, 'axis', 1), first.length);
  const shape = [...first];
  shape[axis] = 0;
  s.inputs.forEach((_, i) => {
    const x = inputAt(s, i).shape;
    if (x.length !== first.length || x.some((d, a) => a !== axis && d !== first[a]))
      throw badShape(s.node, `an operand like [${first.join(', ')}] but for axis ${axis}`, x);
    shape[axis] = (shape[axis] as number) + (x[axis] as number);
  });
  return { axis, shape };
}

export const concat: OpFamily = {
  id: 'concat',
  types: ['Concat'],
  shape: (s) => [{ dtype: inputAt(s, 0).dtype, shape: joined(s).shape }],
  evaluate(f) {
    const { axis, shape } = joined(shapesOf(f));
    const { dtype } = tensorAt(f, 0);
    const out = newData(dtype, sizeOf(shape));
    const run = sizeOf(shape.slice(axis));
    let offset = 0;
    f.inputs.forEach((_, i) => {
      const x = tensorAt(f, i);
      const block = sizeOf(x.shape.slice(axis));
      // all operands have one type: what is copied is never looked at
      const [src, dst] = [dataOf(x) as Float64Array, out as Float64Array];
      for (let from = 0, to = offset; from < src.length; from += block, to += run) dst.set(src.subarray(from, from + block), to);
      offset += block;
    });
    return [{ dtype, shape, data: out }];
  },
  quantizer: 'merge',
};

/** Begin and end of every axis (negative ones cut). From opset 18 they may be given for some axes only. */
function padsOf(s: ShapeInput): { begins: number[]; ends: number[] } {
  const { shape } = inputAt(s, 0);
  const pads = listAt(s, 1, 'pads') ?? intsAttr(s.node, 'paddings') ?? [];
  const axes = axesOf(s.node, listAt(s, 3, '') ?? upTo(shape.length), shape.length);
  if (pads.length !== 2 * axes.length) throw badShape(s.node, `${2 * axes.length} pads`, pads);
  const begins = shape.map(() => 0);
  const ends = shape.map(() => 0);
  axes.forEach((axis, i) => {
    begins[axis] = pads[i] as number;
    ends[axis] = pads[i + axes.length] as number;
  });
  if (shape.some((d, a) => d + (begins[a] as number) + (ends[a] as number) < 0)) throw badShape(s.node, 'pads that leave something', pads);
  return { begins, ends };
}

/** Which position of an axis stands at `at`; -1: the constant. */
function source(mode: string, at: number, extent: number): number {
  if (at >= 0 && at < extent) return at;
  switch (mode) {
    case 'edge':
      return at < 0 ? 0 : extent - 1;
    case 'wrap':
      return ((at % extent) + extent) % extent;
    case 'reflect': {
      const period = Math.max(1, 2 * (extent - 1));
      const u = ((at % period) + period) % period;
      return u < extent ? u : period - u;
    }
    default:
      return -1;
  }
}

function fillOf(s: ShapeInput, value: Tensor | undefined): number | bigint {
  if (value) return dataOf(value)[0] ?? 0;
  const number = floatAttr(s.node, 'value', 0);
  return isBig(newData(inputAt(s, 0).dtype, 0)) ? BigInt(Math.trunc(number)) : number;
}

export const pad: OpFamily = {
  id: 'pad',
  types: ['Pad'],
  shape(s) {
    const { dtype, shape } = inputAt(s, 0);
    const { begins, ends } = padsOf(s);
    return [{ dtype, shape: shape.map((d, a) => d + (begins[a] as number) + (ends[a] as number)) }];
  },
  evaluate(f) {
    const s = shapesOf(f);
    const x = tensorAt(f, 0);
    const { begins, ends } = padsOf(s);
    const mode = stringAttr(f.node, 'mode', 'constant');
    if (!['constant', 'edge', 'reflect', 'wrap'].includes(mode)) throw badAttribute(f.node, 'a mode of Pad', mode);
    const maps = x.shape.map((d, a) => {
      const [begin, end] = [begins[a] as number, ends[a] as number];
      return begin === 0 && end === 0 ? everything(d) : Int32Array.from({ length: d + begin + end }, (_, i) => source(mode, i - begin, d));
    });
    return [picked(x, maps, fillOf(s, f.inputs[2]))];
  },
  quantizer: 'merge',
};
