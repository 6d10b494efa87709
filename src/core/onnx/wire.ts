/**
 * The protobuf wire format: a cursor over the bytes of one message, and a writer. It knows field numbers and
 * wire types, not ONNX. Length-delimited bodies are views, never copies.
 * Law: nothing is read past the end of a message; whoever says so is `truncated`, other nonsense is `not-onnx`.
 * Source: protobuf.dev, "Encoding".
 */
import { concatBytes, dataView, utf8Decode, utf8Encode } from '../base/bytes';
import { StudioError } from '../base/errors';

export const VARINT = 0;
export const FIXED64 = 1;
export const BODY = 2;
export const FIXED32 = 5;

/** As protobuf's own readers: deeper nesting is an attack or a damaged file. */
const MAX_DEPTH = 100;

export class WireReader {
  /** Number and wire type of the current field, after `next`. */
  field = 0;
  wire = 0;
  private at = 0;
  /** Words of the varint read last. */
  private low = 0;
  private high = 0;

  constructor(
    private readonly bytes: Uint8Array,
    readonly file: string,
    private readonly depth = 0,
  ) {
    if (depth > MAX_DEPTH) throw this.damaged(`parts nested more than ${MAX_DEPTH} deep`);
  }

  /** Moves on to the next field; false at the end. The caller then reads it or skips it. */
  next(): boolean {
    if (this.at >= this.bytes.length) return false;
    this.readVarint();
    if (this.high !== 0) throw this.damaged('a field number beyond 32 bits');
    this.field = this.low >>> 3;
    this.wire = this.low & 7;
    if (this.field === 0) throw this.damaged('a field without a number');
    return true;
  }

  /** A signed integer of any width; beyond 2^53 the nearest double. */
  int(): number {
    this.expect(VARINT);
    this.readVarint();
    return (this.high | 0) * 4294967296 + (this.low >>> 0);
  }

  float(): number {
    return dataView(this.fixed(FIXED32, 4)).getFloat32(0, true);
  }

  /** The body of a length-delimited field: a view. */
  body(): Uint8Array {
    this.expect(BODY);
    this.readVarint();
    const length = this.high * 4294967296 + (this.low >>> 0);
    return this.take(length);
  }

  text(): string {
    return utf8Decode(this.body());
  }

  /** The body as a message of its own. */
  message(): WireReader {
    return new WireReader(this.body(), this.file, this.depth + 1);
  }

  /** A value of fixed width as its bytes: a view. */
  fixed(wire: typeof FIXED32 | typeof FIXED64, size: 4 | 8): Uint8Array {
    this.expect(wire);
    return this.take(size);
  }

  /** The bytes of a varint as they lie there: a view. */
  varintBytes(): Uint8Array {
    this.expect(VARINT);
    const start = this.at;
    this.readVarint();
    return this.bytes.subarray(start, this.at);
  }

  /** Integers of a repeated field, packed or one by one: added to `out`. */
  ints(out: number[]): void {
    if (this.wire === VARINT) {
      out.push(this.int());
      return;
    }
    const packed = this.message();
    while (packed.at < packed.bytes.length) {
      packed.readVarint();
      out.push((packed.high | 0) * 4294967296 + (packed.low >>> 0));
    }
  }

  /** Floats of a repeated field, packed or one by one: added to `out`. */
  floats(out: number[]): void {
    if (this.wire === FIXED32) {
      out.push(this.float());
      return;
    }
    const packed = dataView(this.body());
    if (packed.byteLength % 4 !== 0) throw this.damaged('packed floats that end in the middle of one');
    for (let i = 0; i < packed.byteLength; i += 4) out.push(packed.getFloat32(i, true));
  }

  skip(): void {
    if (this.wire === VARINT) this.readVarint();
    else if (this.wire === BODY) this.body();
    else if (this.wire === FIXED32) this.take(4);
    else if (this.wire === FIXED64) this.take(8);
    else throw this.damaged(`wire type ${this.wire}`);
  }

  damaged(got: string): StudioError {
    return new StudioError({
      code: 'not-onnx',
      what: 'The file is damaged: it is not the protobuf of an ONNX model',
      expected: 'a field of the format',
      got,
      where: { file: this.file },
      todo: 'Export or download it again.',
    });
  }

  private expect(wire: number): void {
    if (this.wire !== wire) throw this.damaged(`field ${this.field} with wire type ${this.wire} in place of ${wire}`);
  }

  private take(length: number): Uint8Array {
    const left = this.bytes.length - this.at;
    if (length > left) throw this.cutOff(`${length} bytes`, `${left}`);
    const view = this.bytes.subarray(this.at, this.at + length);
    this.at += length;
    return view;
  }

  private cutOff(expected: string, got: string): StudioError {
    return new StudioError({
      code: 'truncated',
      what: 'The file is cut off: a part of the model is longer than what is left',
      expected,
      got,
      where: { file: this.file },
      todo: 'Export or download it again.',
    });
  }

  private readVarint(): void {
    const { bytes } = this;
    let low = 0;
    let high = 0;
    for (let shift = 0; shift < 70; shift += 7) {
      if (this.at >= bytes.length) throw this.cutOff('the rest of a number', 'the end');
      const byte = bytes[this.at++] as number;
      const bits = byte & 0x7f;
      if (shift < 32) low |= bits << shift;
      if (shift === 28) high |= bits >>> 4;
      else if (shift > 28) high |= bits << (shift - 32);
      if (byte < 0x80) {
        this.low = low;
        this.high = high >>> 0;
        return;
      }
    }
    throw this.damaged('a number of more than ten bytes');
  }
}

/** Bytes of one message, field by field. Bodies are kept as views until `finish`. */
export class WireWriter {
  private readonly chunks: Uint8Array[] = [];
  private length = 0;

  int(field: number, value: number | bigint): this {
    return this.push(varint(field * 8 + VARINT)).push(varint(value));
  }

  float(field: number, value: number): this {
    const bytes = new Uint8Array(4);
    dataView(bytes).setFloat32(0, value, true);
    return this.push(varint(field * 8 + FIXED32)).push(bytes);
  }

  body(field: number, bytes: Uint8Array): this {
    return this.push(varint(field * 8 + BODY))
      .push(varint(bytes.length))
      .push(bytes);
  }

  text(field: number, text: string): this {
    return this.body(field, utf8Encode(text));
  }

  message(field: number, inner: WireWriter): this {
    this.push(varint(field * 8 + BODY)).push(varint(inner.length));
    for (const chunk of inner.chunks) this.push(chunk);
    return this;
  }

  finish(): Uint8Array {
    return concatBytes(this.chunks);
  }

  private push(bytes: Uint8Array): this {
    this.chunks.push(bytes);
    this.length += bytes.length;
    return this;
  }
}

/** A whole number as 64-bit two's complement; numbers beyond its range are held at its ends. */
function varint(value: number | bigint): Uint8Array {
  if (typeof value === 'number' && value >= 0 && value < 128) return Uint8Array.of(value);
  const wide = typeof value === 'bigint' ? value : BigInt(value);
  const most = (1n << 63n) - 1n;
  let rest = BigInt.asUintN(64, wide > most ? most : wide < -most - 1n ? -most - 1n : wide);
  const out: number[] = [];
  for (; rest > 127n; rest >>= 7n) out.push(Number(rest & 127n) | 128);
  out.push(Number(rest));
  return Uint8Array.from(out);
}
