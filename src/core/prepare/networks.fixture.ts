/** Small random networks for the tests of the preparing stage, and their calibration by own float rules. */
import { createRng } from '../base/rng';
import { calibrate } from '../calibrate/run';
import { observedValues } from '../calibrate/observed-values';
import type { CalibrationShard, SampleSource } from '../calibrate/types';
import { quietContext } from '../base/context';
import { canonicalModel, type Sketch } from '../integer/canonical.fixture';
import type { CanonicalModel } from '../ir/model';
import { sizeOf } from '../ir/tensor';
import { runFloat } from './float-runner.fixture';

const rng = createRng(77);
const relu = { lo: 0, hi: Infinity, op: 'Relu' };
type Constant = { shape: readonly number[]; data: Float32Array };

/** Normal numbers; channel c along `axis` is larger by 2^(c % 5) where `uneven`. */
function weight(shape: readonly number[], uneven = false): Constant {
  const inner = sizeOf(shape.slice(1));
  return {
    shape,
    data: Float32Array.from({ length: sizeOf(shape) }, (_, i) => rng.normal() * 0.4 * (uneven ? 2 ** (Math.floor(i / inner) % 5) / 4 : 1)),
  };
}

/** Conv, depthwise, pointwise, a residual sum, pooling, Gemm. */
export function convNet(): CanonicalModel {
  const sketch: Sketch = {
    nodes: [
      { op: 'Conv', inputs: ['x', 'w0', 'b0'], outputs: ['a'], attrs: { pads: [1, 1, 1, 1] }, clamp: relu },
      { op: 'Conv', inputs: ['a', 'w1', 'b1'], outputs: ['b'], attrs: { pads: [1, 1, 1, 1], group: 6, strides: [2, 2] }, clamp: relu },
      { op: 'Conv', inputs: ['b', 'w2'], outputs: ['c'], clamp: relu },
      { op: 'Conv', inputs: ['c', 'w3', 'b3'], outputs: ['d'], attrs: { pads: [2, 2, 2, 2], dilations: [2, 2], group: 2 } },
      { op: 'Add', inputs: ['c', 'd'], outputs: ['e'], clamp: relu },
      { op: 'Conv', inputs: ['e', 'w4', 'b4'], outputs: ['f'], clamp: relu },
      { op: 'MaxPool', inputs: ['f'], outputs: ['g'], attrs: { kernel_shape: [2, 2], strides: [2, 2] } },
      { op: 'Flatten', inputs: ['g'], outputs: ['h'] },
      { op: 'Gemm', inputs: ['h', 'w5', 'b5'], outputs: ['y'], attrs: { transB: 1 } },
    ],
    inputs: ['x'],
    outputs: ['y'],
    shapes: {
      x: [1, 3, 8, 8],
      a: [1, 6, 8, 8],
      b: [1, 6, 4, 4],
      c: [1, 8, 4, 4],
      d: [1, 8, 4, 4],
      e: [1, 8, 4, 4],
      f: [1, 4, 4, 4],
      g: [1, 4, 2, 2],
      h: [1, 16],
      y: [1, 5],
    },
    constants: {
      w0: weight([6, 3, 3, 3], true),
      b0: weight([6]),
      w1: weight([6, 1, 3, 3], true),
      b1: weight([6]),
      w2: weight([8, 6, 1, 1], true),
      w3: weight([8, 4, 3, 3]),
      b3: weight([8]),
      w4: weight([4, 8, 1, 1], true),
      b4: weight([4]),
      w5: weight([5, 16]),
      b5: weight([5]),
    },
  };
  return canonicalModel(sketch);
}

/** A layer normalization with a few gammas `outlier` times the others, two products that read it, a function, a product. */
export function normNet(outlier: number): CanonicalModel {
  const channels = 32;
  const gamma = Float32Array.from({ length: channels }, (_, c) => (c % 11 === 3 ? outlier : 1) * (0.8 + 0.4 * rng.uniform()));
  const sketch: Sketch = {
    opset: 17,
    nodes: [
      { op: 'LayerNormalization', inputs: ['x', 'gamma', 'beta'], outputs: ['n'], attrs: { axis: -1 } },
      { op: 'MatMul', inputs: ['n', 'w0'], outputs: ['a'] },
      { op: 'MatMul', domain: 't2c', inputs: ['n', 'w1', 'b1'], outputs: ['b'] },
      { op: 'Add', inputs: ['a', 'b'], outputs: ['s'] },
      { op: 'Gelu', domain: 't2c', inputs: ['s'], outputs: ['g'] },
      { op: 'MatMul', inputs: ['g', 'w2'], outputs: ['y'] },
    ],
    inputs: ['x'],
    outputs: ['y'],
    shapes: { x: [1, 6, channels], n: [1, 6, channels], a: [1, 6, 24], b: [1, 6, 24], s: [1, 6, 24], g: [1, 6, 24], y: [1, 6, 10] },
    constants: {
      gamma: { shape: [channels], data: gamma },
      beta: weight([channels]),
      w0: weight([channels, 24]),
      w1: weight([channels, 24]),
      b1: weight([24]),
      w2: weight([24, 10]),
    },
  };
  return canonicalModel(sketch);
}

