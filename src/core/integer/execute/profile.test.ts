/** Requantization profiles in the executor, whole and in parts, against the slow reading: random convolutions and products. */
import { describe, test } from 'vitest';
import type { Arithmetic, QuantInfo, Requant } from '../../ir/integer-model';
import { base, Bench, seeds } from './bench.fixture';

/** A bound that no register here holds. */
const accumulator = { bound: '2000000000', boundBits: 32 };
const profiles: readonly Partial<Arithmetic>[] = [
  { multiplier: { kind: 'tflite' } },
  { accumulator: { bits: 16, overflow: 'saturate' } },
  { accumulator: { bits: 18, overflow: 'wrap' } },
  { multiplier: { kind: 'tflite' }, accumulator: { bits: 20, overflow: 'wrap' } },
];

/** With gemmlowp's multipliers of 32 bits, halves and more among the scales; else as the bench makes them. */
function requantOf(b: Bench, arithmetic: Partial<Arithmetic>, channels: number, quant: QuantInfo): Requant {
  const made = b.requant(channels, quant, 8000 * 20);
  if (arithmetic.multiplier?.kind !== 'tflite') return made;
  const shape = channels === 1 ? [] : [channels];
  const each = <T>(f: () => T): T[] => Array.from({ length: channels }, f);
  b.constant(
    'mul',
    shape,
    -(2 ** 31),
    2 ** 31 - 1,
    each(() => (b.rng.int(0, 4) === 0 ? 2 ** 30 : b.rng.int(2 ** 30, 2 ** 31 - 1))),
  );
  b.constant(
    'shift',
    shape,
    0,
    62,
    each(() => b.rng.int(31, 46)),
  );
  return made;
}

describe.each(profiles.map((p) => [JSON.stringify(p), p] as const))('%s', (_, arithmetic) => {
  test.each(seeds(12))('conv %i', async (seed) => {
    const b = new Bench(seed, arithmetic);
    const { rng } = b;
    const group = seed % 3 === 0 ? 4 : 1;
    const perGroup = seed % 2 === 0 ? 1 : rng.int(2, 7);
    const outputs = group * rng.int(1, 9);
    b.input('x', [1, group * perGroup, 6, 7], seed % 4 === 0 ? 12 : 8);
    b.constant('w', [outputs, perGroup, 3, 2], -127, 127);
    const quant = b.output([1, outputs, 4, 6]);
    const bias = seed % 2 === 0 ? undefined : b.constant('bias', [outputs], -(2 ** 17), 2 ** 17);
    const requant = requantOf(b, arithmetic, rng.int(0, 2) === 0 ? 1 : outputs, quant);
    const attrs = { strides: [1, 1], pads: [0, 0, 0, 0], dilations: [1, 1], group };
    await b.check({ ...base, kind: 'conv', weight: 'w', bias, attrs, requant, acc: 'acc', accumulator });
  });

  test.each(seeds(12))('gemm %i', async (seed) => {
    const b = new Bench(seed, arithmetic);
    const { rng } = b;
    const [lines, K, N] = [rng.int(1, 9), rng.int(1, 90), rng.int(1, 40)];
    b.input('x', [lines, K]);
    b.constant('w', [K, N], -127, 127);
    const quant = b.output([lines, N]);
    const bias = seed % 2 === 0 ? undefined : b.constant('bias', [N], -(2 ** 18), 2 ** 18);
    const requant = requantOf(b, arithmetic, rng.int(0, 2) === 0 ? 1 : N, quant);
    await b.check({ ...base, kind: 'gemm', weight: 'w', bias, attrs: { transB: 0 }, requant, acc: 'acc', accumulator });
  });
});
