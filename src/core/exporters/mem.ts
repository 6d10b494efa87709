/**
 * Hex memory images for $readmemh: two's complement in hex digits, one word a line; `//` lines on top say what it is.
 * By default a word is an element, exactly `bits` wide, row-major. Also reads what simulators write.
 * Law: readMem gives back every element of a default image.
 */
import { StudioError } from '../base/errors';
import { latin1Decode } from '../base/bytes';
import { digitLines, readDigitLines } from './digits';
import { memoryExporter, type MemoryFormat } from './memory-format';

const hexFormat: MemoryFormat = {
  id: 'hex',
  title: 'Hex memory images',
  help: 'One .mem file for each tensor, readable by $readmemh.',
  ending: 'mem',
  head: (notes) => notes.map((line) => `// ${line}\n`).join(''),
  body: (words) => digitLines(words, 4, '', '\n'),
  tail: '',
  bytesOfWord: (form) => Math.ceil(form.width / 4) + 1,
  read: (bytes, file, form) => readDigitLines(bytes, file, form.width, 4, '//'),
};

export const memExporter = memoryExporter(hexFormat);

/**
 * The elements of a .mem file as $readmemh reads it: white space between words, `//` and block comments,
 * `_` inside words, `@address` (hex, in words) moves on. Words with x or z are `undefined` (unknown), as are
 * addresses never written. Throws `bad-data` naming `file`.
 */
export function readMem(
  bytes: Uint8Array,
  file: string,
  width: { readonly bits: number; readonly signed: boolean },
): (bigint | undefined)[] {
  const text = latin1Decode(bytes)
    .replace(/\/\*[\s\S]*?\*\//g, ' ')
    .replace(/\/\/[^\n]*/g, ' ');
  const out: (bigint | undefined)[] = [];
  let at = 0;
  for (const [word] of text.matchAll(/\S+/g)) {
    if (word.startsWith('@')) {
      at = Number.parseInt(word.slice(1), 16);
      if (!Number.isSafeInteger(at) || at > 2 ** 31) throw badWord(file, word);
      continue;
    }
    const clean = word.replaceAll('_', '').toLowerCase();
    if (!/^[0-9a-fxz]+$/.test(clean)) throw badWord(file, word);
    while (out.length < at) out.push(undefined);
    out[at++] = /[xz]/.test(clean) ? undefined : toInteger(BigInt(`0x${clean}`), width, file, word);
  }
  return out;
}

function toInteger(raw: bigint, width: { readonly bits: number; readonly signed: boolean }, file: string, word: string): bigint {
  // a simulator pads words to whole digits: what is above `bits` must be zero or the sign
  const cut = BigInt.asUintN(width.bits, raw);
  const value = width.signed ? BigInt.asIntN(width.bits, raw) : cut;
  const room = Math.ceil(width.bits / 4) * 4;
  if (raw !== cut && raw !== BigInt.asUintN(room, value)) throw badWord(file, word);
  return value;
}

function badWord(file: string, word: string): StudioError {
  return new StudioError({ code: 'bad-data', what: 'Not a word of a .mem file', got: word, where: { file } });
}
