/** Elementwise operators, arithmetic, comparisons, casts and quantizers against ONNX Runtime on random operands. */
import { describe, test } from 'vitest';
import { createRng, type Rng } from '../base/rng';
import type { DType, Tensor } from '../ir/tensor';
import { functionTypes } from './lower/functions';
import { agree, chosen, floats, integers, list, narrower, number, someShape, type Sample } from './ort.fixture';
import { fromNumbers } from './storage';

type Maker = (rng: Rng) => Sample;

const flag = (rng: Rng): number => rng.int(0, 1);
const mapped = (t: Tensor, f: (x: number) => number): Tensor => fromNumbers(t.dtype, t.shape, Float64Array.from(t.data as Float32Array, f));

/** Newest opset that the operator needs. */
const opsets: Readonly<Record<string, number>> = { Gelu: 20, Mish: 18, HardSwish: 14, Swish: 24 };
/** Where a function is defined. */
const domains: Readonly<Record<string, (x: number) => number>> = {
  Log: (x) => Math.abs(x) + 0.01,
  Sqrt: Math.abs,
  Reciprocal: (x) => x + Math.sign(x),
  Asin: (x) => Math.sin(x),
  Acos: (x) => Math.sin(x),
  Atanh: (x) => 0.99 * Math.sin(x),
  Acosh: (x) => 1 + Math.abs(x),
  Tan: (x) => Math.sin(x),
};
const parameters: Readonly<Record<string, readonly string[]>> = {
  HardSigmoid: ['alpha', 'beta'],
  LeakyRelu: ['alpha'],
  ThresholdedRelu: ['alpha'],
  Elu: ['alpha'],
  Celu: ['alpha'],
  Selu: ['alpha', 'gamma'],
  Shrink: ['lambd', 'bias'],
};
// the first two are no ONNX operators of the opsets that the runtime has
const functions = functionTypes.filter((type) => !['Silu', 'Swish'].includes(type));
const rarer = ['Sin', 'Cos', 'Tan', 'Asin', 'Acos', 'Atan', 'Sinh', 'Cosh', 'Asinh', 'Acosh', 'Atanh', 'Sign', 'Shrink'];

const functionOf =
  (op: string): Maker =>
  (rng) => {
    const x = floats(rng, someShape(rng, rng.int(0, 3)), 3);
    const names = flag(rng) ? (parameters[op] ?? []) : [];
    return {
      op,
      opset: opsets[op] ?? 13,
      attrs: {
        ...Object.fromEntries(names.map((name) => [name, { float: 0.1 + rng.uniform() }])),
        ...(op === 'Gelu' ? { approximate: chosen(rng, ['none', 'tanh']) } : {}),
      },
      inputs: [domains[op] ? mapped(x, domains[op]) : x],
    };
  };

const gelus: Maker = (rng) => {
  const op = chosen(rng, ['Gelu', 'BiasGelu', 'FastGelu', 'QuickGelu']);
  const shape = someShape(rng, 3);
  const bias = op === 'BiasGelu' || (op === 'FastGelu' && flag(rng) === 1) ? [floats(rng, shape.slice(-1))] : [];
  return { op, domain: 'com.microsoft', inputs: [floats(rng, shape, 2), ...bias] };
};

/** x, and y that broadcasts to it or the other way round. */
function pair(rng: Rng, make: (shape: readonly number[]) => Tensor): Tensor[] {
  const shape = someShape(rng, rng.int(0, 4));
  const both = [make(shape), make(narrower(rng, shape))];
  return flag(rng) ? both : both.reverse();
}

const wide = 2 ** 40;

/** Operands of floats, or of integers whose results fit. */
function operands(rng: Rng, op: string): Tensor[] {
  const dtype = chosen(rng, ['float32', 'float32', 'int32', 'int64'] as const);
  if (dtype === 'float32') return pair(rng, (shape) => floats(rng, shape));
  const [a, b] = pair(rng, (shape) =>
    integers(rng, shape, dtype === 'int64' ? -wide : -40000, dtype === 'int64' ? wide : 40000, dtype),
  ) as [Tensor, Tensor];
  // no division by zero
  return op === 'Div'
    ? [a, mapped({ ...b, data: Float64Array.from(b.data as Int32Array, Number) as never }, (v) => (v % 100) + 101)]
    : [a, b];
}

const arithmetic =
  (op: string): Maker =>
  (rng) => ({ op, opset: 14, inputs: operands(rng, op) });

const divisor = (rng: Rng, shape: readonly number[], dtype: DType): Tensor =>
  mapped(integers(rng, shape, -9, 8, dtype), (v) => (Number(v) < 0 ? Number(v) : Number(v) + 1));

const mod: Maker = (rng) => {
  const dtype = chosen(rng, ['int32', 'int64', 'int8', 'float32'] as const);
  const shape = someShape(rng, 2);
  const fmod = dtype === 'float32' ? 1 : flag(rng);
  return { op: 'Mod', attrs: { fmod }, inputs: [integers(rng, shape, -50, 50, dtype), divisor(rng, narrower(rng, shape), dtype)] };
};

