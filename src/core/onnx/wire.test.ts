import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { StudioError } from '../base/errors';
import { pythonStrings } from './read-node';
import { looksLike } from './sniff';
import { BODY, VARINT, WireReader, WireWriter } from './wire';

const opened = (w: WireWriter): WireReader => {
  const r = new WireReader(w.finish(), 'f');
  expect(r.next()).toBe(true);
  return r;
};

function code(work: () => unknown): string {
  try {
    work();
  } catch (e) {
    if (e instanceof StudioError) return e.code;
    throw e;
  }
  return 'none';
}

describe('the wire format', () => {
  test('known encodings (protobuf.dev, Encoding)', () => {
    expect([...new WireWriter().int(1, 150).finish()]).toEqual([0x08, 0x96, 0x01]);
    expect([...new WireWriter().text(2, 'testing').finish()]).toEqual([0x12, 7, 0x74, 0x65, 0x73, 0x74, 0x69, 0x6e, 0x67]);
    expect([...new WireWriter().int(1, -2).finish()]).toEqual([0x08, 0xfe, ...new Array<number>(8).fill(0xff), 0x01]);
    expect([...new WireWriter().int(536870911, 0).finish()]).toEqual([0xf8, 0xff, 0xff, 0xff, 0x0f, 0]);
  });

  test('every whole number that a double holds comes back', () => {
    fc.assert(fc.property(fc.maxSafeInteger(), (v) => opened(new WireWriter().int(3, v)).int() === v));
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (v) => opened(new WireWriter().int(3, v)).int() === Number(v)),
    );
    expect(opened(new WireWriter().int(3, 2 ** 63)).int()).toBe(2 ** 63); // held at the largest int64
  });

  test('floats, texts, lists and messages come back', () => {
    fc.assert(fc.property(fc.float(), (v) => Object.is(opened(new WireWriter().float(3, v)).float(), v)));
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (v) => opened(new WireWriter().text(3, v)).text() === v));
    const list: number[] = [];
    const r = new WireReader(
      new WireWriter()
        .int(5, 7)
        .body(5, Uint8Array.of(1, 0xac, 2))
        .int(5, -1)
        .finish(),
      'f',
    );
    while (r.next()) r.ints(list);
    expect(list).toEqual([7, 1, 300, -1]);
    const inner = opened(new WireWriter().message(4, new WireWriter().int(1, 5).text(2, 'x'))).message();
    expect([inner.next(), inner.wire, inner.int(), inner.next(), inner.wire, inner.text(), inner.next()]).toEqual([
      true,
      VARINT,
      5,
      true,
      BODY,
      'x',
      false,
    ]);
  });

  test('bodies are views, not copies', () => {
    const bytes = new WireWriter().body(1, new Uint8Array(100)).finish();
    const r = new WireReader(bytes, 'f');
    r.next();
    expect(r.body().buffer).toBe(bytes.buffer);
  });

  test('what is cut off is truncated, what makes no sense is damaged', () => {
    const whole = new WireWriter().text(2, 'testing').finish();
    for (let k = 1; k < whole.length; k++) {
      const r = new WireReader(whole.subarray(0, k), 'f');
      r.next();
      expect(code(() => r.skip())).toBe('truncated');
    }
    const read = (...bytes: number[]) => {
      const r = new WireReader(Uint8Array.from(bytes), 'f');
      r.next();
      return r;
    };
    expect(code(() => read(0x08, ...new Array<number>(11).fill(0x80)).int())).toBe('not-onnx');
    expect(code(() => read(0x0b).skip())).toBe('not-onnx');
    expect(code(() => read(0x00))).toBe('not-onnx');
    expect(code(() => read(0x08, 1).text())).toBe('not-onnx');
    // a length of 2^63 is only too long
    expect(code(() => read(0x0a, ...new Array<number>(9).fill(0x80), 1).body())).toBe('truncated');
  });

  test('endless nesting ends', () => {
    let w = new WireWriter();
    for (let i = 0; i < 500; i++) w = new WireWriter().message(1, w);
    let r = new WireReader(w.finish(), 'f');
    expect(
      code(() => {
        while (r.next()) r = r.message();
      }),
    ).toBe('not-onnx');
  });
});

test('a Python list of strings is read as Python wrote it', () => {
  expect(pythonStrings(`['', 'layer1', "it's", 'a\\'b', 'c\\\\d']`)).toEqual(['', 'layer1', "it's", "a'b", 'c\\d']);
  expect(pythonStrings('[]')).toEqual([]);
});

test('what may be a model is not taken for something else', () => {
  expect(looksLike(Uint8Array.of(8))).toBeUndefined();
  expect(looksLike(Uint8Array.of(8, 8, 0x12, 7))).toBeUndefined();
  expect(looksLike(Uint8Array.of(0x12, 7, 0x70))).toBeUndefined();
});
