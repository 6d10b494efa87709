import { expect, test } from 'vitest';
import type { AttrValue, Node, NodeId } from '../../ir/model';
import { functionTypes, scalarFunction } from './functions';
import { integerRuleOf } from './rules';

const node = (op: string, attrs: Record<string, AttrValue> = {}): Node => ({
  id: 'n' as NodeId,
  op,
  domain: '',
  inputs: [],
  outputs: [],
  attrs,
  sources: [],
});
const float = (value: number): AttrValue => ({ type: 'float', value });

test('every listed function is there, finite where it should be, and has a rule', () => {
  for (const type of functionTypes) {
    const f = scalarFunction(node(type));
    expect(f, type).toBeDefined();
    expect(Number.isFinite(f?.(0.75)), type).toBe(true);
    expect(integerRuleOf(type, ''), type).toBeDefined();
  }
  expect(scalarFunction(node('Softmax'))).toBeUndefined();
  expect(integerRuleOf('Sigmoid', 'my.domain')).toBeUndefined();
});

test('functions with parameters follow their ONNX definitions', () => {
  const definitions: readonly [Node, (x: number) => number][] = [
    [node('Sigmoid'), (x) => 1 / (1 + Math.exp(-x))],
    [node('Softplus'), (x) => Math.log(1 + Math.exp(x))],
    [node('Mish'), (x) => x * Math.tanh(Math.log(1 + Math.exp(x)))],
    [
      node('Gelu', { approximate: { type: 'string', value: 'tanh' } }),
      (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
    ],
    [node('HardSigmoid'), (x) => Math.max(0, Math.min(1, 0.2 * x + 0.5))],
    [node('HardSigmoid', { alpha: float(0.3), beta: float(0.4) }), (x) => Math.max(0, Math.min(1, 0.3 * x + 0.4))],
    [node('HardSwish'), (x) => x * Math.max(0, Math.min(1, x / 6 + 0.5))],
    [node('LeakyRelu', { alpha: float(0.2) }), (x) => (x < 0 ? 0.2 * x : x)],
    [node('Elu', { alpha: float(2) }), (x) => (x < 0 ? 2 * (Math.exp(x) - 1) : x)],
    [node('Celu', { alpha: float(2) }), (x) => Math.max(0, x) + Math.min(0, 2 * (Math.exp(x / 2) - 1))],
    [node('Selu'), (x) => 1.0507009873554805 * (x < 0 ? 1.6732632423543772 * (Math.exp(x) - 1) : x)],
    [node('ThresholdedRelu'), (x) => (x > 1 ? x : 0)],
    [node('Softsign'), (x) => x / (1 + Math.abs(x))],
    [node('Silu'), (x) => x / (1 + Math.exp(-x))],
  ];
  for (const [n, want] of definitions) {
    const f = scalarFunction(n);
    for (let x = -8; x <= 8; x += 0.37) expect(Math.abs((f?.(x) ?? NaN) - want(x)), `${n.op}(${x})`).toBeLessThan(1e-13);
  }
});

test('Gelu has the values of its definition x * Phi(x)', () => {
  const gelu = scalarFunction(node('Gelu'));
  // from Python: 0.5 * x * (1 + math.erf(x / math.sqrt(2)))
  for (const [x, want] of [
    [-3, -0.00404969409489031],
    [-1, -0.15865525393145707],
    [0.5, 0.34573123063700656],
    [2, 1.9544997361036416],
  ] as const) {
    expect(Math.abs((gelu?.(x) ?? NaN) - want)).toBeLessThan(1e-15);
  }
});