const pow: Maker = (rng) => {
  const shape = someShape(rng, 3);
  if (flag(rng)) return { op: 'Pow', inputs: [mapped(floats(rng, shape), (v) => Math.abs(v) + 0.1), floats(rng, narrower(rng, shape))] };
  const [base, exponent] = [chosen(rng, ['int32', 'int64', 'float32'] as const), chosen(rng, ['int32', 'int64'] as const)];
  return { op: 'Pow', inputs: [integers(rng, shape, -9, 9, base), integers(rng, narrower(rng, shape), 0, 5, exponent)] };
};

const variadic =
  (op: string): Maker =>
  (rng) => {
    const shape = someShape(rng, 3);
    const dtype = op === 'Min' || op === 'Max' ? chosen(rng, ['float32', 'int64', 'int32'] as const) : 'float32';
    return { op, inputs: Array.from({ length: rng.int(1, 4) }, () => integers(rng, narrower(rng, shape), -50, 50, dtype)) };
  };

const relu: Maker = (rng) => ({
  op: 'Relu',
  opset: 14,
  inputs: [flag(rng) ? floats(rng, someShape(rng, 3)) : integers(rng, [7], -5, 5, 'int32')],
});

const clip: Maker = (rng) => {
  const dtype = chosen(rng, ['float32', 'float32', 'int32', 'int64'] as const);
  const x = dtype === 'float32' ? floats(rng, someShape(rng, 3)) : integers(rng, [9], -20, 20, dtype);
  if (dtype === 'float32' && flag(rng))
    return { op: 'Clip', opset: 10, attrs: { min: { float: -0.5 }, ...(flag(rng) ? { max: { float: 0.25 } } : {}) }, inputs: [x] };
  const bounds = [number(-1, dtype), number(1, dtype)].map((b) => (flag(rng) ? b : undefined));
  return { op: 'Clip', opset: 12, inputs: [x, ...bounds] };
};

const prelu: Maker = (rng) => {
  const shape = someShape(rng, 4);
  return { op: 'PRelu', inputs: [floats(rng, shape), floats(rng, narrower(rng, shape))] };
};

const comparison =
  (op: string): Maker =>
  (rng) => {
    const dtype = chosen(rng, ['float32', 'int32', 'int64'] as const);
    return { op, opset: 16, inputs: pair(rng, (shape) => integers(rng, shape, -2, 2, dtype)) };
  };

const logic =
  (op: string): Maker =>
  (rng) => ({ op, inputs: pair(rng, (shape) => integers(rng, shape, 0, 1, 'bool')) });

const strange = (rng: Rng): Tensor => mapped(floats(rng, someShape(rng, 2)), (v) => chosen(rng, [v, NaN, Infinity, -Infinity]));

const tests: Maker = (rng) => {
  const op = chosen(rng, ['Not', 'IsNaN', 'IsInf']);
  const attrs = op === 'IsInf' ? { detect_negative: flag(rng), detect_positive: flag(rng) } : {};
  return { op, attrs, inputs: [op === 'Not' ? integers(rng, [5], 0, 1, 'bool') : strange(rng)] };
};

const where: Maker = (rng) => {
  const shape = someShape(rng, 3);
  const dtype = chosen(rng, ['float32', 'int64', 'int32'] as const);
  const branch = (): Tensor => integers(rng, narrower(rng, shape), 0, 1, dtype);
  return { op: 'Where', inputs: [integers(rng, narrower(rng, shape), 0, 1, 'bool'), branch(), branch()] };
};

const codes: Partial<Readonly<Record<DType, number>>> = { float32: 1, uint8: 2, int8: 3, int32: 6, int64: 7, bool: 9, float16: 10 };

/** Values that every target holds, halves among them, so that nothing is undefined. */
const cast: Maker = (rng) => {
  const [from, to] = [chosen(rng, Object.entries(codes)), chosen(rng, Object.entries(codes))] as [[DType, number], [DType, number]];
  const whole = from[0] === 'bool' ? integers(rng, [9], 0, 1, 'bool') : integers(rng, [9], 0, 100, from[0]);
  const x = ['float32', 'float16'].includes(from[0]) ? mapped(whole, (v) => v + 0.75) : whole;
  return { op: 'Cast', attrs: { to: to[1] }, inputs: [x] };
};

const wrapping: Maker = (rng) => ({
  op: 'Cast',
  attrs: { to: chosen(rng, [2, 3, 6, 9]) },
  inputs: [integers(rng, [9], -(2 ** 45), 2 ** 45)],
});

const castLike: Maker = (rng) => ({
  op: 'CastLike',
  opset: 15,
  inputs: [floats(rng, [2, 3], 9), integers(rng, [1], 0, 1, chosen(rng, ['int64', 'int32', 'float32', 'bool'] as const))],
});

const halves: Maker = (rng) => {
  const half = (): Tensor =>
    fromNumbers(
      'float16',
      [2, 5],
      Float64Array.from({ length: 10 }, () => rng.normal()),
    );
  return { op: chosen(rng, ['Add', 'Mul', 'Sub', 'Div']), opset: 14, inputs: [half(), half()], tolerance: 0 };
};