/** An attention block with two heads and a mask that is an input, and an MLP, both with a residual sum. */
export function attentionNet(): CanonicalModel {
  const [tokens, channels, heads] = [6, 16, 2];
  const split = { shape: [4], data: [1, tokens, heads, channels / heads], ints: true };
  const headed = [1, heads, tokens, channels / heads];
  const product = (x: string, w: string, b: string, y: string) => ({ op: 'MatMul', domain: 't2c', inputs: [x, w, b], outputs: [y] });
  const sketch: Sketch = {
    opset: 17,
    nodes: [
      { op: 'LayerNormalization', inputs: ['x', 'gamma', 'beta'], outputs: ['n'], attrs: { axis: -1 } },
      ...['q', 'k', 'v'].map((o) => product('n', `w${o}`, `b${o}`, o)),
      ...['q', 'k', 'v'].map((o) => ({ op: 'Reshape', inputs: [o, 'split'], outputs: [`${o}r`] })),
      { op: 'Transpose', inputs: ['qr'], outputs: ['qt'], attrs: { perm: [0, 2, 1, 3] } },
      { op: 'Transpose', inputs: ['kr'], outputs: ['kt'], attrs: { perm: [0, 2, 3, 1] } },
      { op: 'Transpose', inputs: ['vr'], outputs: ['vt'], attrs: { perm: [0, 2, 1, 3] } },
      { op: 'MatMul', domain: 't2c', inputs: ['qt', 'kt'], outputs: ['scores'], attrs: { alpha: '0.35' } },
      { op: 'Softmax', domain: 't2c', inputs: ['scores', 'mask'], outputs: ['p'], attrs: { axis: -1 } },
      { op: 'MatMul', inputs: ['p', 'vt'], outputs: ['o'] },
      { op: 'Transpose', inputs: ['o'], outputs: ['ot'], attrs: { perm: [0, 2, 1, 3] } },
      { op: 'Reshape', inputs: ['ot', 'join'], outputs: ['or'] },
      product('or', 'wo', 'bo', 'a'),
      { op: 'Add', inputs: ['x', 'a'], outputs: ['s'] },
      { op: 'LayerNormalization', inputs: ['s', 'gamma', 'beta'], outputs: ['m'], attrs: { axis: -1 } },
      product('m', 'w1', 'b1', 'f'),
      { op: 'Gelu', domain: 't2c', inputs: ['f'], outputs: ['g'] },
      product('g', 'w2', 'bo', 'h'),
      { op: 'Add', inputs: ['s', 'h'], outputs: ['t'] },
      product('t', 'w3', 'b3', 'y'),
    ],
    inputs: ['x', 'mask'],
    outputs: ['y'],
    whole: ['mask'],
    shapes: {
      ...Object.fromEntries(['x', 'n', 'q', 'k', 'v', 'or', 'a', 's', 'm', 'h', 't'].map((v) => [v, [1, tokens, channels]])),
      ...Object.fromEntries(['qr', 'kr', 'vr', 'ot'].map((v) => [v, [1, tokens, heads, channels / heads]])),
      ...Object.fromEntries(['qt', 'vt', 'o'].map((v) => [v, headed])),
      kt: [1, heads, channels / heads, tokens],
      ...Object.fromEntries(['scores', 'p'].map((v) => [v, [1, heads, tokens, tokens]])),
      mask: [1, 1, 1, tokens],
      ...Object.fromEntries(['f', 'g'].map((v) => [v, [1, tokens, 24]])),
      y: [1, tokens, 5],
    },
    constants: {
      split,
      join: { shape: [3], data: [1, tokens, channels], ints: true },
      gamma: { shape: [channels], data: Float32Array.from({ length: channels }, () => 0.8 + 0.4 * rng.uniform()) },
      beta: weight([channels]),
      ...Object.fromEntries(
        ['q', 'k', 'v', 'o'].flatMap((o) => [[`w${o}`, weight([channels, channels])] as const, [`b${o}`, weight([channels])] as const]),
      ),
      w1: weight([channels, 24]),
      b1: weight([24]),
      w2: weight([24, channels]),
      w3: weight([channels, 5]),
      b3: weight([5]),
    },
  };
  return canonicalModel(sketch);
}

export async function calibrated(c: CanonicalModel, source: SampleSource): Promise<CalibrationShard> {
  return calibrate(
    source,
    async (s) => runFloat(c, s).values,
    observedValues(c),
    { samples: source.info.samples, provider: 'wasm' },
    quietContext(),
  );
}
