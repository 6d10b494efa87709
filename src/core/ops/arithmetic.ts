/**
 * Add, Sub, Mul, Div, Pow, Mod (two tensors) and Min, Max, Sum, Mean (any number), ONNX 6 to 14. Integers are exact
 * and wrap as their type does; Div truncates. Floats are rounded once from float64.
 */
import { StudioError } from '../base/errors';
import type { Node } from '../ir/model';
import type { Tensor } from '../ir/tensor';
import { broadcastShape, combine, pairOf, pairShape } from './broadcast';
import { intAttr, type FloatInput, type OpFamily } from './family';
import { inputAt, tensorAt } from './readers';
import { fromNumbers, isFloat, mapNumbers, numbersOf } from './storage';
import { spreadTo } from './strided';

type OfNumbers = (a: number, b: number) => number;
type OfBigs = (a: bigint, b: bigint) => bigint;

interface Pair {
  readonly float: OfNumbers;
  /** Integers of at most 32 bits; the result wraps. */
  readonly int: OfNumbers;
  readonly big: OfBigs;
}

function byZero(node: Node): StudioError {
  return new StudioError({ code: 'bad-data', what: 'An integer is divided by 0', where: { node: node.id, op: node.op } });
}

/** base^exponent of integers, wrapped to 64 bits; below 1 it is truncated. */
function integerPower(base: bigint, exponent: bigint): bigint {
  if (exponent < 0n) return base === 1n ? 1n : base === -1n ? (exponent % 2n === 0n ? 1n : -1n) : 0n;
  let [result, factor] = [1n, base];
  for (let e = exponent; e > 0n; e >>= 1n) {
    if (e & 1n) result = BigInt.asIntN(64, result * factor);
    factor = BigInt.asIntN(64, factor * factor);
  }
  return result;
}

/** The remainder with the sign of the divisor, as in Python. */
const floorMod: OfNumbers = (a, b) => {
  const r = a % b;
  return r !== 0 && r < 0 !== b < 0 ? r + b : r;
};

function pairOperator(node: Node): Pair {
  const whole =
    <T extends number | bigint>(f: (a: T, b: T) => T) =>
    (a: T, b: T): T => {
      if (b == 0) throw byZero(node);
      return f(a, b);
    };
  switch (node.op) {
    case 'Add':
      return { float: (a, b) => a + b, int: (a, b) => a + b, big: (a, b) => a + b };
    case 'Sub':
      return { float: (a, b) => a - b, int: (a, b) => a - b, big: (a, b) => a - b };
    case 'Mul':
      return { float: (a, b) => a * b, int: Math.imul, big: (a, b) => a * b };
    case 'Div':
      return {
        float: (a, b) => a / b,
        int: whole((a: number, b: number) => Math.trunc(a / b)),
        big: whole((a: bigint, b: bigint) => a / b),
      };
    case 'Mod': {
      if (intAttr(node, 'fmod', 0) === 1)
        return { float: (a, b) => a % b, int: whole((a: number, b: number) => a % b), big: whole((a: bigint, b: bigint) => a % b) };
      const big = whole((a: bigint, b: bigint) => {
        const r = a % b;
        return r !== 0n && r < 0n !== b < 0n ? r + b : r;
      });
      return { float: floorMod, int: whole(floorMod), big };
    }
    default:
      throw new StudioError({ code: 'internal', what: 'No such operator of two tensors', where: { node: node.id, op: node.op } });
  }
}

/** Small unsigned products are exact in float64, those of int32 and uint32 only modulo 2^32: Math.imul gives that. */
function arithmeticOf(f: FloatInput): Tensor[] {
  const [x, y] = pairOf(f);
  const { float, int, big } = pairOperator(f.node);
  return [combine(f.node, x, y, x.dtype, isFloat(x.dtype) ? float : int, big)];
}

export const arithmetic: OpFamily = {
  id: 'arithmetic',
  types: ['Add', 'Sub', 'Mul', 'Div', 'Mod'],
  shape: (s) => [{ dtype: inputAt(s, 0).dtype, shape: pairShape(s) }],
  evaluate: arithmeticOf,
  quantizer: 'own',
};

/** The result has the type of the base; the exponent may have another. */
function power(f: FloatInput): Tensor[] {
  const [x, y] = pairOf(f);
  if (isFloat(x.dtype)) return [combine(f.node, x, y, x.dtype, Math.pow, (a, b) => Number(a) ** Number(b))];
  if (isFloat(y.dtype)) {
    const shape = broadcastShape(f.node, [x.shape, y.shape]);
    const [a, b] = [numbersOf(spreadTo(x, shape)), numbersOf(spreadTo(y, shape))];
    return [
      fromNumbers(
        x.dtype,
        shape,
        mapNumbers(a, (v, i) => Math.trunc(v ** (b[i] as number))),
      ),
    ];
  }
  const small: OfNumbers = (a, b) => Number(BigInt.asIntN(32, integerPower(BigInt(a), BigInt(b))));
  const sameWidth = x.dtype === y.dtype ? y : fromNumbers(x.dtype, y.shape, numbersOf(y));
  return [combine(f.node, x, sameWidth, x.dtype, small, integerPower)];
}

export const pow: OpFamily = {
  id: 'pow',
  types: ['Pow'],
  shape: (s) => [{ dtype: inputAt(s, 0).dtype, shape: pairShape(s) }],
  evaluate: power,
  quantizer: 'own',
};

/** Left to right in float64, rounded once at the end. */
function fold(f: FloatInput): Tensor[] {
  const inputs = f.inputs.map((_, i) => tensorAt(f, i));
  const first = tensorAt(f, 0);
  const { op } = f.node;
  if (inputs.length === 1) return [first];
  if (op === 'Min' || op === 'Max') {
    const [number, big]: [OfNumbers, OfBigs] = op === 'Min' ? [Math.min, (a, b) => (b < a ? b : a)] : [Math.max, (a, b) => (b > a ? b : a)];
    return [inputs.reduce((a, b) => combine(f.node, a, b, first.dtype, number, big))];
  }
  const shape = broadcastShape(
    f.node,
    inputs.map((t) => t.shape),
  );
  const sums = inputs.reduce<Tensor>(
    (a, b) =>
      combine(
        f.node,
        a,
        b,
        'float64',
        (u, v) => u + v,
        (u, v) => Number(u + v),
      ),
    { dtype: 'float64', shape, data: new Float64Array(shape.reduce((a, b) => a * b, 1)) },
  );
  const total = numbersOf(sums);
  return [fromNumbers(first.dtype, shape, op === 'Mean' ? mapNumbers(total, (v) => v / inputs.length) : total)];
}

export const variadic: OpFamily = {
  id: 'variadic',
  types: ['Min', 'Max', 'Sum', 'Mean'],
  shape: (s) => [
    {
      dtype: inputAt(s, 0).dtype,
      shape: broadcastShape(
        s.node,
        s.inputs.map((_, i) => inputAt(s, i).shape),
      ),
    },
  ],
  evaluate: fold,
  quantizer: 'own',
};
