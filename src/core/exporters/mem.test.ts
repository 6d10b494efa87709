import { describe, expect, test } from 'vitest';
import { latin1Decode, utf8Encode } from '../base/bytes';
import { writeNpy } from '../base/npy';
import type { IntTensor } from '../ir/integer-model';
import { compareDump } from './compare';
import { bytesOfFile } from './bundle-input';
import { exportOptions } from './export-options';
import { memExporter, readMem } from './mem';
import { collect, tinyInput } from './tiny-bundle.fixture';

const info = {
  file: 'tensors/t.npy',
  role: 'activation',
  dtype: 'int8',
  bits: 8,
  signed: true,
  shape: [4],
  scale: 0.5,
  axis: null,
  zeroPoint: 0,
  stats: { min: 0, max: 0 },
} as const;
const body = (bytes: Uint8Array): string[] =>
  latin1Decode(bytes)
    .split('\n')
    .filter((l) => l !== '' && !l.startsWith('//'));
const mem = (tensor: IntTensor, bits: number, signed: boolean): Uint8Array => {
  const t = { fileStem: 't', value: 't', info: { ...info, dtype: tensor.dtype, bits, signed, shape: [...tensor.shape] }, tensor };
  const [file] = memExporter.tensorFiles?.(t, exportOptions(memExporter, {})) ?? [];
  if (!file) throw new Error('no file');
  return bytesOfFile(file);
};

describe('hex memory images', () => {
  test('two’s complement, exactly as wide as the bits, digits rounded up', () => {
    const four = { shape: [4] };
    expect(body(mem({ ...four, dtype: 'int8', data: Int8Array.of(-128, -1, 0, 127) }, 8, true))).toEqual(['80', 'ff', '00', '7f']);
    expect(body(mem({ ...four, dtype: 'int8', data: Int8Array.of(-16, -1, 0, 15) }, 5, true))).toEqual(['10', '1f', '00', '0f']);
    expect(body(mem({ ...four, dtype: 'int32', data: Int32Array.of(-2147483648, -1, 1, 2147483647) }, 32, true))).toEqual([
      '80000000',
      'ffffffff',
      '00000001',
      '7fffffff',
    ]);
    expect(body(mem({ ...four, dtype: 'uint16', data: Uint16Array.of(0, 1, 4095, 2) }, 12, false))).toEqual(['000', '001', 'fff', '002']);
    expect(body(mem({ ...four, dtype: 'int64', data: BigInt64Array.of(-1n, 2n ** 62n, 0n, -(2n ** 63n)) }, 64, true))).toEqual([
      'ffffffffffffffff',
      '4000000000000000',
      '0000000000000000',
      '8000000000000000',
    ]);
  });

  test('header lines say name, shape, order, bits, scale and zero point', () => {
    const text = latin1Decode(mem({ shape: [1], dtype: 'int8', data: Int8Array.of(1) }, 8, true));
    expect(text.split('\n').slice(0, 6)).toEqual([
      '// name t value t',
      '// shape 1',
      '// order row-major',
      '// bits 8 signed',
      '// scale 0.5',
      '// zero point 0',
    ]);
  });

  test.each([2, 5, 8, 12, 31, 32])('reading gives back every integer of %i bits', (bits) => {
    for (const signed of [true, false]) {
      const lo = signed ? -(2n ** BigInt(bits - 1)) : 0n;
      const hi = lo + 2n ** BigInt(bits) - 1n;
      const some = [lo, lo + 1n, -1n, 0n, 1n, hi - 1n, hi].filter((v) => v >= lo && v <= hi);
      const tensor: IntTensor = { dtype: 'int64', shape: [some.length], data: BigInt64Array.from(some) };
      expect(readMem(mem(tensor, bits, signed), 't.mem', { bits, signed })).toEqual(some);
    }
  });

  test('an integer that does not fit its bits is refused', () => {
    expect(() => mem({ shape: [1], dtype: 'int8', data: Int8Array.of(16) }, 5, true)).toThrow(/does not fit its width/);
  });

  test('reads what simulators write: addresses, comments, underscores, unknown bits', () => {
    const text = '// memory\n@2 f_f 0x\n/* skip */ @0 01';
    expect(readMem(utf8Encode(text), 'd.mem', { bits: 8, signed: true })).toEqual([1n, undefined, -1n, undefined]);
    expect(() => readMem(utf8Encode('hello'), 'd.mem', { bits: 8, signed: true })).toThrow(/Not a word/);
    expect(() => readMem(utf8Encode('1ff'), 'd.mem', { bits: 8, signed: true })).toThrow(/Not a word/);
  });
});

describe('a dump against the golden tensor', () => {
  test('its own .mem and .npy files agree', async () => {
    const files = await collect(tinyInput());
    for (const [path, bytes] of files) {
      if (!/\.(mem|npy)$/.test(path)) continue;
      expect(compareDump(files, { name: path.split('/').at(-1) as string, bytes })).toMatchObject({ differing: 0, first: undefined });
    }
  });

  test('the first element that differs, and how many', async () => {
    const input = tinyInput();
    const files = await collect(input);
    const golden = input.tensors.get('logits') as IntTensor;
    const dump = Array.from(golden.data as ArrayLike<number>);
    dump[1] = (dump[1] as number) + 1;
    dump[4] = (dump[4] as number) - 7;
    const expected = { elements: 5, differing: 2, first: { index: [0, 1], expected: String(golden.data[1]), got: String(dump[1]) } };
    expect(compareDump(files, { name: 'fc_yq.txt', bytes: utf8Encode(`# logits\n${dump.join(', ')}`) })).toMatchObject(expected);
    expect(
      compareDump(files, { name: 'dump/fc_yq.npy', bytes: writeNpy({ dtype: 'int32', shape: [5], data: Int32Array.from(dump) }) }),
    ).toMatchObject(expected);
  });

  test('another name or number of elements is said', async () => {
    const files = await collect(tinyInput());
    expect(() => compareDump(files, { name: 'nothing_yq.mem', bytes: utf8Encode('00') })).toThrow(/No tensor of the bundle has this name/);
    expect(() => compareDump(files, { name: 'fc_yq.mem', bytes: utf8Encode('00') })).toThrow(/another number of elements/);
  });
});
