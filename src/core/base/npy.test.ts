import { describe, expect, test } from 'vitest';
import { concatBytes, swapBytes, utf8Encode } from './bytes';
import { StudioError } from './errors';
import { readNpy, writeNpy, type NpyArray } from './npy';

const arrays: readonly NpyArray[] = [
  { dtype: 'float64', shape: [2, 2], data: new Float64Array([1, -2.5, NaN, Infinity]) },
  { dtype: 'float32', shape: [3], data: new Float32Array([0, -0, 1e-40]) },
  { dtype: 'float16', shape: [1, 3], data: new Float32Array([1.5, -65504, 2 ** -24]) },
  { dtype: 'int64', shape: [2], data: new BigInt64Array([-(2n ** 63n), 2n ** 63n - 1n]) },
  { dtype: 'int32', shape: [], data: new Int32Array([-7]) },
  { dtype: 'int16', shape: [2, 1, 2], data: new Int16Array([1, -32768, 32767, 0]) },
  { dtype: 'int8', shape: [4], data: new Int8Array([-128, 127, 0, 1]) },
  { dtype: 'uint64', shape: [1], data: new BigUint64Array([2n ** 64n - 1n]) },
  { dtype: 'uint32', shape: [1], data: new Uint32Array([0xffffffff]) },
  { dtype: 'uint16', shape: [2], data: new Uint16Array([0, 65535]) },
  { dtype: 'uint8', shape: [0, 5], data: new Uint8Array(0) },
  { dtype: 'bool', shape: [2], data: new Uint8Array([0, 1]) },
];

/** A version-2 file with a header of our choosing. */
function file(header: string, body: Uint8Array): Uint8Array {
  const text = utf8Encode(header);
  const head = new Uint8Array([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 2, 0, text.length & 255, text.length >> 8, 0, 0]);
  return concatBytes([head, text, body]);
}

function failure(bytes: Uint8Array): StudioError {
  try {
    readNpy(bytes, 'x.npy');
  } catch (e) {
    if (e instanceof StudioError) return e;
    throw e;
  }
  throw new Error('expected a failure');
}

describe('.npy', () => {
  test.each(arrays.map((a) => [a.dtype, a] as const))('%s survives writing and reading', (_, array) => {
    const bytes = writeNpy(array);
    expect(readNpy(bytes, 'x.npy')).toEqual(array);
    expect((bytes.length - array.data.length * (array.dtype === 'float16' ? 2 : array.data.BYTES_PER_ELEMENT)) % 64).toBe(0);
  });

  test('the same array read at an odd address is the same', () => {
    const bytes = writeNpy(arrays[0] as NpyArray);
    expect(readNpy(concatBytes([new Uint8Array(3), bytes]).subarray(3), 'x.npy')).toEqual(arrays[0]);
  });

  test('Fortran order and big-endian bytes come out row-major', () => {
    const rowMajor = new Int16Array([0, 1, 2, 3, 4, 5]);
    const columnMajor = new Int16Array([0, 3, 1, 4, 2, 5]);
    const body = swapBytes(new Uint8Array(columnMajor.buffer), 2);
    const bytes = file("{'descr': '>i2', 'fortran_order': True, 'shape': (2, 3), }", body);
    expect(readNpy(bytes, 'x.npy')).toEqual({ dtype: 'int16', shape: [2, 3], data: rowMajor });
  });

  test('faults are told by name: empty, foreign, cut off, objects, strings', () => {
    expect(failure(new Uint8Array(0)).code).toBe('empty-file');
    expect(failure(utf8Encode('PK something else')).code).toBe('bad-data');
    const whole = writeNpy(arrays[5] as NpyArray);
    expect(failure(whole.subarray(0, 40)).code).toBe('truncated');
    const cut = failure(whole.subarray(0, whole.length - 1));
    expect(cut.message).toBe('The .npy file ends before its array does, expected 8 bytes of data, got 7 [file x.npy]');
    expect(failure(file("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", new Uint8Array(8))).code).toBe('unsupported-dtype');
    expect(failure(file("{'descr': '<U5', 'fortran_order': False, 'shape': (1,), }", new Uint8Array(20))).message).toContain('<U5');
    expect(failure(file("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (1,), }", new Uint8Array(4))).code).toBe(
      'unsupported-dtype',
    );
  });
});
