import { expect, test } from 'vitest';
import type { IntegerModel, SoftmaxOp } from '../ir/integer-model';
import { parseRecipe } from '../recipe/validate';
import type { Sketch } from './canonical.fixture';
import { execute } from './execute';
import { convert } from './lawful.fixture';
import { softmaxWarnings } from './softmax-report';
import { quietContext } from '../base/context';

const flat = (row: number, more: Partial<Sketch> = {}, inputs: readonly string[] = ['x']): Sketch => ({
  inputs: ['x'],
  outputs: ['y'],
  shapes: { x: [1, 2, row], y: [1, 2, row] },
  nodes: [{ op: 'Softmax', domain: 't2c', inputs, outputs: ['y'] }],
  ...more,
});

async function warningsOf(model: IntegerModel, mask?: readonly number[]) {
  const op = model.ops.find((o): o is SoftmaxOp => o.kind === 'softmax') as SoftmaxOp;
  const x = model.values.get('x');
  if (!x) throw new Error('x');
  const inputs = new Map([['x', { dtype: 'uint8' as const, shape: x.shape, data: new Uint8Array(x.shape.reduce((a, b) => a * b, 1)) }]]);
  if (mask) inputs.set('m', { dtype: 'uint8', shape: [1, 2, mask.length / 2], data: Uint8Array.from(mask) });
  const all = await execute(model, inputs, { keep: 'all' }, quietContext());
  return softmaxWarnings(op, all, model);
}

test('a flat row of 8-bit probabilities that loses its mass is a warning, with 16 bits it is none', async () => {
  const of = async (bits: string) =>
    warningsOf((await convert(flat(511), { x: [0, 5] }, parseRecipe({ nonlinear: { probabilityBits: bits } }))).model);
  expect(await of('8')).toMatchObject([{ code: 'row-sum', node: 'softmax0', message: expect.stringMatching(/within 100\.0 %/) as string }]);
  expect(await of('16')).toEqual([]);
});

test('rows that a mask of the sample leaves nothing of are counted', async () => {
  const { model } = await convert(
    flat(2, { inputs: ['x', 'm'], whole: ['m'], shapes: { x: [1, 2, 2], m: [1, 2, 2], y: [1, 2, 2] } }, ['x', 'm']),
    { x: [0, 5] },
  );
  expect(await warningsOf(model, [0, 1, 1, 1])).toMatchObject([
    { code: 'fully-masked-rows', message: expect.stringMatching(/1 of 2 rows/) as string },
  ]);
  expect(await warningsOf(model, [0, 1, 0, 0])).toEqual([]);
});
