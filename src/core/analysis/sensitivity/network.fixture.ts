/** A small network for tests of sweeps: convolutions with a residual sum, a product of two activations, a float island, a classifier. */
import { createRng } from '../../base/rng';
import type { Calibration, Sample } from '../../calibrate/types';
import { calibrationOf, canonicalModel, type Sketch } from '../../integer/canonical.fixture';
import type { CanonicalModel } from '../../ir/model';
import { defaultRecipe, type Recipe } from '../../recipe/recipe';
import type { SweepSample } from './sweep';

const rng = createRng(7);
const random = (length: number): Float32Array => Float32Array.from({ length }, () => rng.uniform() * 2 - 1);

const sketch: Sketch = {
  inputs: ['x'],
  outputs: ['y'],
  shapes: {
    x: [1, 2, 6, 6],
    a: [1, 4, 6, 6],
    b: [1, 4, 6, 6],
    s: [1, 4, 6, 6],
    h: [1, 4, 6, 6],
    p: [1, 4, 6, 6],
    f: [1, 144],
    y: [1, 5],
  },
  constants: {
    w0: { shape: [4, 2, 3, 3], data: random(72) },
    w1: { shape: [4, 4, 3, 3], data: random(144) },
    w2: { shape: [144, 5], data: random(720) },
  },
  nodes: [
    { op: 'Conv', inputs: ['x', 'w0'], outputs: ['a'], attrs: { pads: [1, 1, 1, 1] } },
    { op: 'Conv', inputs: ['a', 'w1'], outputs: ['b'], attrs: { pads: [1, 1, 1, 1] } },
    { op: 'Add', inputs: ['a', 'b'], outputs: ['s'] },
    { op: 'Cos', inputs: ['s'], outputs: ['h'] },
    { op: 'MatMul', inputs: ['h', 's'], outputs: ['p'] },
    { op: 'Flatten', inputs: ['p'], outputs: ['f'] },
    { op: 'MatMul', inputs: ['f', 'w2'], outputs: ['y'] },
  ],
};

export const network: CanonicalModel = canonicalModel(sketch);
export const ranges: Calibration = calibrationOf({
  x: [-1, 1],
  a: [-6, 6],
  b: [-20, 20],
  s: [-20, 20],
  h: [-1, 1],
  p: [-60, 60],
  f: [-60, 60],
  y: [-300, 300],
});
/** One layer runs in float. */
export const recipe: Recipe = { ...defaultRecipe, layers: [{ match: 'cos3', keep: 'float' }] };

export function inputsOf(seed: number): Sample {
  const r = createRng(seed);
  const data = Float32Array.from({ length: 72 }, () => r.uniform() * 2 - 1);
  return { id: String(seed), inputs: new Map([['x', { dtype: 'float32', shape: [1, 2, 6, 6], data }]]), label: undefined };
}

/** The logits are what a test makes them. */
export const sampleOf = (index: number, logits: Float32Array): SweepSample => ({ index, sample: inputsOf(index + 1), logits });
