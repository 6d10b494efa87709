/**
 * Hex memory images for $readmemh: two's complement exactly `bits` wide, digits rounded up, one element a
 * line, row-major; `//` lines on top say what it is. Law: readMem(memBytes(t)) gives back every element.
 */
import { StudioError } from '../base/errors';
import { latin1Decode, utf8Encode } from '../base/bytes';
import type { IntTensor } from '../ir/integer-model';
import { rangeOf } from '../ir/int-tensor';
import type { Exporter, ExportTensor } from './exporter';

const digits = '0123456789abcdef';

function header(t: ExportTensor): string {
  const { info } = t;
  const scale = typeof info.scale === 'number' ? String(info.scale) : info.scale.join(' ');
  const lines = [
    `name ${t.fileStem} value ${t.value.replace(/[^\x20-\x7e]/g, '?')}`,
    `shape ${info.shape.join(' ')}`,
    'order row-major',
    `bits ${info.bits} ${info.signed ? 'signed' : 'unsigned'}`,
    `scale ${scale}${info.axis === null ? '' : ` axis ${info.axis}`}`,
    `zero point ${info.zeroPoint}`,
  ];
  return lines.map((line) => `// ${line}\n`).join('');
}

/** The whole .mem file of one tensor. Throws `internal` where an element does not fit its bits. */
export function memBytes(t: ExportTensor): Uint8Array {
  const { bits } = t.info;
  checkWidth(t);
  const width = Math.ceil(bits / 4);
  const head = utf8Encode(header(t));
  const { data } = t.tensor;
  const out = new Uint8Array(head.length + data.length * (width + 1));
  out.set(head);
  const codes = utf8Encode(digits);
  let at = head.length;
  for (let i = 0; i < data.length; i++) {
    const value = data[i] as number | bigint;
    if (typeof value === 'number' && bits <= 32) {
      // `>>>` reads the two's complement; bits above `bits` are cut
      let word = bits === 32 ? value >>> 0 : (value & ((1 << bits) - 1)) >>> 0;
      for (let d = width - 1; d >= 0; d--) {
        out[at + d] = codes[word & 15] as number;
        word >>>= 4;
      }
    } else {
      const text = BigInt.asUintN(bits, BigInt(value)).toString(16).padStart(width, '0');
      for (let d = 0; d < width; d++) out[at + d] = text.charCodeAt(d);
    }
    at += width;
    out[at++] = 10;
  }
  return out;
}

function checkWidth(t: ExportTensor): void {
  const { bits, signed } = t.info;
  const { min, max } = rangeOf(t.tensor.data);
  const cut = (v: bigint): bigint => (signed ? BigInt.asIntN(bits, v) : BigInt.asUintN(bits, v));
  if (cut(min) === min && cut(max) === max) return;
  throw new StudioError({
    code: 'internal',
    what: 'An integer does not fit its width',
    expected: `${bits} bits ${signed ? 'signed' : 'unsigned'}`,
    got: `${min} to ${max}`,
    where: { value: t.value },
  });
}

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

export const memExporter: Exporter = {
  id: 'hex',
  title: 'Hex memory images',
  help: 'One .mem file for each tensor, readable by $readmemh: one element a line, exactly as wide as its bits.',
  options: [],
  file: (t) => ({ path: `hex/${t.fileStem}.mem`, bytes: memBytes(t) }),
};

/** The .mem file of an integer tensor that is in no bundle yet (a download of one tensor). */
export function memOf(fileStem: string, value: string, tensor: IntTensor, info: ExportTensor['info']): Uint8Array {
  return memBytes({ fileStem, value, tensor, info });
}
