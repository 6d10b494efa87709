import { describe, expect, test } from 'vitest';
import { powerOfTwo } from '../../base/fixed-point';
import type { IntTensor, LayerNormOp, QuantInfo, SoftmaxOp } from '../../ir/integer-model';
import { expTable } from '../../ops/lower/softmax';
import { layerNormWidths } from '../../ops/lower/layernorm';
import { newStorage } from '../../quant/affine';
import { executeOp } from '../execute';
import { accumulator, base, Bench, seeds, size } from './bench.fixture';
import { slowOp, type Slow } from './slow.fixture';

function probability(pb: number): QuantInfo {
  const hi = powerOfTwo(pb) - 1;
  return { bits: pb, signed: false, scale: Float32Array.of(1 / hi), axis: undefined, zeroPoint: 0, lo: 0, hi };
}

/** A softmax over random integers; `fill` replaces the input's. */
function softmaxOp(b: Bench, shape: readonly number[], axis: number, logits: QuantInfo, mask?: 'value' | 'constant', s = 0.05): SoftmaxOp {
  const { rng } = b;
  const mode = (['divide', 'reciprocal', 'deferred'] as const)[rng.int(0, 2)] as 'divide' | 'reciprocal' | 'deferred';
  const table = mode === 'deferred' ? expTable(s, logits.bits, 255) : expTable(s, logits.bits);
  b.constant('table', [table.length], 0, 65535, table);
  const pb = mode === 'deferred' ? 8 : ([8, 12, 16][rng.int(0, 2)] as number);
  b.output(shape, probability(pb));
  const maskShape = shape.slice(rng.int(0, shape.length - 1)).map((d) => (rng.int(0, 2) === 0 ? 1 : d));
  const bits = Array.from({ length: size(maskShape) }, () => (rng.int(0, 2) === 0 ? 1 : 0));
  if (mask === 'constant') b.constant('mask', maskShape, 0, 1, bits);
  if (mask === 'value') {
    const quant: QuantInfo = { bits: 1, signed: false, scale: Float32Array.of(1), axis: undefined, zeroPoint: 0, lo: 0, hi: 1 };
    b.values.set('mask', { name: 'mask', dtype: 'uint8', shape: maskShape, quant });
    b.tensors.set('mask', { dtype: 'uint8', shape: maskShape, data: Uint8Array.from(bits) });
  }
  return {
    ...base,
    inputs: mask === 'value' ? ['x', 'mask'] : ['x'],
    kind: 'softmax',
    softmax: { axis, table: 'table', pb, mode, mask: mask && 'mask' },
  };
}

function put(b: Bench, data: ArrayLike<number>): void {
  const x = b.tensors.get('x') as IntTensor;
  const storage = newStorage(x.dtype, data.length) as Int32Array;
  storage.set(data);
  b.tensors.set('x', { ...x, data: storage });
}

/** A product that divides by the sums of its left rows. */
describe('a product that divides for a softmax agrees with the slow reading', () => {
  test.each(seeds(40))('with leading axes that broadcast %i', async (seed) => {
    const b = new Bench(seed);
    const { rng } = b;
    const [rows, length, columns] = [rng.int(1, 6), [1, 3, 64, 300][seed % 4] as number, rng.int(1, 5)];
    const lead = [rng.int(1, 3), rng.int(1, 2)];
    const left = [...lead.map((d) => (rng.int(0, 3) === 0 ? 1 : d)), rows, length];
    const right = [...lead, length, columns];
    b.values.set('x', { name: 'x', dtype: 'uint8', shape: left, quant: probability(8) });
    // sparse rows and empty ones, as a mask makes them
    const kept = rng.int(0, 2);
    const data = Uint8Array.from({ length: size(left) }, (_, i) => (kept === 0 && Math.floor(i / length) % 2 === 0 ? 0 : rng.int(0, 255)));
    b.tensors.set('x', { dtype: 'uint8', shape: left, data });
    b.input('v', right);
    const out = b.output([...lead, rows, columns]);
    const requant = b.requant(1, out, 2 ** 30 * 200);
    b.constant('mul', [], 0, 2 ** 23, [seed % 3 === 0 ? 2 ** 23 - 1 : rng.int(2 ** 14, 2 ** 15)]);
    b.constant('shift', [], 0, 62, [seed % 3 === 0 ? 53 : rng.int(36, 46)]);
    await b.check({
      ...base,
      inputs: ['x', 'v'],
      kind: 'matmul',
      weight: undefined,
      bias: undefined,
      attrs: { transB: 0 },
      deferred: true,
      requant,
      acc: 'acc',
      accumulator,
    });
  });
});

