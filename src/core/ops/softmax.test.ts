import { expect, test } from 'vitest';
import type { Node, NodeId, ValueName } from '../ir/model';
import type { Tensor } from '../ir/tensor';
import { softmax } from './softmax';

/** `t2c:Softmax` of x [2, 3] along an axis. */
function masked(x: readonly number[], mask: Tensor, attrs: { readonly keep?: number; readonly axis?: number } = {}): number[] {
  const node: Node = {
    id: 'n' as NodeId,
    op: 'Softmax',
    domain: 't2c',
    inputs: ['x' as ValueName, 'm' as ValueName],
    outputs: ['y' as ValueName],
    attrs: Object.fromEntries(Object.entries(attrs).map(([k, value]) => [k, { type: 'int', value }])),
    sources: ['n'],
  };
  const shape = [2, 3];
  const inputs: Tensor[] = [{ dtype: 'float32', shape, data: Float32Array.from(x) }, mask];
  const outputs = softmax.shape({ node, opset: 11, inputs, constant: (i) => inputs[i] });
  return [...(softmax.evaluate?.({ node, opset: 11, inputs, outputs })[0]?.data as Float32Array)];
}

test('what is masked has no part, whichever way the mask is written and broadcast', () => {
  const x = [1, 50, 1, 2, 3, -40];
  const half = [0.5, 0, 0.5, Math.fround(1 / (1 + Math.exp(-42))), 0, 0];
  const drop: Tensor = { dtype: 'bool', shape: [3], data: Uint8Array.of(0, 1, 0) };
  const keep: Tensor = { dtype: 'int64', shape: [1, 3], data: BigInt64Array.of(1n, 0n, 1n) };
  for (const y of [masked(x, drop), masked(x, keep, { keep: 1 })]) {
    [0, 1, 2, 3, 4].forEach((i) => expect(y[i]).toBeCloseTo(half[i] as number, 6));
    expect(y[1]).toBe(0);
  }
  const columns: Tensor = { dtype: 'uint8', shape: [2, 1], data: Uint8Array.of(0, 1) };
  expect(masked(x, columns, { axis: 0 })).toEqual([1, 1, 1, 0, 0, 0]);
});

test('a row that is masked altogether is 0', () => {
  const mask: Tensor = { dtype: 'float32', shape: [2, 3], data: Float32Array.of(1, 1, 1, 0, 0, 0) };
  const y = masked([1, 2, 3, 4, 4, 4], mask);
  expect(y.slice(0, 3)).toEqual([0, 0, 0]);
  expect(y[3]).toBeCloseTo(1 / 3, 6);
});

test('a mask that does not broadcast to the scores is refused', () => {
  const mask: Tensor = { dtype: 'uint8', shape: [2], data: new Uint8Array(2) };
  expect(() => masked([1, 2, 3, 4, 5, 6], mask)).toThrow(/broadcast/);
});
