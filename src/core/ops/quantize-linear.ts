/**
 * QuantizeLinear and DequantizeLinear (ONNX 10 to 21: per tensor, per axis, in blocks), DynamicQuantizeLinear (11).
 * Quantizing divides in float32, rounds ties to even, adds the zero point and saturates.
 */
import { StudioError } from '../base/errors';
import { roundHalfEven } from '../base/fixed-point';
import type { DType, Tensor } from '../ir/tensor';
import { dtypeAttr } from './cast';
import { intAttr, type FloatInput, type OpFamily, type ShapeInput } from './family';
import { axisOf, badShape, inputAt, tensorAt } from './readers';
import { fromNumbers, made, mapNumbers, newData, numbersOf, type NumberArray } from './storage';
import { picked, everything } from './strided';

const ranges: Partial<Readonly<Record<DType, readonly [number, number]>>> = {
  int4: [-8, 7],
  uint4: [0, 15],
  int8: [-128, 127],
  uint8: [0, 255],
  int16: [-32768, 32767],
  uint16: [0, 65535],
};

/** The scale (or zero point) for every element of x: per tensor, per axis, or constant over blocks of an axis. */
function spreadScale(s: Pick<ShapeInput, 'node'>, t: Tensor, shape: readonly number[]): Tensor {
  if (t.data.length === 1) return t;
  const axis = axisOf(s.node, intAttr(s.node, 'axis', 1), shape.length);
  const block = intAttr(s.node, 'block_size', 0);
  if (t.shape.length === 1 && block === 0) {
    const aligned = shape.map((_, a) => (a === axis ? (t.shape[0] as number) : 1));
    return picked(
      { ...t, shape: aligned },
      shape.map((d, a) => (a === axis ? everything(d) : new Int32Array(d))),
    );
  }
  return picked(
    t,
    shape.map((d, a) => (a === axis ? Int32Array.from({ length: d }, (_, i) => Math.floor(i / block)) : everything(d))),
  );
}

function checkScale(s: ShapeInput): void {
  const [x, scale] = [inputAt(s, 0).shape, inputAt(s, 1).shape];
  const zero = s.inputs[2]?.shape;
  if (zero && zero.join() !== scale.join()) throw badShape(s.node, `a zero point like the scale [${scale.join(', ')}]`, zero);
  const count = scale.reduce((a, b) => a * b, 1);
  if (count === 1 && scale.length <= 1) return;
  const axis = axisOf(s.node, intAttr(s.node, 'axis', 1), x.length);
  const block = intAttr(s.node, 'block_size', 0);
  const wanted = block === 0 ? [x[axis] as number] : x.with(axis, Math.ceil((x[axis] as number) / block));
  if (scale.join() !== wanted.join()) throw badShape(s.node, `a scale of [${wanted.join(', ')}]`, scale);
}

function quantizedType(s: Pick<ShapeInput, 'node' | 'inputs'>): DType {
  const zero = s.inputs[2]?.dtype;
  // output_dtype 0 means: not given
  return zero ?? (intAttr(s.node, 'output_dtype', 0) === 0 ? 'uint8' : dtypeAttr(s.node, 'output_dtype', 'uint8'));
}

/** Every pair of factors: element i of x with its scale and zero point. */
function operandsOf(f: FloatInput): { x: Tensor; scale: (i: number) => number; zero: (i: number) => number } {
  const x = tensorAt(f, 0);
  const read = (t: Tensor | undefined): ((i: number) => number) => {
    if (!t) return () => 0;
    const data = numbersOf(spreadScale(f, t, x.shape));
    return data.length === 1 ? () => data[0] as number : (i) => data[i] as number;
  };
  return { x, scale: read(tensorAt(f, 1)), zero: read(f.inputs[2]) };
}

interface Even {
  readonly x: NumberArray;
  readonly scale: number;
  readonly zero: number;
}

