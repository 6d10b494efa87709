import { expect, test } from 'vitest';
import { defaultRecipe } from '../recipe/recipe';
import { resolveLayer } from '../recipe/resolve';
import { canonicalModel } from './canonical.fixture';
import { convert } from './lawful.fixture';
import { recipeFor } from './recipe-for';

const weight = { shape: [2, 2], data: [1, -0.5, 0.25, 1] };
const sketch = {
  nodes: [
    { op: 'Relu', inputs: ['x'], outputs: ['r'] },
    { op: 'MatMul', inputs: ['r', 'w'], outputs: ['a'] },
    { op: 'MatMul', inputs: ['a', 'w'], outputs: ['b'] },
    { op: 'MatMul', inputs: ['b', 'w'], outputs: ['c'] },
    { op: 'Sigmoid', inputs: ['c'], outputs: ['y'] },
  ],
  inputs: ['x'],
  outputs: ['y'],
  shapes: { x: [1, 2], r: [1, 2], a: [1, 2], b: [1, 2], c: [1, 2], y: [1, 2] },
  constants: { w: weight },
};
const four = {
  ...defaultRecipe,
  weights: { ...defaultRecipe.weights, bits: 4 },
  activations: { ...defaultRecipe.activations, bits: 4 },
};

test('the first and the last layer keep 8 bits when asked for, through operators before and behind them', async () => {
  const recipe = recipeFor(canonicalModel(sketch), { ...four, edges8: true });
  const bits = ['matmul1', 'matmul2', 'matmul3'].map((stem) => resolveLayer(recipe, stem).weights.bits);
  expect(bits).toEqual([8, 4, 8]);
  const ranges = { x: [-1, 1], r: [0, 1], a: [-1, 1], b: [-1, 1], c: [-1, 1], y: [0, 1] } as const;
  const { model } = await convert(sketch, ranges, { ...four, edges8: true });
  const weights = model.ops.map((op) =>
    'weight' in op && op.weight !== undefined ? model.constants.get(op.weight)?.quant?.bits : undefined,
  );
  expect(weights.filter((b) => b !== undefined)).toEqual([8, 4, 8]);
  expect(model.values.get('r')?.quant?.bits).toBe(8);
  expect(model.values.get('b')?.quant?.bits).toBe(8);
});

test('an override that names such a layer wins; without the switch nothing changes', () => {
  const c = canonicalModel(sketch);
  const named = recipeFor(c, { ...four, edges8: true, layers: [{ match: 'matmul1', weightBits: 5 }] });
  expect(resolveLayer(named, 'matmul1')).toMatchObject({ weights: { bits: 5 }, activations: { bits: 8 } });
  expect(recipeFor(c, four)).toBe(four);
});
