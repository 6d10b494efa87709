import { describe, expect, test } from 'vitest';
import { quietContext } from '../../base/context';
import { createRng } from '../../base/rng';
import type { IntegerModel, IntTensor, Rounding } from '../../ir/integer-model';
import { execute, executeOp } from '../execute';
import { accumulator, base, Bench, seeds, size } from './bench.fixture';
import { shifted } from './slow.fixture';
import { withKernel, type Kernel } from '../../kernel/kernel';
import { requantizeAll } from './requantizer';

const modes: readonly Rounding[] = ['half-up', 'half-even', 'half-away', 'floor'];

interface Product {
  readonly lines: number;
  readonly K: number;
  readonly N: number;
  readonly transB?: 0 | 1;
  readonly bits?: number;
}

async function checkProduct(seed: number, { lines, K, N, transB = 0, bits = 8 }: Product): Promise<void> {
  const b = new Bench(seed);
  b.input('x', [lines, K], bits);
  b.constant('w', transB === 1 ? [N, K] : [K, N], -127, 127);
  const quant = b.output([lines, N]);
  const bias = seed % 2 === 0 ? b.constant('bias', [N], -(2 ** 20), 2 ** 20) : undefined;
  const requant = b.requant(seed % 3 === 0 ? 1 : N, quant, 8000 * K);
  await b.check({ ...base, kind: 'gemm', weight: 'w', bias, attrs: { transB }, requant, acc: 'acc', accumulator });
}

describe('products agree with the slow reading', () => {
  const shapes: readonly Product[] = [
    { lines: 1, K: 1, N: 1 },
    { lines: 1, K: 7, N: 17 },
    { lines: 5, K: 2, N: 8 },
    { lines: 3, K: 1023, N: 9 },
    { lines: 2, K: 1025, N: 5 },
    { lines: 5, K: 2049, N: 3 },
    { lines: 513, K: 3, N: 9 },
    { lines: 2, K: 1024, N: 131 },
  ];
  const both = shapes.flatMap((p) => [
    { ...p, transB: 0 as const },
    { ...p, transB: 1 as const },
  ]);
  test.each(both)('$lines x $K x $N, transposed $transB: beyond one block, and less than one tile', async (p) => {
    for (let seed = 1; seed <= 3; seed++) await checkProduct(seed, p);
  });

  test.each(seeds(24))('of 16-bit activations with 8-bit weights %i', async (seed) => {
    const { int } = createRng(seed);
    const p = { lines: int(1, 6), K: int(1, 100), N: int(1, 20), transB: int(0, 1) as 0 | 1 };
    await checkProduct(seed, { ...p, bits: int(9, 16) });
  });

  test.each(seeds(24))('of two activations, one or both of 16 bits %i', async (seed) => {
    const b = new Bench(seed);
    const { rng } = b;
    const [M, K, N] = [rng.int(1, 6), rng.int(1, 60), rng.int(1, 12)];
    const transB = rng.int(0, 1) as 0 | 1;
    const wide = rng.int(0, 2);
    b.input('x', [2, M, K], wide === 0 ? 8 : 16);
    const zShape = transB === 1 ? [2, N, K] : [2, K, N];
    const q = b.input('z', zShape, wide === 1 ? 8 : 16);
    if (wide === 2) {
      // near the zero point, so that the sums fit 32 bits; the zero point is anywhere
      const z = b.tensors.get('z') as IntTensor<'int16'>;
      for (let i = 0; i < z.data.length; i++) z.data[i] = Math.min(q.hi, Math.max(q.lo, q.zeroPoint + rng.int(-200, 200)));
    }
    const quant = b.output([2, M, N]);
    const requant = b.requant(1, quant, 2 ** 21 * K);
    const op = { ...base, inputs: ['x', 'z'], kind: 'matmul', weight: undefined, bias: undefined, attrs: { transB } } as const;
    await b.check({ ...op, requant, acc: 'acc', accumulator });
  });
});

interface Form {
  readonly group?: number;
  readonly perGroup: number;
  readonly each: number;
  readonly kernel: readonly [number, number];
  readonly input: readonly [number, number];
  readonly strides?: readonly [number, number];
  readonly dilations?: readonly [number, number];
  readonly pads?: readonly [number, number, number, number];
  readonly bits?: number;
}