/** One float32 scale and zero point for the whole tensor: what activations have, worth a loop of its own. */
function evenly(f: FloatInput): Even | undefined {
  const [x, scale, zero] = [tensorAt(f, 0), tensorAt(f, 1), f.inputs[2]];
  if (scale.dtype !== 'float32' || scale.data.length !== 1 || (zero && zero.data.length !== 1)) return undefined;
  return { x: numbersOf(x), scale: numbersOf(scale)[0] as number, zero: zero ? (numbersOf(zero)[0] as number) : 0 };
}

function quantizeEvenly({ x, scale, zero }: Even, out: NumberArray, lo: number, hi: number): void {
  for (let i = 0; i < out.length; i++) {
    const q = roundHalfEven(Math.fround((x[i] as number) / scale)) + zero;
    // NaN fails both comparisons and is stored as 0
    out[i] = q < lo ? lo : q > hi ? hi : q;
  }
}

export const quantizeLinear: OpFamily = {
  id: 'quantize-linear',
  types: ['QuantizeLinear', 'com.microsoft:QuantizeLinear'],
  shape(s) {
    checkScale(s);
    return [{ dtype: quantizedType(s), shape: inputAt(s, 0).shape }];
  },
  evaluate(f) {
    const { x, scale, zero } = operandsOf(f);
    const dtype = quantizedType(f);
    const range = ranges[dtype];
    if (!range)
      throw new StudioError({
        code: 'unsupported-dtype',
        what: 'Quantizing to this type has no rule',
        got: dtype,
        where: { node: f.node.id, op: f.node.op },
      });
    const [lo, hi] = range;
    const even = evenly(f);
    if (even) {
      const out = newData(dtype, even.x.length) as NumberArray;
      quantizeEvenly(even, out, lo, hi);
      return [made(dtype, x.shape, out)];
    }
    const q = mapNumbers(numbersOf(x), (v, i) => Math.min(hi, Math.max(lo, roundHalfEven(Math.fround(v / scale(i))) + zero(i))));
    return [fromNumbers(dtype, x.shape, q)];
  },
  quantizer: 'own',
};

export const dequantizeLinear: OpFamily = {
  id: 'dequantize-linear',
  types: ['DequantizeLinear', 'com.microsoft:DequantizeLinear'],
  /** The result has the type of the scale. */
  shape(s) {
    checkScale(s);
    return [{ dtype: inputAt(s, 1).dtype, shape: inputAt(s, 0).shape }];
  },
  evaluate(f) {
    const { x, scale, zero } = operandsOf(f);
    const even = evenly(f);
    if (even) {
      const out = new Float32Array(even.x.length);
      for (let i = 0; i < out.length; i++) out[i] = ((even.x[i] as number) - even.zero) * even.scale;
      return [made('float32', x.shape, out)];
    }
    return [
      fromNumbers(
        tensorAt(f, 1).dtype,
        x.shape,
        mapNumbers(numbersOf(x), (q, i) => (q - zero(i)) * scale(i)),
      ),
    ];
  },
  quantizer: 'own',
};

/** To uint8 over the range of x widened to hold 0: outputs y, scale, zero point. */
export const dynamicQuantizeLinear: OpFamily = {
  id: 'dynamic-quantize-linear',
  types: ['DynamicQuantizeLinear'],
  shape: (s) => [
    { dtype: 'uint8', shape: inputAt(s, 0).shape },
    { dtype: 'float32', shape: [] },
    { dtype: 'uint8', shape: [] },
  ],
  evaluate(f) {
    const x = tensorAt(f, 0);
    const data = numbersOf(x);
    let [lo, hi] = [0, 0];
    data.forEach((v: number) => {
      lo = Math.min(lo, v);
      hi = Math.max(hi, v);
    });
    const scale = Math.fround(Math.fround(hi - lo) / 255);
    const zero = Math.min(255, Math.max(0, roundHalfEven(Math.fround((0 - lo) / scale))));
    const q = mapNumbers(data, (v) => Math.min(255, Math.max(0, roundHalfEven(Math.fround(v / scale)) + zero)));
    return [fromNumbers('uint8', x.shape, q), fromNumbers('float32', [], [scale]), fromNumbers('uint8', [], [zero])];
  },
  quantizer: 'own',
};