describe('softmax agrees with the slow reading, element by element', () => {
  test.each(seeds(60))('any axis, with and without a mask %i', async (seed) => {
    const b = new Bench(seed);
    const { rng } = b;
    const shape = Array.from({ length: rng.int(1, 4) }, () => rng.int(1, 7));
    const q = b.input('x', shape, rng.int(0, 3) === 0 ? 12 : 8);
    const mask = ([undefined, 'constant', 'value'] as const)[seed % 3];
    await b.check(softmaxOp(b, shape, rng.int(0, shape.length - 1), q, mask, [0.001, 0.02, 0.05, 0.3, 5][seed % 5]));
  });

  test.each([
    ['equal elements', (): number => 3],
    ['one element far above', (i: number): number => (i % 1024 === 700 ? 127 : -128)],
    ['the two ends', (i: number): number => (i % 2 === 0 ? 127 : -128)],
    ['a ramp', (i: number): number => (i % 256) - 128],
  ])('rows of 1024: %s', async (_, f) => {
    for (const seed of [1, 2, 3, 4, 5, 6]) {
      const b = new Bench(seed);
      const q: QuantInfo = { bits: 8, signed: true, scale: Float32Array.of(0.1), axis: undefined, zeroPoint: -3, lo: -128, hi: 127 };
      b.values.set('x', { name: 'x', dtype: 'int8', shape: [2, 1024], quant: q });
      b.tensors.set('x', { dtype: 'int8', shape: [2, 1024], data: Int8Array.from({ length: 2048 }, (__, i) => f(i)) });
      await b.check(softmaxOp(b, [2, 1024], 1, q, seed % 2 === 0 ? 'constant' : undefined, [0.001, 0.05, 0.3][seed % 3]));
    }
  });

  test('a row of one element has probability 1, a masked row has none', async () => {
    const b = new Bench(3);
    const q = b.input('x', [3, 1]);
    const op = softmaxOp(b, [3, 1], 1, q);
    b.constant('mask', [3, 1], 0, 1, [0, 1, 0]);
    const full = powerOfTwo(op.softmax.pb) - 1;
    for (const mode of ['divide', 'reciprocal'] as const) {
      const { output } = await executeOp({ ...op, softmax: { ...op.softmax, mode, mask: 'mask' } }, b.tensors, b.model());
      expect([...output.data]).toEqual([full, 0, full]);
    }
  });

  test('what is masked has no part: the others are as if it were not there', async () => {
    const b = new Bench(4);
    const q = b.input('x', [1, 5]);
    put(b, [q.lo, q.hi, q.lo + 3, q.hi, q.lo + 5]);
    const op = softmaxOp(b, [1, 5], 1, q);
    b.constant('mask', [5], 0, 1, [0, 1, 0, 1, 0]);
    const masked = await executeOp({ ...op, softmax: { ...op.softmax, mask: 'mask' } }, b.tensors, b.model());
    const few = new Bench(4);
    few.values.set('x', { name: 'x', dtype: (b.tensors.get('x') as IntTensor).dtype, shape: [1, 3], quant: q });
    few.tensors.set('x', { dtype: (b.tensors.get('x') as IntTensor).dtype, shape: [1, 3], data: new Int32Array(3) });
    put(few, [q.lo, q.lo + 3, q.lo + 5]);
    few.constant('table', [1], 0, 65535);
    few.constants.set('table', b.constants.get('table') as NonNullable<ReturnType<typeof b.constants.get>>);
    few.output([1, 3], probability(op.softmax.pb));
    const alone = await executeOp(op, few.tensors, few.model());
    expect([...masked.output.data].filter((_, i) => i % 2 === 0)).toEqual([...alone.output.data]);
    expect([masked.output.data[1], masked.output.data[3]]).toEqual([0, 0]);
  });
});

interface NormCase {
  readonly bits: number;
  readonly outBits: number;
  readonly C: number;
  readonly rms: boolean;
  readonly mode: 'divide' | 'reciprocal';
  /** In squares of the input's step. */
  readonly epsilon: number;
  readonly rows: number;
}