async function checkConv(seed: number, f: Form): Promise<void> {
  const b = new Bench(seed);
  const { group = 1, perGroup, each, kernel, input, strides = [1, 1], dilations = [1, 1], pads = [0, 0, 0, 0] } = f;
  const out = input.map((d, i) => {
    const room = d + (pads[i] as number) + (pads[2 + i] as number) - (dilations[i] as number) * ((kernel[i] as number) - 1) - 1;
    return Math.floor(room / (strides[i] as number)) + 1;
  });
  b.input('x', [2, group * perGroup, ...input], f.bits ?? 8);
  b.constant('w', [group * each, perGroup, ...kernel], -127, 127);
  const quant = b.output([2, group * each, ...out]);
  const bias = seed % 2 === 0 ? b.constant('bias', [group * each], -(2 ** 20), 2 ** 20) : undefined;
  const requant = b.requant(seed % 3 === 0 ? 1 : group * each, quant, 8000 * perGroup * size(kernel));
  const attrs = { strides, pads, dilations, group };
  await b.check({ ...base, kind: 'conv', weight: 'w', bias, attrs, requant, acc: 'acc', accumulator });
}

describe('convolutions agree with the slow reading', () => {
  const forms: readonly (readonly [string, Form])[] = [
    ['one element', { perGroup: 1, each: 1, kernel: [1, 1], input: [1, 1] }],
    ['1x1 over more positions than a block holds', { perGroup: 1024, each: 2, kernel: [1, 1], input: [9, 15] }],
    ['3x3 over more positions than a block holds', { perGroup: 113, each: 1, kernel: [3, 3], input: [10, 15], pads: [1, 1, 1, 1] }],
    ['rows of 7', { perGroup: 3, each: 5, kernel: [3, 3], input: [7, 7], pads: [1, 1, 1, 1] }],
    ['rows of 8', { perGroup: 3, each: 5, kernel: [3, 3], input: [5, 8], pads: [1, 1, 1, 1] }],
    ['rows of 13 at stride 2', { perGroup: 2, each: 3, kernel: [3, 3], input: [25, 25], strides: [2, 2], pads: [1, 1, 1, 1] }],
    ['stride 3, dilation 2', { perGroup: 2, each: 3, kernel: [2, 3], input: [14, 17], strides: [3, 3], dilations: [2, 2] }],
    ['1x1 at stride 2', { perGroup: 9, each: 6, kernel: [1, 1], input: [9, 15], strides: [2, 2] }],
    ['unequal strides and pads', { perGroup: 2, each: 4, kernel: [3, 5], input: [8, 9], strides: [1, 2], pads: [2, 0, 1, 3] }],
    ['negative pads', { perGroup: 2, each: 4, kernel: [2, 2], input: [8, 9], pads: [-1, -2, 1, -1] }],
    ['negative pads at stride 2', { perGroup: 2, each: 4, kernel: [2, 3], input: [9, 12], strides: [2, 2], pads: [-1, -1, 1, -2] }],
    ['pads beyond the kernel at stride 3', { perGroup: 2, each: 4, kernel: [2, 2], input: [5, 5], strides: [2, 3], pads: [3, 4, 3, 5] }],
    ['more depth than a block holds', { perGroup: 230, each: 3, kernel: [3, 3], input: [3, 3], pads: [1, 1, 0, 0] }],
    ['16 bits with padding', { perGroup: 3, each: 5, kernel: [3, 3], input: [6, 9], pads: [1, 1, 1, 1], bits: 16 }],
    ['groups', { group: 3, perGroup: 2, each: 5, kernel: [3, 3], input: [6, 6], pads: [1, 1, 1, 1] }],
    ['depthwise', { group: 5, perGroup: 1, each: 1, kernel: [3, 3], input: [9, 7], pads: [1, 1, 1, 1] }],
    ['depthwise at stride 2', { group: 5, perGroup: 1, each: 1, kernel: [3, 3], input: [9, 17], strides: [2, 2], pads: [0, 0, 1, 1] }],
    ['depthwise, 3 outputs a channel', { group: 4, perGroup: 1, each: 3, kernel: [2, 2], input: [5, 9] }],
    ['depthwise 1x1', { group: 4, perGroup: 1, each: 1, kernel: [1, 1], input: [3, 5] }],
    ['depthwise of 16 bits', { group: 3, perGroup: 1, each: 2, kernel: [3, 3], input: [6, 9], pads: [1, 1, 1, 1], bits: 16 }],
    [
      'depthwise over more channels than a block holds',
      { group: 8, perGroup: 1, each: 1, kernel: [1, 3], input: [200, 200], strides: [40, 40] },
    ],
  ];
  test.each(forms)('%s', async (_, form) => {
    for (let seed = 1; seed <= 2; seed++) await checkConv(seed, form);
  });
});

