/**
 * Elementwise functions of one tensor in float64, from our own deterministic exp, log, erf and tanh: the
 * entries of lookup tables. Definitions after the ONNX operators of the same name.
 */
import { erf, exp, expm1, log, log1p, sigmoid, tanh } from '../../base/math';
import { roundHalfEven } from '../../base/fixed-point';
import type { Node } from '../../ir/model';
import { floatAttr, stringAttr } from '../family';

type Scalar = (x: number) => number;

const softplus: Scalar = (x) => (x > 0 ? x + log1p(exp(-x)) : log1p(exp(x)));
const hardSigmoid = (x: number, alpha: number, beta: number): number => Math.max(0, Math.min(1, alpha * x + beta));
/** x * Phi(x). */
const gelu: Scalar = (x) => 0.5 * x * (1 + erf(x * Math.SQRT1_2));
/** Hendrycks and Gimpel 2016, the tanh form. */
const geluTanh: Scalar = (x) => 0.5 * x * (1 + tanh(0.7978845608028654 * (x + 0.044715 * x * x * x)));

/** Operator types of `scalarFunction`. */
export const functionTypes: readonly string[] = [
  ...['Sigmoid', 'Tanh', 'Erf', 'Exp', 'Log', 'Sqrt', 'Abs', 'Neg', 'Floor', 'Ceil', 'Round', 'Reciprocal'],
  ...['Softplus', 'Softsign', 'Mish', 'Silu', 'Swish', 'Gelu', 'HardSigmoid', 'HardSwish'],
  ...['LeakyRelu', 'ThresholdedRelu', 'Elu', 'Celu', 'Selu'],
];

/** The function that a node applies to each element of its first input; undefined where it is none of these. */
export function scalarFunction(node: Node): Scalar | undefined {
  const alpha = (fallback: number): number => floatAttr(node, 'alpha', fallback);
  switch (node.op) {
    case 'Sigmoid':
      return sigmoid;
    case 'Tanh':
      return tanh;
    case 'Erf':
      return erf;
    case 'Exp':
      return exp;
    case 'Log':
      return log;
    case 'Sqrt':
      return Math.sqrt;
    case 'Abs':
      return Math.abs;
    case 'Neg':
      return (x) => 0 - x;
    case 'Floor':
      return Math.floor;
    case 'Ceil':
      return Math.ceil;
    case 'Round':
      return roundHalfEven;
    case 'Reciprocal':
      return (x) => 1 / x;
    case 'Softplus':
      return softplus;
    case 'Softsign':
      return (x) => x / (1 + Math.abs(x));
    case 'Mish':
      return (x) => x * tanh(softplus(x));
    case 'Silu':
    case 'Swish': {
      const a = alpha(1);
      return (x) => x * sigmoid(a * x);
    }
    case 'Gelu':
      return stringAttr(node, 'approximate', 'none') === 'tanh' ? geluTanh : gelu;
    case 'HardSigmoid': {
      const [a, b] = [alpha(0.2), floatAttr(node, 'beta', 0.5)];
      return (x) => hardSigmoid(x, a, b);
    }
    case 'HardSwish':
      return (x) => x * hardSigmoid(x, 1 / 6, 0.5);
    case 'LeakyRelu': {
      const a = alpha(0.01);
      return (x) => (x < 0 ? a * x : x);
    }
    case 'ThresholdedRelu': {
      const a = alpha(1);
      return (x) => (x > a ? x : 0);
    }
    case 'Elu': {
      const a = alpha(1);
      return (x) => (x < 0 ? a * expm1(x) : x);
    }
    case 'Celu': {
      const a = alpha(1);
      return (x) => Math.max(0, x) + Math.min(0, a * expm1(x / a));
    }
    case 'Selu': {
      const [a, g] = [alpha(1.6732632423543772), floatAttr(node, 'gamma', 1.0507009873554805)];
      return (x) => g * (x < 0 ? a * expm1(x) : x);
    }
    default:
      return undefined;
  }
}
