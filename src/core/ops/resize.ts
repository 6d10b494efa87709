/**
 * Resize (ONNX 10 to 19) and Upsample (7: scales an attribute; 9: an input). Shapes in every form; values for mode
 * nearest and linear. tf_crop_and_resize, cubic and antialias have no float rule.
 */
import { StudioError } from '../base/errors';
import { roundHalfEven } from '../base/fixed-point';
import type { Node } from '../ir/model';
import { sizeOf, stridesOf, type Tensor } from '../ir/tensor';
import { intAttr, intsAttr, stringAttr, type FloatInput, type OpFamily, type ShapeInput } from './family';
import { axesOf, badShape, inputAt, listAt, shapesOf, tensorAt, upTo } from './readers';
import { floatsOf, fromNumbers } from './storage';
import { picked } from './strided';

interface Resized {
  readonly shape: readonly number[];
  readonly scales: readonly number[];
}

function floatsAttr(node: Node, name: string): readonly number[] | undefined {
  const a = node.attrs[name];
  return a?.type === 'floats' ? a.value : undefined;
}

/** An empty list stands for an absent input. */
function given(s: ShapeInput, i: number): readonly number[] | undefined {
  const list = listAt(s, i, '');
  return list && list.length > 0 ? list : undefined;
}

function resized(s: ShapeInput): Resized {
  const { node } = s;
  const { shape } = inputAt(s, 0);
  const two = node.op === 'Upsample' || s.opset < 11; // X, scales
  const scales = two ? (given(s, 1) ?? floatsAttr(node, 'scales')) : given(s, 2);
  const sizes = two ? undefined : given(s, 3);
  const axes = axesOf(node, intsAttr(node, 'axes') ?? upTo(shape.length), shape.length);
  const list = sizes ?? scales;
  if (list?.length !== axes.length) throw badShape(node, `${axes.length} scales or sizes`, list ?? 'none');
  if (!sizes) {
    const all = shape.map((_, a) => (axes.includes(a) ? (list[axes.indexOf(a)] as number) : 1));
    return { shape: shape.map((d, a) => Math.floor(d * (all[a] as number))), scales: all };
  }
  const ratios = axes.map((a, i) => (sizes[i] as number) / (shape[a] as number));
  const policy = stringAttr(node, 'keep_aspect_ratio_policy', 'stretch');
  if (policy !== 'stretch') {
    const scale = policy === 'not_larger' ? Math.min(...ratios) : Math.max(...ratios);
    return {
      shape: shape.map((d, a) => (axes.includes(a) ? Math.floor(scale * d + 0.5) : d)),
      scales: shape.map((_, a) => (axes.includes(a) ? scale : 1)),
    };
  }
  return {
    shape: shape.map((d, a) => (axes.includes(a) ? (sizes[axes.indexOf(a)] as number) : d)),
    scales: shape.map((_, a) => (axes.includes(a) ? (ratios[axes.indexOf(a)] as number) : 1)),
  };
}

function noRule(node: Node, what: string): StudioError {
  return new StudioError({
    code: 'unsupported-operator',
    what: `${node.op} with ${what} has no float rule`,
    where: { node: node.id, op: node.op },
  });
}

/** For each axis the input position that every output position takes; for mode nearest. Throws where there is no rule for it. */
export function nearestMaps(s: ShapeInput): Int32Array[] {
  const { node, opset } = s;
  const { shape: from } = inputAt(s, 0);
  const { shape, scales } = resized(s);
  const how = stringAttr(node, 'nearest_mode', node.op === 'Upsample' || opset < 11 ? 'floor' : 'round_prefer_floor');
  return from.map((d, a) => {
    const at = coordinates(s, d, shape[a] as number, scales[a] as number);
    return Int32Array.from(at, (v) => Math.min(d - 1, Math.max(0, nearest(how, v))));
  });
}

/** Where output position i lies in the input, in float32 as ONNX Runtime computes it. */
function coordinates(f: Pick<ShapeInput, 'node' | 'opset'>, extent: number, out: number, scale: number): Float64Array {
  const { node } = f;
  const fixed = node.op === 'Upsample' || f.opset < 11 ? 'asymmetric' : 'half_pixel';
  const mode = stringAttr(node, 'coordinate_transformation_mode', fixed);
  const at = (i: number): number => {
    switch (mode) {
      case 'asymmetric':
        return i / scale;
      case 'align_corners':
        return out === 1 ? 0 : (i * (extent - 1)) / (out - 1);
      case 'half_pixel':
        return (i + 0.5) / scale - 0.5;
      case 'pytorch_half_pixel':
        return out === 1 ? 0 : (i + 0.5) / scale - 0.5;
      case 'tf_half_pixel_for_nn':
        return (i + 0.5) / scale;
      case 'half_pixel_symmetric': {
        // centred on the true, unrounded length
        const adjustment = out / (scale * extent);
        return (extent / 2) * (1 - adjustment) + (i + 0.5) / scale - 0.5;
      }
      default:
        throw noRule(node, mode);
    }
  };
  return Float64Array.from({ length: out }, (_, i) => (scale === 1 ? i : Math.fround(at(i))));
}

function nearest(mode: string, x: number): number {
  switch (mode) {
    case 'floor':
      return Math.floor(x);
    case 'ceil':
      return Math.ceil(x);
    case 'round_prefer_ceil':
      return Math.floor(x + 0.5);
    default:
      return x === Math.floor(x) + 0.5 ? Math.floor(x) : roundHalfEven(x);
  }
}

/** One axis by linear interpolation; positions outside take the edge. */
function interpolated(data: Float64Array, shape: readonly number[], axis: number, at: Float64Array): Float64Array<ArrayBuffer> {
  const extent = shape[axis] as number;
  const inner = stridesOf(shape)[axis] as number;
  const outer = sizeOf(shape.slice(0, axis));
  const out = new Float64Array(outer * at.length * inner);
  for (let o = 0, to = 0; o < outer; o++) {
    for (const x of at) {
      const clamped = Math.min(extent - 1, Math.max(0, x));
      const low = Math.min(extent - 1, Math.floor(clamped));
      const high = Math.min(extent - 1, low + 1);
      const part = clamped - low;
      for (let i = 0; i < inner; i++) {
        const [a, b] = [data[(o * extent + low) * inner + i] as number, data[(o * extent + high) * inner + i] as number];
        out[to++] = a + (b - a) * part;
      }
    }
  }
  return out;
}

function evaluate(f: FloatInput): Tensor[] {
  const { node } = f;
  const x = tensorAt(f, 0);
  const mode = stringAttr(node, 'mode', 'nearest');
  if (intAttr(node, 'antialias', 0) === 1) throw noRule(node, 'antialias');
  if (mode === 'nearest') return [picked(x, nearestMaps(shapesOf(f)))];
  if (mode !== 'linear') throw noRule(node, `mode ${mode}`);
  const { shape, scales } = resized(shapesOf(f));
  const all = x.shape.map((d, a) => coordinates(f, d, shape[a] as number, scales[a] as number));
  let [data, current] = [floatsOf(x), [...x.shape]];
  all.forEach((at, a) => {
    if (scales[a] === 1) return;
    data = interpolated(data, current, a, at);
    current = current.with(a, at.length);
  });
  return [fromNumbers(x.dtype, shape, data)];
}

export const resize: OpFamily = {
  id: 'resize',
  types: ['Resize', 'Upsample'],
  shape: (s) => [{ dtype: inputAt(s, 0).dtype, shape: resized(s).shape }],
  evaluate,
  quantizer: 'own',
};