describe('requantization agrees with the slow reading', () => {
  const muls = [0, 1, -1, 3, 32767, 2 ** 21, 2 ** 21 + 1, 2 ** 31 - 1, -(2 ** 31 - 1)];

  /** Ends, neighbours of 0, random ones, and accumulators that lie on a tie with M = 1. */
  function accumulators(n: number, seed: number): number[] {
    const rng = createRng(seed);
    const half = n > 0 && n < 31 ? 2 ** (n - 1) : 1;
    const ties = [1, 3, 5, -1, -3, -5].map((odd) => odd * half).filter((v) => Math.abs(v) < 2 ** 31);
    return [-(2 ** 31), 2 ** 31 - 1, 0, 1, -1, ...ties, ...Array.from({ length: 12 }, () => rng.int(-(2 ** 31), 2 ** 31 - 1))];
  }

  test.each(modes)('%s, at every shift, by tensor, row and column', async (mode) => {
    for (let n = 0; n <= 62; n++) {
      for (const [lo, hi, zeroPoint, make] of [
        [-128, 127, 3, Int8Array],
        [0, 255, 255, Uint8Array],
        [-32768, 32767, -32768, Int16Array],
        [5, 65535, 1000, Uint16Array],
      ] as const) {
        const acc = Int32Array.from(accumulators(n, n));
        for (const channels of [1, muls.length]) {
          const M = Int32Array.from(channels === 1 ? [muls[n % muls.length] as number] : muls);
          const constants = new Map([
            ['mul', { name: 'mul', dtype: 'int32', shape: [channels], quant: undefined, data: M } as const],
            ['shift', { name: 'shift', dtype: 'uint8', shape: [1], quant: undefined, data: Uint8Array.of(n) } as const],
          ]);
          // the only parts of a model that requantization reads
          const model = {
            arithmetic: { rounding: mode, multiplier: { kind: 'normalized', bits: 16 } },
            constants,
          } as unknown as IntegerModel;
          for (const axis of channels === 1 ? [0] : [0, 1]) {
            const shape = axis === 0 ? [channels, acc.length] : [acc.length, channels];
            const data = Int32Array.from(
              { length: size(shape) },
              (_, i) => acc[axis === 0 ? i % acc.length : Math.floor(i / channels)] as number,
            );
            const out = { shape, data: new make(data.length) };
            await withKernel(async (kernel) =>
              requantizeAll(kernel, model, data, 0, { mul: 'mul', shift: 'shift', zeroPoint, lo, hi }, axis, out),
            );
            const want = Array.from(data, (v, i) => {
              const channel = axis === 0 ? Math.floor(i / acc.length) : i % channels;
              const y = Number(shifted(BigInt(v) * BigInt(M[channel] as number), BigInt(n), mode)) + zeroPoint;
              return Math.min(hi, Math.max(lo, y));
            });
            expect(Array.from(out.data)).toEqual(want);
          }
        }
      }
    }
  });
});

test.each(seeds(16))('largest elements of windows of 16 bits %i', async (seed) => {
  const b = new Bench(seed);
  const q = b.input('x', [1, 3, 9, 11], 16);
  b.output([1, 3, 5, 6], q);
  const pool = {
    kind: 'max',
    kernel: [3, 3],
    strides: [2, 2],
    pads: [1, 1, 1, 1],
    dilations: [1, 1],
    ceilMode: 0,
    countIncludePad: 0,
  } as const;
  await b.check({ ...base, kind: 'pool', pool, requant: undefined, index: undefined, acc: undefined, accumulator: undefined });
});

test.each(seeds(16))('moves of 16 bits %i', async (seed) => {
  const b = new Bench(seed);
  const q = b.input('x', [3, 4, 5], 16);
  if (seed % 2 === 0) {
    b.output([5, 3, 4], q);
    await b.check({ ...base, kind: 'transpose', attrs: { perm: [2, 0, 1] } });
  } else {
    b.output([3, 7, 9], q);
    await b.check({ ...base, kind: 'pad', attrs: { pads: [0, 1, 2, 0, 2, 2], mode: 'constant', value: q.zeroPoint } });
  }
});

