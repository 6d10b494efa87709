/**
 * Bytes without the platform: UTF-8 (no TextDecoder here), little-endian reads, and typed views of
 * byte arrays. Every processor that runs JavaScript engines today is little-endian, so a typed view of
 * little-endian bytes is the numbers themselves.
 */
import { strFromU8, strToU8 } from 'fflate';

export function utf8Encode(text: string): Uint8Array {
  return strToU8(text);
}

/** Copies. Malformed sequences become U+FFFD, as in TextDecoder. */
export function utf8Decode(bytes: Uint8Array): string {
  return strFromU8(bytes);
}

/** One character per byte: for headers that are ASCII by definition. */
export function latin1Decode(bytes: Uint8Array): string {
  return strFromU8(bytes, true);
}

/** A view; no copy. */
export function dataView(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The bytes of a typed array: a view, no copy. */
export function bytesOf(array: ArrayBufferView): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/** A constructor of typed arrays over a buffer, as `typedView` needs it. */
export interface TypedArrayConstructor<T> {
  readonly BYTES_PER_ELEMENT: number;
  new (buffer: ArrayBufferLike, byteOffset: number, length: number): T;
}

/**
 * Little-endian elements in `bytes` as a typed array. Views when the bytes are aligned, else copies:
 * so never write to the result. Trailing bytes that fill no element are left out.
 */
export function typedView<T>(bytes: Uint8Array, ctor: TypedArrayConstructor<T>): T {
  const size = ctor.BYTES_PER_ELEMENT;
  const length = Math.floor(bytes.byteLength / size);
  if (bytes.byteOffset % size === 0) return new ctor(bytes.buffer, bytes.byteOffset, length);
  const copy = new Uint8Array(bytes); // not slice(): that of Node's Buffer is a view
  return new ctor(copy.buffer, 0, length);
}

/** One new array with all chunks in order. */
export function concatBytes(chunks: readonly Uint8Array[]): Uint8Array {
  let total = 0;
  for (const c of chunks) total += c.length;
  const out = new Uint8Array(total);
  let at = 0;
  for (const c of chunks) {
    out.set(c, at);
    at += c.length;
  }
  return out;
}

/** A new array with the bytes of each element reversed (big-endian to little-endian and back). */
export function swapBytes(bytes: Uint8Array, elementSize: number): Uint8Array {
  const out = new Uint8Array(bytes.length);
  for (let i = 0; i + elementSize <= bytes.length; i += elementSize) {
    for (let j = 0; j < elementSize; j++) out[i + j] = bytes[i + elementSize - 1 - j] as number;
  }
  return out;
}
