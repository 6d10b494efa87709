/**
 * Functions of one tensor, element by element: those that have a table in their integer form (lower/functions.ts),
 * the trigonometric and other rarer ones, and ONNX Runtime's Gelu forms. Abs, Neg and Sign keep integers exact.
 */
import { exp, expm1, log, log1p, sigmoid } from '../base/math';
import { roundHalfEven } from '../base/fixed-point';
import type { Node } from '../ir/model';
import type { Tensor } from '../ir/tensor';
import { broadcastShape } from './broadcast';
import { floatAttr, type FloatInput, type OpFamily } from './family';
import { functionTypes, scalarFunction } from './lower/functions';
import { inputAt, tensorAt } from './readers';
import { dataOf, floatsOf, fromNumbers, isBig, isFloat, made, mapNumbers, newData, numbersOf } from './storage';
import { spreadTo } from './strided';

type Scalar = (x: number) => number;

/** After ONNX. sin, cos and tan are the engine's: they are no part of the integer path. */
const others: Readonly<Record<string, Scalar>> = {
  Sin: Math.sin,
  Cos: Math.cos,
  Tan: Math.tan,
  Asin: Math.asin,
  Acos: Math.acos,
  Atan: Math.atan,
  Sinh: (x) => (expm1(x) - expm1(-x)) / 2,
  Cosh: (x) => (exp(x) + exp(-x)) / 2,
  Asinh: (x) => Math.sign(x) * log(Math.abs(x) + Math.sqrt(x * x + 1)),
  Acosh: (x) => log(x + Math.sqrt(x * x - 1)),
  Atanh: (x) => (log1p(x) - log1p(-x)) / 2,
  Sign: Math.sign,
  Round: roundHalfEven,
};

function functionOf(node: Node): Scalar | undefined {
  if (node.op === 'Shrink') {
    const [lambda, bias] = [floatAttr(node, 'lambd', 0.5), floatAttr(node, 'bias', 0)];
    return (x) => (x < -lambda ? x + bias : x > lambda ? x - bias : 0);
  }
  if (node.domain !== 'com.microsoft') return scalarFunction(node) ?? others[node.op];
  const approximate = { approximate: { type: 'string', value: 'tanh' } } as const;
  switch (node.op) {
    case 'BiasGelu':
      return scalarFunction({ ...node, op: 'Gelu', attrs: {} });
    case 'FastGelu':
      return scalarFunction({ ...node, op: 'Gelu', attrs: approximate });
    case 'QuickGelu': {
      const alpha = floatAttr(node, 'alpha', 1.702);
      return (x) => x * sigmoid(alpha * x);
    }
    default:
      return scalarFunction(node);
  }
}

const bigFunctions: Readonly<Record<string, (x: bigint) => bigint>> = {
  Abs: (x) => (x < 0n ? -x : x),
  Neg: (x) => -x,
  Sign: (x) => (x > 0n ? 1n : x < 0n ? -1n : 0n),
};

/** Most values that are remembered: as many as 16-bit activations have. */
const REMEMBERED = 65536;

/** In place. Activations that come from integers repeat: their values are computed once. */
function applyTo(data: Float64Array, f: Scalar): void {
  const known = new Map<number, number>();
  let i = 0;
  for (; i < data.length && known.size < REMEMBERED; i++) {
    const x = data[i] as number;
    let y = known.get(x);
    if (y === undefined) known.set(x, (y = f(x)));
    data[i] = y;
  }
  for (; i < data.length; i++) data[i] = f(data[i] as number);
}

function mapped(f: FloatInput): Tensor[] {
  const x = tensorAt(f, 0);
  const data = dataOf(x);
  const big = bigFunctions[f.node.op];
  if (isBig(data) && big) {
    const out = newData(x.dtype, data.length);
    if (isBig(out)) for (let i = 0; i < out.length; i++) out[i] = big(data[i] as bigint);
    return [made(x.dtype, x.shape, out)];
  }
  const scalar = functionOf(f.node) as Scalar; // every listed type has one
  const bias = f.inputs[1]; // of BiasGelu and FastGelu
  const out = floatsOf(x);
  if (bias) {
    const b = numbersOf(spreadTo(bias, x.shape));
    for (let i = 0; i < out.length; i++) out[i] = (out[i] as number) + (b[i] as number);
  }
  applyTo(out, scalar);
  return [fromNumbers(x.dtype, x.shape, isFloat(x.dtype) ? out : out.map(Math.trunc))];
}

export const elementwise: OpFamily = {
  id: 'elementwise',
  types: [
    ...functionTypes,
    ...Object.keys(others).filter((type) => !functionTypes.includes(type)),
    'Shrink',
    ...['Gelu', 'BiasGelu', 'FastGelu', 'QuickGelu'].map((type) => `com.microsoft:${type}`),
  ],
  shape(s) {
    const { dtype, shape } = inputAt(s, 0);
    if (s.inputs[1]) broadcastShape(s.node, [shape, s.inputs[1].shape]);
    return [{ dtype, shape }];
  },
  evaluate: mapped,
  quantizer: 'own',
};

/** PRelu (ONNX 7, 9, 16): one slope for all, or slopes that broadcast to x. */
export const prelu: OpFamily = {
  id: 'prelu',
  types: ['PRelu'],
  shape(s) {
    const x = inputAt(s, 0);
    return [{ dtype: x.dtype, shape: broadcastShape(s.node, [x.shape, slopeShape(x.shape, inputAt(s, 1).shape, s.opset)]) }];
  },
  evaluate(f) {
    const [x, slope] = [tensorAt(f, 0), tensorAt(f, 1)];
    const [v, a] = [numbersOf(x), numbersOf(spreadTo({ ...slope, shape: slopeShape(x.shape, slope.shape, f.opset) }, x.shape))];
    return [
      fromNumbers(
        x.dtype,
        x.shape,
        mapNumbers(v, (e, i) => (e < 0 ? (a[i] as number) * e : e)),
      ),
    ];
  },
  quantizer: 'own',
};

/** Before opset 7 the slopes are per channel. */
function slopeShape(x: readonly number[], slope: readonly number[], opset: number): readonly number[] {
  return opset < 7 && slope.length === 1 ? [...slope, ...new Array<number>(Math.max(0, x.length - 2)).fill(1)] : slope;
}
