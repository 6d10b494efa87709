import { describe, expect, test } from 'vitest';
import { utf8Encode } from '../base/bytes';
import { StudioError } from '../base/errors';
import { writeNpy } from '../base/npy';
import { createRng } from '../base/rng';
import type { IntTensor } from '../ir/integer-model';
import { compareDump } from './compare';
import { differenceOf, mismatchesOf } from './difference';
import { readDump, type DumpTarget } from './dump';
import { collect, tinyInput } from './tiny-bundle.fixture';

const target = (bits: number, signed: boolean, elements: number): DumpTarget => ({
  bits,
  signed,
  elements,
  dtype: bits > 32 ? 'int64' : bits > 16 ? 'int32' : bits > 8 ? (signed ? 'int16' : 'uint16') : signed ? 'int8' : 'uint8',
});
const text = (words: readonly string[], name: string, t: DumpTarget, radix?: 2 | 10 | 16) =>
  readDump(utf8Encode(words.join('\n')), name, t, radix);

/** Random integers of a width, extremes and 0 among them. */
function some(bits: number, signed: boolean, seed: number): bigint[] {
  const rng = createRng(seed);
  const lo = signed ? -(1n << BigInt(bits - 1)) : 0n;
  const random = (): bigint => BigInt.asUintN(bits, (BigInt(rng.int(0, 2 ** 31 - 1)) << 31n) | BigInt(rng.int(0, 2 ** 31 - 1))) + lo;
  return [lo, lo + (1n << BigInt(bits)) - 1n, 0n, ...Array.from({ length: 20 }, random)];
}

const asText = {
  hex: (v: bigint, bits: number) =>
    BigInt.asUintN(bits, v)
      .toString(16)
      .padStart(Math.ceil(bits / 4), '0'),
  prefixed: (v: bigint, bits: number) => `0x${BigInt.asUintN(bits, v).toString(16)}`,
  verilog: (v: bigint, bits: number) => `${bits}'h${BigInt.asUintN(bits, v).toString(16)}`,
  binary: (v: bigint, bits: number) => BigInt.asUintN(bits, v).toString(2).padStart(bits, '0'),
  decimal: (v: bigint) => String(v),
};

describe('every form of text gives back the integers', () => {
  for (const [bits, signed] of [
    [3, true],
    [5, false],
    [8, true],
    [8, false],
    [12, true],
    [16, false],
    [21, true],
    [32, true],
    [62, true],
  ] as const) {
    test(`${bits} bits, ${signed ? 'signed' : 'unsigned'}`, () => {
      const integers = some(bits, signed, bits);
      const want = integers.map((v) => (bits > 32 ? v : Number(v)));
      const t = target(bits, signed, integers.length);
      for (const [form, name] of [
        ['hex', 'a.mem'],
        ['binary', 'a.mem'],
        ['prefixed', 'a.txt'],
        ['verilog', 'a.txt'],
        ['decimal', 'a.txt'],
      ] as const) {
        expect(
          text(
            integers.map((v) => asText[form](v, bits)),
            name,
            t,
          ).values,
          form,
        ).toEqual(want);
      }
      // sign-extended to whole digits, as a simulator writes it
      const extended = integers.map((v) => asText.hex(v, Math.ceil(bits / 4) * 4));
      expect(text(extended, 'a.mem', t).values).toEqual(want);
      expect(
        text(
          integers.map((v) => asText.hex(v, bits)),
          'a.txt',
          t,
          16,
        ).values,
      ).toEqual(want);
      const npy = writeNpy({ dtype: 'int64', shape: [integers.length], data: BigInt64Array.from(integers) });
      expect(readDump(npy, 'a.npy', t)).toEqual({ format: 'npy', values: want });
    });
  }
});

describe('what a text is', () => {
  test('is told by its words, where the ending leaves it open', () => {
    const t = target(8, true, 3);
    expect(text(['10', '-3', '99'], 'a.txt', t)).toEqual({ format: 'decimal', values: [10, -3, 99] });
    expect(text(['10', 'f3', '99'], 'a.txt', t)).toEqual({ format: 'hex', values: [16, -13, -103] });
    expect(text(['10', '03', '99'], 'a.txt', t)).toEqual({ format: 'hex', values: [16, 3, -103] });
    expect(text(['10', '20', '99'], 'a.mem', t)).toEqual({ format: 'hex', values: [16, 32, -103] });
    expect(text(['00000010', '11111111', '0000_0001'], 'a.txt', t)).toEqual({ format: 'binary', values: [2, -1, 1] });
    expect(text(['10', '20', '99'], 'a.mem', t, 10)).toEqual({ format: 'decimal', values: [10, 20, 99] });
  });

  test('comments, commas, brackets and addresses', () => {
    const t = target(8, false, 4);
    expect(text(['# head', '[1, 2,', '3; 4] // tail'], 'a.txt', t).values).toEqual([1, 2, 3, 4]);
    expect(text(['/* a', 'b */', '@1', 'ff', '@3 0a'], 'a.mem', t).values).toEqual([undefined, 255, undefined, 10]);
  });

  test('x and z are unknown, whole words or digits', () => {
    const t = target(8, false, 4);
    expect(text(['xx', '0a', '1x', 'zz'], 'a.mem', t).values).toEqual([undefined, 10, undefined, undefined]);
    expect(text(['x', '10', 'z', '4'], 'a.txt', t).values).toEqual([undefined, 10, undefined, 4]);
  });
});