/** Scale and zero point per tensor, per axis or in blocks. */
function quantizer(
  rng: Rng,
  shape: readonly number[],
  dtype: DType,
): { scale: Tensor; zero: Tensor | undefined; attrs: Record<string, number> } {
  const kind = rng.int(0, 2);
  const axis = rng.int(0, shape.length - 1);
  const block = rng.int(1, 2);
  const sizes = kind === 0 ? [] : kind === 1 ? [shape[axis] as number] : shape.with(axis, Math.ceil((shape[axis] as number) / block));
  const unsigned = dtype.startsWith('u');
  const scale = mapped(floats(rng, sizes), (v) => Math.abs(v) / 8 + 0.01);
  const zero = flag(rng) || dtype !== 'uint8' ? integers(rng, sizes, unsigned ? 0 : -7, 7, dtype) : undefined;
  return { scale, zero, attrs: { axis, ...(kind === 2 ? { block_size: block } : {}) } };
}

const quantize: Maker = (rng) => {
  const shape = someShape(rng, 3, 2, 4);
  const { scale, zero, attrs } = quantizer(rng, shape, chosen(rng, ['int8', 'uint8', 'int16', 'uint16'] as const));
  return { op: 'QuantizeLinear', opset: 21, attrs, inputs: [floats(rng, shape, 2), scale, ...(zero ? [zero] : [])] };
};

const dequantize: Maker = (rng) => {
  const shape = someShape(rng, 3, 2, 4);
  const dtype = chosen(rng, ['int8', 'uint8', 'int16', 'uint16', 'int4', 'uint4', 'int32'] as const);
  const { scale, zero, attrs } = quantizer(rng, shape, dtype);
  const x = integers(rng, shape, dtype.startsWith('u') ? 0 : -8, dtype.startsWith('u') ? 15 : 7, dtype);
  // the runtime wants zero points of int32 to be 0
  const offset = dtype === 'int32' ? undefined : zero;
  return { op: 'DequantizeLinear', opset: 21, attrs, inputs: [x, scale, ...(offset ? [offset] : [])] };
};

const dynamicQuantize: Maker = (rng) => ({
  op: 'DynamicQuantizeLinear',
  inputs: [mapped(floats(rng, someShape(rng, 2)), (v) => v + rng.int(-2, 2))],
  outputs: 3,
});

const range: Maker = (rng) => {
  const dtype = chosen(rng, ['int64', 'int32', 'float32'] as const);
  const [start, delta] = [rng.int(-9, 9), chosen(rng, [-3, -1, 1, 2])];
  return { op: 'Range', inputs: [number(start, dtype), number(start + rng.int(-5, 20) * Math.sign(delta), dtype), number(delta, dtype)] };
};

const filled: Maker = (rng) => {
  const dtype = chosen(rng, ['float32', 'int64', 'int32', 'bool'] as const);
  return {
    op: 'ConstantOfShape',
    attrs: flag(rng) ? { value: list([1], dtype) } : {},
    inputs: [list(someShape(rng, rng.int(1, 3), 0, 4))],
  };
};

const extents: Maker = (rng) => {
  const x = floats(rng, someShape(rng, rng.int(0, 4)));
  if (flag(rng)) return { op: 'Size', inputs: [x] };
  return { op: 'Shape', opset: 15, attrs: flag(rng) ? { start: rng.int(-5, 5), end: rng.int(-5, 5) } : {}, inputs: [x] };
};

const cases: Readonly<Record<string, Maker>> = {
  ...Object.fromEntries([...functions, ...rarer].map((op) => [op, functionOf(op)])),
  'Gelu of com.microsoft': gelus,
  ...Object.fromEntries(['Add', 'Sub', 'Mul', 'Div'].map((op) => [op, arithmetic(op)])),
  Mod: mod,
  Pow: pow,
  ...Object.fromEntries(['Min', 'Max', 'Sum', 'Mean'].map((op) => [op, variadic(op)])),
  Relu: relu,
  Clip: clip,
  PRelu: prelu,
  ...Object.fromEntries(['Equal', 'Greater', 'GreaterOrEqual', 'Less', 'LessOrEqual'].map((op) => [op, comparison(op)])),
  ...Object.fromEntries(['And', 'Or', 'Xor'].map((op) => [op, logic(op)])),
  'Not, IsNaN, IsInf': tests,
  Where: where,
  Cast: cast,
  'Cast of wide integers': wrapping,
  CastLike: castLike,
  'arithmetic of halves': halves,
  QuantizeLinear: quantize,
  DequantizeLinear: dequantize,
  DynamicQuantizeLinear: dynamicQuantize,
  Range: range,
  ConstantOfShape: filled,
  'Shape and Size': extents,
};

describe('what ONNX Runtime computes', () => {
  test.each(Object.entries(cases))('%s', async (_, make) => {
    for (let seed = 1; seed <= 8; seed++) await agree(make(createRng(seed)));
  });
});
