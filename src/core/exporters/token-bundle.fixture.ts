/**
 * A small network whose layers take their inputs token by token: two products that read one normalized tensor, one with a bias
 * and a clamp, one behind a function. Scales of tokens differ by more than a hundred. Its tensors come from the slow reading.
 */
import { createRng } from '../base/rng';
import type { Sketch } from '../integer/canonical.fixture';
import { convert, randomInputs, type Ranges } from '../integer/lawful.fixture';
import type { Decided } from '../integer/plan';
import type { IntegerModel, Rounding } from '../ir/integer-model';
import type { ValueName } from '../ir/model';
import { parseRecipe } from '../recipe/validate';
import type { BundleInput } from './bundle-input';
import { bundleInput, slowRun, withEdit } from './tiny-bundle.fixture';

const rng = createRng(41);
const some = (n: number, scale = 1): number[] => Array.from({ length: n }, () => rng.normal() * scale);
const [T, C, N] = [5, 8, 6];

export const tokenSketch: Sketch = {
  inputs: ['x'],
  outputs: ['y'],
  shapes: { x: [1, T, C], a: [1, T, N], b: [1, T, N], g: [1, T, N], y: [1, T, 3] },
  constants: {
    ...{
      wa: { shape: [C, N], data: some(C * N, 0.5) },
      wb: { shape: [C, N], data: some(C * N, 0.5) },
      bb: { shape: [N], data: some(N, 2) },
    },
    ...{ wy: { shape: [N, 3], data: some(N * 3, 0.5) }, by: { shape: [3], data: some(3, 0.3) } },
  },
  nodes: [
    { op: 'MatMul', inputs: ['x', 'wa'], outputs: ['a'] },
    { op: 'MatMul', domain: 't2c', inputs: ['x', 'wb', 'bb'], outputs: ['b'], clamp: { lo: 0, hi: Infinity, op: 'Relu' } },
    { op: 'Mul', inputs: ['a', 'b'], outputs: ['g'] },
    { op: 'MatMul', domain: 't2c', inputs: ['g', 'wy', 'by'], outputs: ['y'] },
  ],
};
export const tokenRanges: Ranges = { x: [-9, 8], a: [-15, 15], b: [0, 15], g: [-60, 60], y: [-60, 60] };
export const tokenMaxima: Decided = {
  weights: new Map(),
  steps: new Map(),
  tokens: new Map<ValueName, number[]>([
    ['x' as ValueName, [9, 0.07, 2.5, 0, 4]],
    ['g' as ValueName, [60, 11, 0.4, 3, 30]],
  ]),
};

export async function tokenModel(recipe: Readonly<Record<string, unknown>> = {}): Promise<IntegerModel> {
  const activations = { algorithm: 'minmax_token', ...(recipe['activations'] as object | undefined) };
  const { model } = await convert(tokenSketch, tokenRanges, parseRecipe({ ...recipe, activations }), tokenMaxima);
  return model;
}

export async function tokenInput(rounding: Rounding = 'half-up'): Promise<BundleInput> {
  const model = await tokenModel({ arithmetic: { rounding } });
  const x = randomInputs(model, createRng(6)).get('x');
  return bundleInput(model, slowRun(model, { x: Array.from(x?.data as ArrayLike<number>, BigInt) }));
}

type Files = ReadonlyMap<string, Uint8Array>;

/** Each must be found by every checker. Hashes and extrema are mended. */
export const tokenFaults: readonly { readonly name: string; readonly plant: (files: Files) => Files }[] = [
  { name: 'one row factor', plant: (f) => withEdit(f, 'params/matmul1_rowMul.npy', (d) => (d[2] = (d[2] as number) + 500)) },
  { name: 'one multiplier of a token', plant: (f) => withEdit(f, 'params/x.tokens8_mul.npy', (d) => (d[0] = (d[0] as number) - 900)) },
  {
    name: 'a shift 128 too large, which a processor takes for the right one',
    plant: (f) => withEdit(f, 'params/x.tokens8_shift.npy', (d) => (d[0] = (d[0] as number) + 128)),
  },
  {
    name: 'one integer after the tokens got their scales',
    plant: (f) => withEdit(f, 'tensors/x.tokens8_yq.npy', (d) => (d[3] = (d[3] as number) ^ 1)),
  },
];
