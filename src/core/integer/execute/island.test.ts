import { expect, test } from 'vitest';
import { StudioError } from '../../base/errors';
import type { FloatIsland, IntegerModel, QuantInfo } from '../../ir/integer-model';
import type { Node, NodeId, ValueName } from '../../ir/model';
import { executeIsland } from './island';

const name = (s: string): ValueName => s as ValueName;
const grid: QuantInfo = { bits: 8, signed: true, scale: Float32Array.of(0.5), axis: undefined, zeroPoint: 0, lo: -128, hi: 127 };

function run(op: string, x: readonly number[]): number[] {
  const source: Node = { id: 'n' as NodeId, op, domain: '', inputs: [name('x')], outputs: [name('y')], attrs: {}, sources: ['n'] };
  const island: FloatIsland = { node: 'n', op, reason: 'a test', output: 'y', before: 0, source, opset: 13, operands: ['x'] };
  const value = (v: string) => ({ name: v, dtype: 'int8', shape: [x.length], quant: grid }) as const;
  const model: IntegerModel = {
    arithmetic: { rounding: 'half-up', multiplier: { kind: 'normalized', bits: 16 } },
    inputs: ['x'],
    outputs: ['y'],
    values: new Map([value('x'), value('y')].map((v) => [v.name, v])),
    constants: new Map(),
    ops: [],
    islands: [island],
  };
  const tensor = { dtype: 'int8', shape: [x.length], data: Int8Array.from(x) } as const;
  return Array.from<number | bigint, number>(executeIsland(island, new Map([['x', tensor]]), model).data, Number);
}

test('infinities become the ends of the range, as ONNX QuantizeLinear has it', () => {
  expect(run('Reciprocal', [0, 2, -4])).toEqual([127, 2, -1]);
  expect(run('Log', [0, 2])).toEqual([-128, 0]);
});

test('NaN is refused by the name of node and tensor', () => {
  let error: unknown;
  try {
    run('Log', [2, -2]);
  } catch (e) {
    error = e;
  }
  if (!(error instanceof StudioError)) throw new Error('nothing was refused');
  expect([error.code, error.fields.where]).toEqual(['not-finite', { node: 'n', op: 'Log', value: 'y' }]);
});