/** x (4 x 6) -> reshape -> requant -> sum with itself -> reshape -> product: shared and reused arrays on the way. */
function chain(): { model: IntegerModel; inputs: ReadonlyMap<string, IntTensor> } {
  const b = new Bench(4);
  const q = b.input('x', [4, 6]);
  const value = (name: string, shape: readonly number[]): void => {
    b.values.set(name, { name, dtype: b.tensors.get('x')?.dtype ?? 'int8', shape, quant: q });
  };
  value('a', [24]);
  value('b', [24]);
  value('c', [24]);
  value('d', [24]);
  value('e', [4, 6]);
  b.constant('w', [6, 3], -127, 127);
  const quant = b.output([4, 3]);
  const identity = {
    mul: b.constant('one', [], 1, 1, [1]),
    shift: b.constant('none', [], 0, 0, [0]),
    zeroPoint: q.zeroPoint,
    lo: q.lo,
    hi: q.hi,
  };
  const same = { zeroPointA: q.zeroPoint, zeroPointB: q.zeroPoint, zeroPoint: q.zeroPoint, lo: q.lo, hi: q.hi };
  const requant = b.requant(3, quant, 48000);
  const model = b.model([
    { ...base, kind: 'reshape', name: 'a', output: 'a', attrs: {} },
    { ...base, kind: 'requant', name: 'b', inputs: ['a'], output: 'b', requant: identity },
    {
      ...base,
      kind: 'add',
      name: 'c',
      inputs: ['b', 'a'],
      output: 'c',
      operands: ['b', 'a'],
      add: { mulA: 1, mulB: 1, shift: 1, ...same },
    },
    {
      ...base,
      kind: 'add',
      name: 'd',
      inputs: ['c', 'a'],
      output: 'd',
      operands: ['c', 'a'],
      add: { mulA: 3, mulB: -1, shift: 1, ...same },
    },
    { ...base, kind: 'reshape', name: 'e', inputs: ['d'], output: 'e', attrs: {} },
    { ...base, kind: 'gemm', inputs: ['e'], weight: 'w', bias: undefined, attrs: { transB: 0 }, requant, acc: 'acc', accumulator },
  ]);
  return { model, inputs: b.tensors };
}

test('arrays are reused only where nobody reads them any more, and inputs are never written', async () => {
  const { model, inputs } = chain();
  const before = Array.from((inputs.get('x') as IntTensor).data as Int8Array);
  const all = await execute(model, inputs, { keep: 'all' }, quietContext());
  for (let i = 0; i < 3; i++) {
    const outputs = await execute(model, inputs, { keep: 'outputs' }, quietContext());
    expect(outputs.get('y')).toEqual(all.get('y'));
  }
  expect(Array.from((inputs.get('x') as IntTensor).data as Int8Array)).toEqual(before);
});

test('two runs that take turns do not disturb each other', async () => {
  const { model, inputs } = chain();
  const turns = { ...quietContext(), tick: () => new Promise<void>((resolve) => setTimeout(resolve, 0)) };
  const want = await execute(model, inputs, { keep: 'all' }, quietContext());
  const [one, two] = await Promise.all([execute(model, inputs, { keep: 'all' }, turns), execute(model, inputs, { keep: 'all' }, turns)]);
  expect(one).toEqual(want);
  expect(two).toEqual(want);
});

test('a run is cancelled between two blocks of one op, and the next one is right', async () => {
  const b = new Bench(8);
  b.input('x', [1100, 4]);
  b.constant('w', [4, 8], -127, 127);
  const quant = b.output([1100, 8]);
  const requant = b.requant(8, quant, 32000);
  const op = { ...base, kind: 'gemm', weight: 'w', bias: undefined, attrs: { transB: 0 }, requant, acc: 'acc', accumulator } as const;
  let ticks = 0;
  const signal = { aborted: false };
  const tick = async (): Promise<void> => {
    ticks++;
    signal.aborted = ticks === 2;
  };
  await expect(executeOp(op, b.tensors, b.model([op]), { ...quietContext(), signal, tick })).rejects.toThrow(/cancelled/);
  expect(ticks).toBe(2);
  await b.check(op);
});

test('the compiled kernel has every function that it is asked for', async () => {
  await withKernel(async (kernel: Kernel) => {
    for (const [name, call] of Object.entries(kernel)) expect(typeof call, name).toBe('function');
  });
});
