// Softmax, layer normalization, embeddings and choices in ONNX Runtime against the exact executor.
import { describe, expect, test } from 'vitest';
import { powerOfTwo } from '../base/fixed-point';
import { createRng } from '../base/rng';
import type { IntTensor, QuantInfo } from '../ir/integer-model';
import { layerNormWidths } from '../ops/lower/layernorm';
import { expTable } from '../ops/lower/softmax';
import type { ValueName } from '../ir/model';
import { integerOnnx } from './integer-onnx';
import { compareWithExecutor, OneOp, opBase as base, randomInputs } from './integer-onnx.fixture';
import { IntegerGraph } from './integer-onnx-graph';
import { floatTensorsInside } from './integer-onnx-proof';
import { nonlinearInput } from './nonlinear-bundle.fixture';

const seeds = (n: number): number[] => Array.from({ length: n }, (_, i) => i + 1);
const size = (d: readonly number[]): number => d.reduce((a, b) => a * b, 1);

describe('in ONNX Runtime, with the integers of the exact executor', () => {
  test.each(seeds(20))('softmax %i', async (seed) => {
    const b = new OneOp(seed);
    const { rng } = b;
    const shape = Array.from({ length: rng.int(1, 3) }, () => rng.int(1, 9));
    const q = b.input('x', shape, rng.int(0, 3) === 0 ? 12 : rng.int(2, 8));
    const pb = [8, 12, 16][seed % 3] as number;
    const full = powerOfTwo(pb) - 1;
    b.output(shape, { bits: pb, signed: false, scale: Float32Array.of(1 / full), axis: undefined, zeroPoint: 0, lo: 0, hi: full });
    const entries = expTable([0.001, 0.05, 0.4][rng.int(0, 2)] as number, q.bits);
    const table: QuantInfo = { bits: 16, signed: false, scale: Float32Array.of(1), axis: undefined, zeroPoint: 0, lo: 0, hi: 65535 };
    b.constant('table', [entries.length], table, entries);
    const maskShape = shape.slice(rng.int(0, shape.length - 1)).map((d) => (rng.int(0, 2) === 0 ? 1 : d));
    const bits = { ...table, bits: 1, hi: 1 };
    const masked = rng.int(0, 1) === 1;
    if (masked)
      b.constant(
        'mask',
        maskShape,
        bits,
        Array.from({ length: size(maskShape) }, () => rng.int(0, 1)),
      );
    const mode = rng.int(0, 1) === 0 ? 'divide' : 'reciprocal';
    const softmax = { axis: rng.int(0, shape.length - 1), table: 'table', pb, mode, mask: masked ? 'mask' : undefined } as const;
    await b.check({ ...base, kind: 'softmax', softmax });
  });

  test.each(seeds(36))('layer normalization %i', async (seed) => {
    const b = new OneOp(seed);
    const { rng } = b;
    const C = [1, 3, 16, 192, 768, 1024, 4096][seed % 7] as number;
    const inner = C === 16 && rng.int(0, 1) === 0 ? [4, 4] : [C];
    const bits = C > 2000 ? 16 : rng.int(2, 16);
    const q = b.input('x', [2, ...inner], bits);
    const out = b.output([2, ...inner]);
    const rms = rng.int(0, 2) === 0;
    const reach = rms ? b.magnitude('x') : powerOfTwo(bits) - 1;
    const epsilon = [0, 1e-9, 1, 1e6][rng.int(0, 3)] as number;
    const w = layerNormWidths(C, reach, rms, epsilon, out.bits);
    expect(w).toBeDefined();
    if (!w) return;
    const wide = rng.int(0, 3) === 0;
    const G = Int32Array.from({ length: C }, () => rng.int(-32767, 32767) * (wide ? 256 : 1));
    const H = BigInt64Array.from({ length: C }, () => BigInt(rng.int(-(2 ** 28), 2 ** 28)) << (wide ? 32n : 0n));
    b.constants.set('G', { name: 'G', dtype: 'int32', shape: [C], quant: undefined, data: G });
    b.constants.set('H', { name: 'H', dtype: 'int64', shape: [C], quant: undefined, data: H });
    expect(q.bits).toBe(bits);
    const widths = { C, k: w.k, f: w.f, t: w.t, E: String(w.E), bound: String(w.bound), boundBits: 63 };
    const last = { G: 'G', H: 'H', shift: wide ? rng.int(45, 61) : rng.int(0, 24), zeroPoint: out.zeroPoint, lo: out.lo, hi: out.hi };
    const mode = rng.int(0, 1) === 0 ? 'divide' : 'reciprocal';
    await b.check({ ...base, kind: 'layernorm', layernorm: { axis: 1, ...widths, ...last, rms, mode } });
  });

  test.each([
    ['divide', 'half-up'],
    ['reciprocal', 'half-even'],
    ['deferred', 'half-up'],
    ['deferred', 'half-even'],
    ['deferred', 'half-away'],
    ['deferred', 'floor'],
  ] as const)('a text model from tokens to outputs, with no real number inside: %s, %s', async (mode, rounding) => {
    const { integer, tensors } = await nonlinearInput(mode, rounding);
    expect(floatTensorsInside(integerOnnx(integer, 'm'))).toEqual([]);
    await compareWithExecutor(integer, new Map(integer.inputs.map((name) => [name, tensors.get(name) as IntTensor])));
    for (let seed = 1; seed < 4; seed++) await compareWithExecutor(integer, randomInputs(integer, createRng(seed)));
  });
});

test('64-bit integers are never compared: not every build of ONNX Runtime does it right', () => {
  const b = new OneOp(1);
  b.input('x', [2]);
  b.output([2]);
  const g = new IntegerGraph(b.model({ ...base, kind: 'reshape', attrs: {} }), 13);
  g.declare('x', 'int64');
  for (const op of ['Clip', 'Min', 'Max', 'ReduceMax']) expect(() => g.apply(op, ['x' as ValueName], 'y')).toThrow('64-bit');
  expect(g.typeOf(g.apply('Sign', ['x' as ValueName], 'y'))).toBe('int64');
});

test('square roots at their steps, through a layer normalization of two elements', async () => {
  // C = 2, f = 0: c = +-d, V = 2 d^2 + E; E walks over the squares
  for (const E of [0n, 1n, 3n, 4n, (1n << 60n) - 1n, 1n << 60n, 3037000498n ** 2n / 4n - 1n, 3037000498n ** 2n / 4n]) {
    const b = new OneOp(3);
    const quant: QuantInfo = { bits: 8, signed: true, scale: Float32Array.of(1), axis: undefined, zeroPoint: 0, lo: -128, hi: 127 };
    b.values.set('x', { name: 'x', dtype: 'int8', shape: [100, 2], quant });
    b.inputs.push('x');
    b.output([100, 2], { ...quant, bits: 16, lo: -32768, hi: 32767 });
    b.constants.set('G', { name: 'G', dtype: 'int32', shape: [2], quant: undefined, data: Int32Array.of(1, 3) });
    b.constants.set('H', { name: 'H', dtype: 'int64', shape: [2], quant: undefined, data: new BigInt64Array(2) });
    const widths = { C: 2, k: 16, f: 0, t: 0, E: String(E), bound: String(E + 260100n), boundBits: 63 };
    const last = { G: 'G', H: 'H', shift: 3, zeroPoint: 0, lo: -32768, hi: 32767 };
    await b.check({ ...base, kind: 'layernorm', layernorm: { axis: 1, ...widths, ...last, rms: false, mode: 'divide' } });
  }
});
