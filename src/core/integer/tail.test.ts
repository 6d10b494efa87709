import { describe, expect, test } from 'vitest';
import { inputsOf, network, ranges, recipe } from '../analysis/sensitivity/network.fixture';
import { quietContext } from '../base/context';
import type { IntegerModel } from '../ir/integer-model';
import { withWidths, type LayerWidths } from '../recipe/bit-widths';
import { execute } from './execute';
import { lower } from './lower';
import { planQuantization } from './make-plan';
import { quantizeInputs } from './quantize-inputs';
import { firstChange, tailInputs, tailOf } from './tail';

async function made(widths: Readonly<Record<string, LayerWidths>>): Promise<IntegerModel> {
  const other = withWidths(recipe, new Map(Object.entries(widths)));
  return lower(network, await planQuantization(network, ranges, other, quietContext()), other, quietContext());
}

const sample = inputsOf(3);

describe('of two models that begin alike', () => {
  test.each([
    ['the last layer', { matmul6: { weightBits: 3 } }],
    ['a layer in the middle', { conv1: { weightBits: 2 } }],
    ['activations before an island', { matmul4: { activationBits: 3 } }],
    ['the first layer', { conv0: { weightBits: 4 } }],
    ['the input', { conv0: { activationBits: 4 } }],
    ['nothing', {}],
  ] as const)('only what comes after a change of %s is run, with the same outputs', async (_, widths) => {
    const base = await made({});
    const other = await made(widths);
    const from = firstChange(base, other);
    const tail = tailOf(other, from);
    expect(tail.ops.length).toBe(other.ops.length - from);
    const before = await execute(base, quantizeInputs(base, sample), { keep: 'all' }, quietContext());
    const inputs = tailInputs(tail, new Map([...before, ...quantizeInputs(other, sample)]));
    if (!inputs) throw new Error('inputs');
    const short = await execute(tail, inputs, { keep: 'outputs' }, quietContext());
    const long = await execute(other, quantizeInputs(other, sample), { keep: 'outputs' }, quietContext());
    expect(short.get('y')).toEqual(long.get('y'));
  });

  test('the later the change the shorter the tail', async () => {
    const base = await made({});
    expect(base.islands.length).toBe(1);
    const at = async (widths: Readonly<Record<string, LayerWidths>>) => firstChange(base, await made(widths));
    const places = [
      await at({ conv0: { activationBits: 4 } }),
      await at({ conv1: { weightBits: 2 } }),
      await at({ matmul6: { weightBits: 3 } }),
      await at({}),
    ];
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(places[0]).toBe(0);
    expect(places[3]).toBe(base.ops.length);
    expect(new Set(places).size).toBe(4);
  });

  test('every change of a constant is seen', async () => {
    const base = await made({});
    for (const [name, constant] of base.constants) {
      const data = constant.data.slice();
      if (data instanceof BigInt64Array || data.length === 0) continue;
      data[data.length - 1] = (data[data.length - 1] ?? 0) ^ 1;
      const other = { ...base, constants: new Map([...base.constants, [name, { ...constant, data }]]) };
      expect(firstChange(base, other), name).toBeLessThan(base.ops.length);
    }
  });
});

test('a tail whose inputs are not all there cannot be given them', async () => {
  expect(tailInputs(tailOf(await made({}), 2), new Map())).toBeUndefined();
});