describe('what does not fit is refused with one message', () => {
  const refused = (words: readonly string[], name: string, t: DumpTarget): StudioError['fields'] => {
    try {
      text(words, name, t);
    } catch (error) {
      if (error instanceof StudioError) return error.fields;
    }
    throw new Error('nothing was refused');
  };

  test('another number of elements, with a guess why', () => {
    expect(refused(['00', '01'], 'a.mem', target(8, true, 8))).toMatchObject({
      expected: '8',
      got: '2',
      where: { file: 'a.mem' },
      todo: expect.stringContaining('4 elements a word') as string,
    });
  });

  test('words that are too many, or too far', () => {
    expect(refused(['00', '01', '02'], 'a.mem', target(8, true, 2))).toMatchObject({ expected: '2', got: '3 words' });
    expect(refused(['@7fffffff', '00'], 'a.mem', target(8, true, 2))).toMatchObject({ expected: '2', got: 'an address of 2147483647' });
  });

  test('words that are too wide', () => {
    expect(refused(['fffffff3'], 'a.mem', target(8, true, 1))).toMatchObject({ expected: '2 hex digits for 8 bits', got: 'fffffff3' });
    expect(refused(['2f'], 'a.mem', target(5, true, 1))).toMatchObject({ expected: '2 hex digits for 5 bits' });
  });

  test('what is no integer', () => {
    expect(refused(['1.5'], 'a.txt', target(8, true, 1))).toMatchObject({ expected: 'decimal integers', got: '1.5' });
    expect(refused(['q0'], 'a.mem', target(8, true, 1))).toMatchObject({ expected: 'words of hex digits' });
    const floats = writeNpy({ dtype: 'float32', shape: [1], data: Float32Array.of(0.5) });
    expect(() => readDump(floats, 'a.npy', target(8, true, 1))).toThrow(/something else than integers/);
  });
});

describe('differences', () => {
  const golden: IntTensor = { dtype: 'int8', shape: [2, 3], data: Int8Array.of(1, 2, 3, 4, 5, 6) };
  const compare = (got: readonly (number | undefined)[]) => differenceOf(golden, got, mismatchesOf(golden, got));

  test('none', () => {
    expect(compare([1, 2, 3, 4, 5, 6])).toEqual({
      elements: 6,
      differing: 0,
      unknown: 0,
      first: undefined,
      worst: undefined,
      histogram: [],
    });
  });

  test('the first, the farthest, the unknown, and how far', () => {
    expect(compare([1, undefined, 4, 4, 5, 0])).toEqual({
      elements: 6,
      differing: 3,
      unknown: 1,
      first: { position: 1, index: [0, 1], expected: '2', got: 'x' },
      worst: { position: 5, index: [1, 2], expected: '6', got: '0', difference: -6 },
      histogram: Array.from({ length: 8 }, (_, i) => ({ from: i - 6, to: i - 6, count: i === 0 || i === 7 ? 1 : 0 })),
    });
  });

  test('bins hold every difference once, however far apart', () => {
    const rng = createRng(4);
    const data = Int32Array.from({ length: 500 }, () => rng.int(-(2 ** 31), 2 ** 31 - 1));
    const got = Array.from(data, (v, i) => (i % 3 === 0 ? v : rng.int(-(2 ** 31), 2 ** 31 - 1)));
    const tensor: IntTensor = { dtype: 'int32', shape: [500], data };
    const d = differenceOf(tensor, got, mismatchesOf(tensor, got));
    expect(d.histogram.length).toBeLessThanOrEqual(41);
    for (const { from, to, count } of d.histogram) {
      const inside = got.filter((v, i) => v !== data[i] && v - (data[i] as number) >= from && v - (data[i] as number) <= to);
      expect(inside).toHaveLength(count);
    }
    expect(d.histogram.reduce((n, b) => n + b.count, 0)).toBe(d.differing);
  });
});

describe('a dump of a bundle', () => {
  test('finds its tensor by file, op or value', async () => {
    const input = tinyInput();
    const files = await collect(input);
    const logits = Array.from(input.tensors.get('logits')?.data as Int16Array);
    const bytes = utf8Encode(logits.map((v, i) => (i === 3 ? v + 2 : v)).join('\n'));
    const want = {
      tensor: 'logits',
      format: 'decimal',
      differing: 1,
      first: { position: 3, index: [0, 3] },
      histogram: [{ from: 2, to: 2, count: 1 }],
    };
    expect(compareDump(files, { name: 'fc_yq.txt', bytes })).toMatchObject(want);
    expect(compareDump(files, { name: 'fc.txt', bytes })).toMatchObject(want);
    for (const tensor of ['fc_yq.npy', 'fc', 'logits'])
      expect(compareDump(files, { name: 'dump17.txt', bytes }, { tensor })).toMatchObject(want);
    expect(() => compareDump(files, { name: 'dump17.txt', bytes })).toThrow(/No tensor of the bundle has this name/);
  });
});
