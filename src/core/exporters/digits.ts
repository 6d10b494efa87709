/**
 * Words as digits of radix 16 or 2, highest first and as many as the width needs, and back. Not decimal numbers (txt.ts).
 */
import { latin1Decode } from '../base/bytes';
import { StudioError } from '../base/errors';
import { bytesPerWord, type Words } from './packing/words';

/** Bits of a digit: 4 for hex, 1 for binary. */
export type DigitBits = 4 | 1;

/** `before` (which may number the words) and `after` every word, in ASCII. */
export function digitLines(words: Words, bits: DigitBits, before: Before | string, after: string): Uint8Array {
  const digits = Math.ceil(words.width / bits);
  const size = bytesPerWord(words);
  const perByte = 8 / bits;
  const mask = (1 << bits) - 1;
  const head = typeof before === 'string' ? { most: before.length, text: () => before } : before;
  const out = new Uint8Array(words.count * (head.most + digits + after.length));
  let at = 0;
  for (let k = 0; k < words.count; k++) {
    const text = head.text(k);
    for (let i = 0; i < text.length; i++) out[at++] = text.charCodeAt(i);
    const base = k * size;
    for (let d = digits - 1; d >= 0; d--) {
      const digit = ((words.bytes[base + Math.floor(d / perByte)] as number) >> ((d % perByte) * bits)) & mask;
      out[at++] = digit < 10 ? 48 + digit : 87 + digit;
    }
    for (let i = 0; i < after.length; i++) out[at++] = after.charCodeAt(i);
  }
  return at === out.length ? out : out.slice(0, at);
}

/** What stands before word k, `most` characters at most. */
export interface Before {
  readonly most: number;
  text(k: number): string;
}

/** Words of digits between white space; what follows `comment` on a line is none. Throws `bad-data` naming the word. */
export function readDigitLines(bytes: Uint8Array, file: string, width: number, bits: DigitBits, comment: string): Words {
  let text = latin1Decode(bytes);
  if (text.includes(comment)) {
    const lines = text.split('\n').map((line) => (line.includes(comment) ? line.slice(0, line.indexOf(comment)) : line));
    text = lines.join('\n');
  }
  return wordsOfDigits(text.match(/\S+/g) ?? [], file, width, bits);
}

/** Throws `bad-data` naming the first that is not a word of this width. */
export function wordsOfDigits(texts: readonly string[], file: string, width: number, bits: DigitBits): Words {
  const digits = Math.ceil(width / bits);
  const size = Math.ceil(width / 8);
  const out = new Uint8Array(texts.length * size);
  const perByte = 8 / bits;
  texts.forEach((text, k) => {
    for (let d = 0; d < digits; d++) {
      const code = text.charCodeAt(digits - 1 - d);
      const digit = code >= 97 ? code - 87 : code - 48;
      if (text.length !== digits || !(digit >= 0 && digit < 1 << bits) || (code > 57 && code < 97)) throw badWord(file, text, k, width);
      const at = k * size + Math.floor(d / perByte);
      out[at] = (out[at] as number) | (digit << ((d % perByte) * bits));
    }
    const above = width % 8;
    if (above > 0 && (out[k * size + size - 1] as number) >> above > 0) throw badWord(file, text, k, width);
  });
  return { width, count: texts.length, bytes: out };
}

export function badWord(file: string, text: string, index: number, width: number): StudioError {
  return new StudioError({
    code: 'bad-data',
    what: `Word ${index} is not one of ${width} bits`,
    got: text.slice(0, 80),
    where: { file },
  });
}
