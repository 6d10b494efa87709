import { describe, expect, test } from 'vitest';
import { bytesOf, concatBytes, swapBytes, typedView, utf8Decode, utf8Encode } from './bytes';
import { floatToHalf, halfToFloat } from './half';
import { sha256Hex, sha256Stream } from './hash';

describe('bytes', () => {
  test('UTF-8 round trips text with one to four bytes a character', () => {
    const text = 'conv1.weight \u00e9 \u4e2d \u{1f600}';
    expect(utf8Decode(utf8Encode(text))).toBe(text);
    expect(utf8Encode('\u00e9')).toEqual(new Uint8Array([0xc3, 0xa9]));
  });

  test('a typed view of aligned bytes shares memory, of unaligned bytes it does not, and both read the same', () => {
    const floats = new Float32Array([1.5, -2, 3.25]);
    const aligned = bytesOf(floats);
    expect(typedView(aligned, Float32Array).buffer).toBe(floats.buffer);
    const shifted = concatBytes([new Uint8Array(1), aligned]).subarray(1);
    expect(typedView(shifted, Float32Array)).toEqual(floats);
    expect(typedView(aligned.subarray(0, 11), Float32Array)).toEqual(floats.subarray(0, 2));
  });

  test('swapping bytes twice changes nothing', () => {
    const bytes = new Uint8Array([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(swapBytes(bytes, 4)).toEqual(new Uint8Array([4, 3, 2, 1, 8, 7, 6, 5]));
    expect(swapBytes(swapBytes(bytes, 8), 8)).toEqual(bytes);
  });
});

describe('SHA-256', () => {
  test('the known digest of "abc", at once and in pieces', () => {
    const digest = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
    expect(sha256Hex(utf8Encode('abc'))).toBe(digest);
    const stream = sha256Stream();
    stream.update(utf8Encode('a'));
    stream.update(utf8Encode('bc'));
    expect(stream.hex()).toBe(digest);
  });
});

describe('float16', () => {
  test('every one of the 65 536 halves survives the way to float and back', () => {
    let wrong = 0;
    for (let bits = 0; bits < 65536; bits++) {
      const value = halfToFloat(bits);
      const back = floatToHalf(value);
      if (Number.isNaN(value) ? !Number.isNaN(halfToFloat(back)) : back !== bits) wrong++;
    }
    expect(wrong).toBe(0);
  });

  test('encoding rounds halfway cases to the even neighbour and overflows to infinity', () => {
    for (let bits = 0; bits < 0x7bff; bits++) {
      const middle = (halfToFloat(bits) + halfToFloat(bits + 1)) / 2;
      const even = bits % 2 === 0 ? bits : bits + 1;
      if (floatToHalf(middle) !== even) expect.fail(`halfway after ${bits}`);
    }
    expect(floatToHalf(65519)).toBe(0x7bff);
    expect(floatToHalf(65520)).toBe(0x7c00);
    expect(floatToHalf(-1e-9)).toBe(0x8000);
  });
});
