/**
 * What was learned so far as bytes that grow by one record a layer, so that a page that was closed or a process that was
 * ended goes on. One file belongs to one key: the model, the data, the recipe and all else that the result depends on.
 * Laws: what is read is what was written, bit for bit; a record that was torn or damaged ends the reading, and those before
 * it count.
 */
import { bytesOf, concatBytes, dataView, utf8Decode, utf8Encode } from '../base/bytes';
import { sha256Hex } from '../base/hash';
import type { Finished, LearnedRecord } from './types';

const MAGIC = 't2c-lrn2';
/** SHA-256 as text. */
const KEY = 64;
const HEAD = MAGIC.length + KEY;
/** Length of the text, length of the data, the first 16 digits of the SHA-256 of both. */
const PREFIX = 4 + 4 + 16;

const arrays = { Int8Array, Int32Array, Float32Array, Float64Array };
type ArrayName = keyof typeof arrays;

/** A typed array inside the text. Whole numbers of 8 bits lie as such, whatever they are read into. */
interface Placed {
  readonly $array: ArrayName;
  readonly as: ArrayName;
  readonly at: number;
  readonly length: number;
}

/** Where a file begins. */
export function learnedFileHead(key: string): Uint8Array {
  if (key.length !== KEY) throw new RangeError(`a key has ${KEY} digits`);
  return utf8Encode(MAGIC + key);
}

export function writeLearned(record: LearnedRecord): Uint8Array {
  const parts: Uint8Array[] = [];
  let at = 0;
  const text = JSON.stringify(record, (_, value: unknown) => {
    if (!ArrayBuffer.isView(value)) return value;
    const name = value.constructor.name as ArrayName; // of the arrays that are learned: see `arrays`
    const small = value instanceof Int32Array && value.every((v) => v >= -128 && v < 128);
    const stored = small ? Int8Array.from(value) : (value as Int32Array);
    const placed: Placed = { $array: name, as: small ? 'Int8Array' : name, at, length: stored.length };
    parts.push(bytesOf(stored));
    at += stored.byteLength;
    return placed;
  });
  const body = concatBytes([utf8Encode(text), ...parts]);
  const prefix = new Uint8Array(PREFIX);
  dataView(prefix).setUint32(0, body.length - at, true);
  dataView(prefix).setUint32(4, at, true);
  prefix.set(utf8Encode(sha256Hex(body).slice(0, 16)), 8);
  return concatBytes([prefix, body]);
}

export interface LearnedFile {
  readonly key: string;
  readonly records: readonly LearnedRecord[];
  /** Bytes up to the end of the last whole record: what comes after is to be cut off before more is added. */
  readonly end: number;
}

/** undefined: it is no such file. */
export function readLearned(bytes: Uint8Array): LearnedFile | undefined {
  if (bytes.length < HEAD || utf8Decode(bytes.subarray(0, MAGIC.length)) !== MAGIC) return undefined;
  const records: LearnedRecord[] = [];
  let end = HEAD;
  while (end + PREFIX <= bytes.length) {
    const view = dataView(bytes.subarray(end, end + PREFIX));
    const [text, data] = [view.getUint32(0, true), view.getUint32(4, true)];
    const body = bytes.subarray(end + PREFIX, end + PREFIX + text + data);
    const digest = utf8Decode(bytes.subarray(end + 8, end + PREFIX));
    if (body.length < text + data || sha256Hex(body).slice(0, 16) !== digest) break;
    records.push(recordOf(utf8Decode(body.subarray(0, text)), body.subarray(text)));
    end += PREFIX + text + data;
  }
  return { key: utf8Decode(bytes.subarray(MAGIC.length, HEAD)), records, end };
}

/** The digest says that we wrote it. */
function recordOf(text: string, data: Uint8Array): LearnedRecord {
  return JSON.parse(text, (_, value: unknown) => {
    if (typeof value !== 'object' || value === null || !('$array' in value)) return value;
    const { $array, as, at, length } = value as Placed;
    const bytes = data.slice(at, at + length * arrays[as].BYTES_PER_ELEMENT); // aligned
    const stored = new arrays[as](bytes.buffer);
    return $array === as ? stored : arrays[$array].from(stored);
  }) as LearnedRecord;
}

/** Puts what was kept where `prepare` looks for it. */
export function takeLearned(records: readonly LearnedRecord[], finished: Finished): void {
  for (const { kind, key, value } of records) (finished[kind] as Map<string, typeof value>).set(key, value);
}