function layerNormOp(b: Bench, c: NormCase, gain: (i: number) => number, offset: (i: number) => bigint, shift: number): LayerNormOp {
  const q = b.input('x', [c.rows, c.C], c.bits);
  const out = b.output([c.rows, c.C], b.quant(c.outBits));
  const reach = c.rms ? Math.max(q.hi - q.zeroPoint, q.zeroPoint - q.lo) : powerOfTwo(c.bits) - 1;
  const w = layerNormWidths(c.C, reach, c.rms, c.epsilon, c.outBits);
  if (!w) throw new Error('no widths');
  const plain = { quant: undefined, shape: [c.C] };
  b.constants.set('G', { name: 'G', dtype: 'int32', ...plain, data: Int32Array.from({ length: c.C }, (_, i) => gain(i)) });
  b.constants.set('H', { name: 'H', dtype: 'int64', ...plain, data: BigInt64Array.from({ length: c.C }, (_, i) => offset(i)) });
  const { t, f, k } = w;
  return {
    ...base,
    kind: 'layernorm',
    layernorm: {
      ...{ axis: 1, C: c.C, k, f, t, E: String(w.E), G: 'G', H: 'H', shift },
      ...{ zeroPoint: out.zeroPoint, lo: out.lo, hi: out.hi, rms: c.rms, mode: c.mode },
      ...{ bound: String(w.bound), boundBits: w.bound.toString(2).length + 1 },
    },
  };
}

describe('layer normalization agrees with the slow reading, element by element', () => {
  test.each(seeds(120))('random rows %i', async (seed) => {
    const b = new Bench(seed);
    const { rng } = b;
    const c: NormCase = {
      bits: [8, 8, 12, 16, 3][rng.int(0, 4)] as number,
      outBits: rng.int(0, 1) === 0 ? 8 : 16,
      C: [1, 2, 3, 16, 64, 192, 768, 1024][seed % 8] as number,
      rms: rng.int(0, 2) === 0,
      mode: rng.int(0, 1) === 0 ? 'divide' : 'reciprocal',
      epsilon: [0, 1e-12, 1e-3, 1, 1e6][rng.int(0, 4)] as number,
      rows: 3,
    };
    // G also 0 and negative; H also far beyond 2^53
    const wide = rng.int(0, 3) === 0;
    const gain = (): number => (rng.int(0, 9) === 0 ? 0 : rng.int(-32767, 32767) * (wide ? 200 : 1));
    const offset = (): bigint =>
      wide ? (BigInt(rng.int(-(2 ** 30), 2 ** 30)) << 31n) + BigInt(rng.int(0, 99)) : BigInt(rng.int(-9e6, 9e6));
    await b.check(layerNormOp(b, c, gain, offset, wide ? rng.int(50, 62) : rng.int(0, 26)));
  });

  test.each([2048, 4096, 5000])('16-bit rows of %i, where c is shifted', async (C) => {
    for (const mode of ['divide', 'reciprocal'] as const) {
      for (const rms of [false, true]) {
        const b = new Bench(C + (rms ? 1 : 0));
        const op = layerNormOp(
          b,
          { bits: 16, outBits: 16, C, rms, mode, epsilon: 0.5, rows: 2 },
          (i) => 8000000 - i,
          (i) => BigInt(i * 1000),
          22,
        );
        expect(op.layernorm.t).toBeGreaterThan(0);
        await b.check(op);
      }
    }
  });

  test.each([0, 1, 1e9])('a constant row gives the offset, epsilon %f', async (epsilon) => {
    for (const mode of ['divide', 'reciprocal'] as const) {
      const b = new Bench(5);
      const op = layerNormOp(
        b,
        { bits: 8, outBits: 8, C: 48, rms: false, mode, epsilon, rows: 2 },
        () => 30000,
        (i) => BigInt(i) << 12n,
        12,
      );
      put(b, new Array<number>(96).fill((b.values.get('x')?.quant?.lo ?? 0) + 5));
      await b.check(op);
      const { output } = await executeOp(op, b.tensors, b.model());
      const q = b.values.get('y')?.quant as QuantInfo;
      output.data.forEach((y, i) => expect(y).toBe(Math.min(q.hi, q.zeroPoint + (i % 48))));
    }
  });

  test('one step apart, and ties of the last rounding', async () => {
    for (const seed of [1, 2, 3, 4]) {
      const b = new Bench(seed);
      // G = 2^k' makes u*G + H land on ties of the last shift
      const op = layerNormOp(
        b,
        { bits: 8, outBits: 8, C: 4, rms: false, mode: 'divide', epsilon: 0, rows: 40 },
        (i) => [1, -1, 3, 0][i] as number,
        (i) => BigInt([1 << 15, 0, -(1 << 15), 1][i] as number),
        16,
      );
      const lo = b.values.get('x')?.quant?.lo ?? 0;
      put(
        b,
        Array.from({ length: 160 }, (_, i) => lo + 100 + ((i * 7 + (i >> 3)) % (1 + (i >> 5)))),
      );
      await b.check(op);
    }
  });
});

