import { expect, test } from 'vitest';
import { quietContext } from '../base/context';
import { createRng } from '../base/rng';
import { parseLayerFlag } from '../recipe/layer-flag';
import { defaultRecipe, type LayerOverride } from '../recipe/recipe';
import type { Sketch } from './canonical.fixture';
import { execute } from './execute';
import { convert, randomInputs, runLawfully, type Ranges } from './lawful.fixture';

/** Scores of 80 elements: 16-bit probabilities, which only the bound of their sum lets into the product. */
const attention: Sketch = {
  inputs: ['s', 'v', 'mask'],
  outputs: ['y'],
  whole: ['mask'],
  shapes: { s: [2, 8, 80], v: [2, 80, 4], mask: [1, 1, 80], p: [2, 8, 80], y: [2, 8, 4], c: [2, 16, 4] },
  nodes: [
    { op: 'Softmax', domain: 't2c', inputs: ['s', 'mask'], outputs: ['p'], attrs: { keep: 1 } },
    { op: 'MatMul', inputs: ['p', 'v'], outputs: ['y'] },
  ],
};
const ranges: Ranges = { s: [-6, 6], v: [-2, 2], y: [-1, 1] };
const keep = (match: string): LayerOverride => ({ match, keep: 'float' });

test('a softmax in float has the quantizer of its integer form, and its rows may enter the product with 16 bits', async () => {
  const { model: integer } = await convert(attention, ranges);
  const { model, warnings } = await convert(attention, ranges, { ...defaultRecipe, layers: [keep('softmax*')] });
  expect(warnings).toEqual([]);
  expect(model.islands).toMatchObject([
    { op: 'Softmax', output: 'p', reason: 'kept in float by the recipe', operands: ['s', 'mask'], whole: { mask: 'int64' } },
  ]);
  expect(model.values.get('p')?.quant).toEqual(integer.values.get('p')?.quant);
  expect(model.values.get('p')?.quant?.bits).toBe(16);
  const mask = Int32Array.from({ length: 80 }, (_, i) => Number(i < 60));
  const inputs = randomInputs(model, createRng(4));
  inputs.set('mask', { dtype: 'int32', shape: [1, 1, 80], data: mask });
  const kept = await runLawfully(model, 4, inputs);
  inputs.set('mask', { dtype: 'uint8', shape: [1, 1, 80], data: Uint8Array.from(mask) });
  const exact = await execute(integer, inputs, { keep: 'all' }, quietContext());
  const [a, b] = [kept.get('p')?.data as Uint16Array, exact.get('p')?.data as Uint16Array];
  a.forEach((p, i) => {
    expect(Math.abs(p - (b[i] as number))).toBeLessThanOrEqual(2);
    if (i % 80 >= 60) expect(p).toBe(0);
  });
});

test('what is fused into a layer is computed with it', async () => {
  const sketch: Sketch = {
    inputs: ['x'],
    outputs: ['y'],
    shapes: { x: [1, 4], y: [1, 4] },
    constants: { w: { shape: [4, 4], data: Float32Array.from({ length: 16 }, (_, i) => (i % 5 === 0 ? 1 : 0)) } },
    nodes: [{ op: 'MatMul', inputs: ['x', 'w'], outputs: ['y'], clamp: { lo: 0, hi: 6, op: 'Clip' } }],
  };
  const { model } = await convert(sketch, { x: [-8, 8], y: [-8, 8] }, { ...defaultRecipe, layers: [keep('*')], outputBits: 8 });
  expect(model.ops).toEqual([]);
  const inputs = randomInputs(model, createRng(1));
  const q = model.values.get('y')?.quant;
  const y = (await execute(model, inputs, { keep: 'all' }, quietContext())).get('y')?.data as Uint8Array;
  const zero = q?.zeroPoint ?? NaN;
  const six = zero + Math.round(6 / (q?.scale[0] ?? NaN));
  expect(Array.from(y.slice(0, 2))).toEqual([zero, six]);
});

test('operators that only move integers stay; a rule that keeps nothing is said, and a later rule takes layers back', async () => {
  const sketch: Sketch = {
    inputs: ['x'],
    outputs: ['y'],
    shapes: { x: [1, 4], r: [4], a: [4], y: [4] },
    nodes: [
      { op: 'Flatten', inputs: ['x'], outputs: ['r'] },
      { op: 'Sigmoid', inputs: ['r'], outputs: ['a'] },
      { op: 'Tanh', inputs: ['a'], outputs: ['y'] },
    ],
  };
  const of = (layers: LayerOverride[]) => convert(sketch, { x: [-2, 2], a: [0, 1], y: [0, 1] }, { ...defaultRecipe, layers });
  expect((await of([keep('*'), { match: 'tanh*', keep: 'integer' }])).model.islands.map((i) => i.op)).toEqual(['Sigmoid']);
  const moved = await of([keep('flatten0')]);
  expect(moved.model.islands).toEqual([]);
  expect(moved.warnings).toMatchObject([{ code: 'unused-override', message: expect.stringMatching(/flatten0/) as string }]);
});

test('the flag of the command line keeps layers too', () => {
  expect(parseLayerFlag('blocks.*.softmax:keep=float')).toEqual({ match: 'blocks.*.softmax', keep: 'float' });
  expect(() => parseLayerFlag('fc:keep=half')).toThrow(/keep \(float or integer\)/);
});
