/**
 * A small network with every op that requantizes an accumulator, and the requantization profiles that tests put it through.
 * Its tensors come from the slow BigInt reading, its bundle from the exporter.
 */
import { createRng } from '../base/rng';
import type { Sketch } from '../integer/canonical.fixture';
import { convert, randomInputs, type Ranges } from '../integer/lawful.fixture';
import type { IntegerModel } from '../ir/integer-model';
import { parseRecipe } from '../recipe/validate';
import type { BundleInput } from './bundle-input';
import { bundleInput, slowRun } from './tiny-bundle.fixture';

const rng = createRng(21);
const normals = (n: number, scale = 1): number[] => Array.from({ length: n }, () => Math.fround(rng.normal() * scale));
const relu = { lo: 0, hi: Infinity, op: 'Relu' };

export const profileSketch: Sketch = {
  nodes: [
    { op: 'Conv', inputs: ['x', 'w1', 'b1'], outputs: ['a'], attrs: { pads: [1, 1, 1, 1] }, clamp: relu },
    { op: 'Conv', inputs: ['a', 'w2'], outputs: ['b'], attrs: { pads: [1, 1, 1, 1], group: 4 } },
    { op: 'Add', inputs: ['b', 'a'], outputs: ['s'] },
    { op: 'AveragePool', inputs: ['s'], outputs: ['v'], attrs: { kernel_shape: [3, 3], pads: [1, 1, 1, 1] } },
    { op: 'Mul', inputs: ['v', 'a'], outputs: ['m'] },
    { op: 'ReduceMean', inputs: ['m'], outputs: ['g'], attrs: { axes: [2], keepdims: 0 } },
    { op: 'MatMul', inputs: ['g', 'fw'], outputs: ['f'] },
    { op: 'Transpose', inputs: ['f'], outputs: ['t'], attrs: { perm: [0, 2, 1] } },
    { op: 'MatMul', inputs: ['f', 't'], outputs: ['y'] },
  ],
  inputs: ['x'],
  outputs: ['y'],
  shapes: {
    ...{ x: [1, 3, 5, 6], a: [1, 4, 5, 6], b: [1, 4, 5, 6], s: [1, 4, 5, 6], v: [1, 4, 5, 6], m: [1, 4, 5, 6] },
    ...{ g: [1, 4, 6], f: [1, 4, 5], t: [1, 5, 4], y: [1, 4, 4] },
  },
  constants: {
    w1: { shape: [4, 3, 3, 3], data: normals(108, 0.3).map((v, i) => v * [1, 0.3, 3, 0.05][Math.floor(i / 27)]!) },
    b1: { shape: [4], data: normals(4) },
    w2: { shape: [4, 1, 3, 3], data: normals(36, 0.3) },
    fw: { shape: [6, 5], data: normals(30) },
  },
};
export const profileRanges: Ranges = {
  x: [-1, 2],
  a: [0, 6],
  b: [-4, 5],
  s: [-4, 9],
  v: [-4, 9],
  m: [-9, 30],
  g: [-3, 12],
  f: [-20, 20],
  y: [-90, 300],
};

/** Every style, rounding, register and shift; the first seven keep the dual-path law. */
export const profiles: readonly Readonly<Record<string, unknown>>[] = [
  { multiplier: { kind: 'tflite' } },
  { multiplier: { kind: 'tflite' }, rounding: 'half-up' },
  { multiplier: { kind: 'tflite' }, shift: 'layer' },
  { multiplier: { kind: 'normalized', bits: 24 }, shift: 'layer', rounding: 'half-even' },
  { multiplier: { kind: 'normalized', bits: 31 }, rounding: 'half-away', accumulator: { bits: 32, overflow: 'saturate' } },
  { multiplier: { kind: 'qformat', swl: 32, sfl: 26 }, rounding: 'floor', accumulator: { bits: 24, overflow: 'wrap' } },
  { multiplier: { kind: 'normalized' }, accumulator: { bits: 20, overflow: 'saturate' } },
  { multiplier: { kind: 'normalized' }, accumulator: { bits: 14, overflow: 'wrap' } },
  { multiplier: { kind: 'normalized', bits: 8 }, accumulator: { bits: 14, overflow: 'saturate' }, shift: 'layer' },
  { multiplier: { kind: 'pow2' }, accumulator: { bits: 12, overflow: 'wrap' } },
  { multiplier: { kind: 'tflite' }, accumulator: { bits: 13, overflow: 'saturate' }, rounding: 'floor' },
];
export const LAWFUL = 7;

export async function profileModel(arithmetic: unknown, more: object = {}): Promise<IntegerModel> {
  return (await convert(profileSketch, profileRanges, parseRecipe({ arithmetic, ...more }))).model;
}

/** Its bundle, with the tensors of the slow reading. */
export async function profileInput(arithmetic: unknown, more: object = {}): Promise<BundleInput> {
  const model = await profileModel(arithmetic, more);
  const inputs = [...randomInputs(model, createRng(4))].map(
    ([name, t]) => [name, Array.from(t.data as ArrayLike<number>, BigInt)] as const,
  );
  return bundleInput(model, slowRun(model, Object.fromEntries(inputs)));
}