describe('widths of layer normalization', () => {
  test('V is below 2^62, f as large and t as small as they can be', () => {
    for (const C of [1, 2, 64, 192, 768, 1024, 4096, 100000]) {
      for (const bits of [2, 8, 12, 16]) {
        for (const epsilon of [0, 1e-6, 1, 1e12, 1e30]) {
          const w = layerNormWidths(C, powerOfTwo(bits) - 1, false, epsilon, 8);
          if (!w) throw new Error('no widths');
          expect(w.bound < 1n << 62n).toBe(true);
          expect(w.t === 0 || w.f === 0).toBe(true);
          if (w.t === 0 && w.f < 8) expect(w.bound * 4n >= 1n << 62n).toBe(true);
        }
      }
    }
    expect(layerNormWidths(768, 255, false, 1e-12, 8)).toMatchObject({ t: 0, f: 8, k: 16 });
    expect(layerNormWidths(768, 255, false, 1e300, 8)).toBeUndefined();
  });
});

describe('rows of a table and choices', () => {
  test.each(seeds(30))('agree with the slow reading %i', async (seed) => {
    const b = new Bench(seed);
    const { rng } = b;
    if (seed % 2 === 0) {
      const table = [rng.int(1, 6), rng.int(1, 4), rng.int(1, 4)];
      const axis = rng.int(0, 2);
      const rows = table[axis] as number;
      const ids = [[], [3], [1, 4]][rng.int(0, 2)] as number[];
      const quant: QuantInfo = { bits: 3, signed: false, scale: Float32Array.of(1), axis: undefined, zeroPoint: 0, lo: 0, hi: rows - 1 };
      b.values.set('x', { name: 'x', dtype: 'uint8', shape: ids, quant });
      b.tensors.set('x', { dtype: 'uint8', shape: ids, data: Uint8Array.from({ length: size(ids) }, () => rng.int(0, rows - 1)) });
      b.constant('table', table, -127, 127);
      const signed = { bits: 8, signed: true, scale: Float32Array.of(1), axis: undefined, zeroPoint: 0, lo: -127, hi: 127 };
      b.output([...table.slice(0, axis), ...ids, ...table.slice(axis + 1)], signed);
      await b.check({ ...base, kind: 'gather', table: 'table', attrs: { axis, indices: 'x' } });
      return;
    }
    const shape = Array.from({ length: rng.int(1, 3) }, () => rng.int(1, 4));
    const some = (): number[] => shape.slice(rng.int(0, shape.length)).map((d) => (rng.int(0, 1) === 0 ? 1 : d));
    const q = b.input('x', shape);
    const condition = some();
    b.constant('c', condition, 0, 1);
    b.constant('z', some(), q.lo, q.hi);
    b.output(shape, q);
    await b.check({ ...base, kind: 'where', condition: 'c', operands: seed % 4 === 1 ? ['x', 'z'] : ['z', 'x'] });
  });

  test('an index beyond the table is refused by name', async () => {
    const b = new Bench(1);
    b.constant('table', [4, 2], -127, 127);
    b.values.set('x', { name: 'x', dtype: 'uint8', shape: [1], quant: undefined });
    b.tensors.set('x', { dtype: 'uint8', shape: [1], data: Uint8Array.of(4) });
    b.output([1, 2]);
    const op = { ...base, kind: 'gather', table: 'table', attrs: { axis: 0, indices: 'x' } } as const;
    await expect(executeOp(op, b.tensors, b.model())).rejects.toMatchObject({ code: 'bad-data', fields: { got: '4' } });
  });
});

