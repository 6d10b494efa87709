/**
 * A simulator's dump as numbers: .npy, words of hex or binary digits ($writememh, $writememb), or text with one decimal or hex
 * number a line. Not the packed memories of an export: one element a word. Unknown words (x, z, addresses never written) are
 * undefined. Errors are `bad-data`, name the file, and say what is expected.
 */
import { latin1Decode } from '../base/bytes';
import { StudioError } from '../base/errors';
import { readNpy } from '../base/npy';
import type { IntDType } from '../ir/integer-model';

export type DumpFormat = 'npy' | 'decimal' | 'hex' | 'binary';

/** The tensor that the dump should be. */
export interface DumpTarget {
  readonly bits: number;
  readonly signed: boolean;
  readonly dtype: IntDType;
  readonly elements: number;
}

/** Numbers, or bigints where the tensor has 64 bits. */
export type DumpValues = readonly (number | bigint | undefined)[];

export interface Dump {
  readonly format: DumpFormat;
  readonly values: DumpValues;
}

/** `radix`: what the words of a text are; undefined: told by the file's ending and by the words. */
export function readDump(bytes: Uint8Array, name: string, target: DumpTarget, radix?: 2 | 10 | 16): Dump {
  if (/\.npy$/i.test(name)) return { format: 'npy', values: checkedLength(npyValues(bytes, name, target), name, target) };
  const text = latin1Decode(bytes)
    .replace(/\/\*[\s\S]*?\*\//g, ' ')
    .replace(/(#|\/\/)[^\n]*/g, ' ');
  const words = text.match(/[^\s,;[\](){}]+/g) ?? [];
  const format = radix === undefined ? formatOf(words, name, target) : ({ 2: 'binary', 10: 'decimal', 16: 'hex' } as const)[radix];
  const values = format === 'decimal' ? decimals(words, name, target) : digits(words, format, name, target);
  return { format, values: checkedLength(values, name, target) };
}

const unknownWord = /^[xz_]+$/i;
const prefix = /^(0x|\d*'s?h)/i;

/**
 * Words as long as the tensor has bits, of 0 and 1, are binary. The rest of a .mem, .hex or .dat is hex. Other texts are hex
 * where a word says so: by a prefix, by a letter, or by a leading 0, which no decimal number has.
 */
function formatOf(words: readonly string[], name: string, { bits }: DumpTarget): Exclude<DumpFormat, 'npy'> {
  const plain = words.filter((w) => !w.startsWith('@') && !unknownWord.test(w));
  if (bits > 1 && plain.length > 0 && plain.every((w) => /^[01xz_]+$/i.test(w) && w.replaceAll('_', '').length === bits)) return 'binary';
  if (/\.(mem|hex|dat|memh)$/i.test(name)) return 'hex';
  if (/\.memb$/i.test(name)) return 'binary';
  return plain.some((w) => prefix.test(w) || /^[0-9_]*[a-f]/i.test(w) || /^0\d/.test(w)) ? 'hex' : 'decimal';
}

/** Words of digits in two's complement; `@address` (hex, in words) moves on. */
function digits(words: readonly string[], format: 'hex' | 'binary', file: string, target: DumpTarget): (number | bigint | undefined)[] {
  const { bits, signed, elements, dtype } = target;
  const out: (number | bigint | undefined)[] = [];
  const digitBits = format === 'hex' ? 4 : 1;
  const room = Math.ceil(bits / digitBits);
  const valid = format === 'hex' ? /^[0-9a-fxz]+$/ : /^[01xz]+$/;
  let at = 0;
  for (const word of words) {
    if (word.startsWith('@')) {
      at = Number.parseInt(word.slice(1), 16);
      if (!Number.isSafeInteger(at)) throw notAWord(file, word, format);
      if (at >= elements) throw wrongLength(file, elements, `an address of ${at}`);
      while (out.length < at) out.push(undefined);
      continue;
    }
    const clean = word.replace(prefix, '').replaceAll('_', '').toLowerCase();
    if (!valid.test(clean)) throw notAWord(file, word, format);
    let value: number | bigint | undefined;
    if (!/[xz]/.test(clean)) {
      const significant = clean.replace(/^0+/, '') || '0';
      if (significant.length > room) throw tooWide(file, word, room, bits, format);
      const raw = BigInt(`${format === 'hex' ? '0x' : '0b'}${significant}`);
      const cut = BigInt.asUintN(bits, raw);
      const wide = signed ? BigInt.asIntN(bits, raw) : cut;
      // a simulator pads words to whole digits: what is above the bits must be zero or the sign
      if (raw !== cut && raw !== BigInt.asUintN(room * digitBits, wide)) throw tooWide(file, word, room, bits, format);
      value = dtype === 'int64' ? wide : Number(wide);
    }
    out[at++] = value;
    if (at > elements) throw wrongLength(file, elements, `${words.filter((w) => !w.startsWith('@')).length} words`, words.length, elements);
  }
  return out;
}

function decimals(words: readonly string[], file: string, { dtype }: DumpTarget): (number | bigint | undefined)[] {
  return words.map((word) => {
    if (unknownWord.test(word)) return undefined;
    if (!/^[+-]?\d+(\.0*)?$/.test(word)) throw notAWord(file, word, 'decimal');
    const whole = word.replace(/\..*$/, '').replace('+', '');
    return dtype === 'int64' ? BigInt(whole) : Number(whole);
  });
}

function npyValues(bytes: Uint8Array, file: string, { dtype }: DumpTarget): (number | bigint | undefined)[] {
  return Array.from(readNpy(bytes, file).data as ArrayLike<number | bigint>, (v, i) => {
    if (typeof v === 'number' && !Number.isInteger(v)) throw notAWord(file, `${v} at position ${i}`, 'npy');
    if (dtype === 'int64') return BigInt(v);
    return Number(v);
  });
}

function checkedLength(values: DumpValues, file: string, { elements }: DumpTarget): DumpValues {
  if (values.length === elements) return values;
  throw wrongLength(file, elements, `${values.length}`, values.length, elements);
}

function wrongLength(file: string, elements: number, got: string, count = 0, wanted = 0): StudioError {
  const packed = count > 0 && wanted > count && wanted % count === 0;
  return new StudioError({
    code: 'bad-data',
    what: 'The dump has another number of elements',
    expected: String(elements),
    got,
    where: { file },
    ...(packed ? { todo: `It seems to hold ${wanted / count} elements a word: write one element a word.` } : {}),
  });
}

function tooWide(file: string, word: string, room: number, bits: number, format: DumpFormat): StudioError {
  return new StudioError({
    code: 'bad-data',
    what: 'A word of the dump is wider than the tensor',
    expected: `${room} ${format} digits for ${bits} bits`,
    got: word.slice(0, 40),
    where: { file },
    todo: 'Write one element a word, as wide as its bits.',
  });
}

function notAWord(file: string, got: string, format: DumpFormat): StudioError {
  const expected = { npy: 'whole numbers', decimal: 'decimal integers', hex: 'words of hex digits', binary: 'words of 0 and 1' }[format];
  return new StudioError({
    code: 'bad-data',
    what: 'The dump holds something else than integers',
    expected,
    got: got.slice(0, 40),
    where: { file },
  });
}