describe('what could be wrong is seen', () => {
  /** The slow reading of a spoiled op differs from the executor's result of the right one, on some of a few random inputs. */
  async function seen(
    make: (b: Bench) => SoftmaxOp | LayerNormOp,
    spoil: (op: SoftmaxOp | LayerNormOp, b: Bench) => SoftmaxOp | LayerNormOp,
    rootError = 0n,
  ): Promise<boolean> {
    for (let seed = 1; seed <= 8; seed++) {
      const b = new Bench(seed);
      const op = make(b);
      const { output } = await executeOp(op, b.tensors, b.model());
      const right = Array.from(output.data as ArrayLike<number>, BigInt);
      const slow = new Map<string, Slow>(
        [...b.tensors].map(([n, t]) => [n, { shape: t.shape, data: Array.from(t.data as ArrayLike<number>, BigInt) }]),
      );
      const wrong = slowOp(spoil(op, b), slow, b.model(), rootError).output.data;
      if (wrong.some((v, i) => v !== right[i])) return true;
    }
    return false;
  }
  const makeSoftmax = (b: Bench): SoftmaxOp => softmaxOp(b, [4, 24], 1, b.input('x', [4, 24]), 'constant');
  const makeNorm = (b: Bench): LayerNormOp =>
    layerNormOp(
      b,
      { bits: 8, outBits: 16, C: 16, rms: false, mode: 'divide', epsilon: 1e-3, rows: 6 },
      (i) => 8000000 + i,
      (i) => BigInt(i) << 20n,
      27,
    );
  const norm =
    (edit: (a: LayerNormOp['layernorm']) => Partial<LayerNormOp['layernorm']>) =>
    (op: SoftmaxOp | LayerNormOp): SoftmaxOp | LayerNormOp =>
      op.kind === 'layernorm' ? { ...op, layernorm: { ...op.layernorm, ...edit(op.layernorm) } } : op;
  const bump =
    (name: string, i: number, by: number) =>
    <T>(op: T, b: Bench): T => {
      const c = b.constants.get(name);
      if (!c) throw new Error(name);
      const data = c.data.slice() as Int32Array;
      data[i] = (data[i] as number) ^ by;
      b.constants.set(name, { ...c, data });
      return op;
    };

  test.each([
    ['a root one too large', makeNorm, norm(() => ({})), 1n],
    ['a root one too small', makeNorm, norm(() => ({})), -1n],
    ['the shift', makeNorm, norm((a) => ({ shift: a.shift + 1 })), 0n],
    ['the zero point', makeNorm, norm((a) => ({ zeroPoint: a.zeroPoint + 1 })), 0n],
    ['k', makeNorm, norm((a) => ({ k: a.k + 1 })), 0n],
    ['one gain', makeNorm, bump('G', 3, 64), 0n],
    ['one entry of the table', makeSoftmax, bump('table', 0, 256), 0n],
    ['one bit of the mask', makeSoftmax, bump('mask', 0, 1), 0n],
  ] as const)('%s', async (_, make, spoil, error) => {
    expect(await seen(make, spoil, error)).toBe(true);
  });

  test.each(['floor', 'half-even'] as const)('the rounding %s', async (rounding) => {
    // half of the row 2d above the other half: c = +-4d, D = 8d*2^f, u = +-2^19, so that odd gains and a shift of 20 make ties
    const b = new Bench(4);
    expect(b.mode).toBe('half-up');
    const op = layerNormOp(
      b,
      { bits: 8, outBits: 16, C: 4, rms: false, mode: 'divide', epsilon: 0, rows: 2 },
      (i) => 1 + 2 * i,
      () => 1n << 46n,
      20,
    );
    const lo = b.values.get('x')?.quant?.lo ?? 0;
    put(b, [lo, lo + 2, lo + 2, lo, lo + 20, lo, lo, lo + 20]);
    await b.check(op);
    const x = b.tensors.get('x') as IntTensor;
    const slow = new Map<string, Slow>([['x', { shape: x.shape, data: Array.from(x.data as ArrayLike<number>, BigInt) }]]);
    const model = b.model();
    const other = { ...model, arithmetic: { ...model.arithmetic, rounding } };
    const plain = { ...op, layernorm: { ...op.layernorm, lo: -32768, hi: 32767, zeroPoint: 0, H: 'zero' } } as const;
    b.constants.set('zero', { name: 'zero', dtype: 'int64', shape: [4], quant: undefined, data: new BigInt64Array(4) });
    expect(slowOp(plain, slow, model).output.data).not.toEqual(slowOp(plain, slow, other).output.data);
  });
});
