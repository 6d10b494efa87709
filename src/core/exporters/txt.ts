/**
 * Decimal text: one word a line. A word that is one element is the element with its sign; a word of several, or a part of one,
 * is an unsigned number. `#` lines on top, which numpy.loadtxt leaves out.
 */
import { latin1Decode, utf8Encode } from '../base/bytes';
import { badWord } from './digits';
import { memoryExporter } from './memory-format';
import type { ElementForm } from './packing/image';
import { bytesPerWord, type Words } from './packing/words';

function wordAt(words: Words, k: number, form: ElementForm): string {
  const size = bytesPerWord(words);
  let small = 0;
  if (form.width <= 32) {
    for (let i = size - 1; i >= 0; i--) small = small * 256 + (words.bytes[k * size + i] as number);
    if (!form.single || !form.signed || small < 2 ** (form.slot - 1)) return String(small);
    return String(small - 2 ** form.slot);
  }
  let v = 0n;
  for (let i = size - 1; i >= 0; i--) v = (v << 8n) | BigInt(words.bytes[k * size + i] as number);
  return String(form.single && form.signed ? BigInt.asIntN(form.slot, v) : v);
}

export const txtExporter = memoryExporter({
  id: 'txt',
  title: 'Decimal text',
  help: 'One .txt file for each tensor: one number a line.',
  ending: 'txt',
  head: (notes) => notes.map((line) => `# ${line}\n`).join(''),
  body(words, form) {
    let text = '';
    for (let k = 0; k < words.count; k++) text += `${wordAt(words, k, form)}\n`;
    return utf8Encode(text);
  },
  tail: '',
  bytesOfWord: (form) => (form.single ? Math.max(2.6, form.width * 0.2) : form.width * 0.302) + 1,
  read(bytes, file, form) {
    const lines = latin1Decode(bytes)
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'));
    const size = Math.ceil(form.width / 8);
    const out = new Uint8Array(lines.length * size);
    const signed = form.single && form.signed;
    const width = BigInt(form.width);
    const [lo, hi] = signed ? [-(1n << BigInt(form.slot - 1)), (1n << BigInt(form.slot - 1)) - 1n] : [0n, (1n << width) - 1n];
    lines.forEach((line, k) => {
      if (!/^-?\d+$/.test(line)) throw badWord(file, line, k, form.width);
      const v = BigInt(line);
      if (v < lo || v > hi) throw badWord(file, line, k, form.width);
      let raw = signed ? BigInt.asUintN(form.slot, v) : v;
      for (let i = 0; i < size; i++) {
        out[k * size + i] = Number(raw & 255n);
        raw >>= 8n;
      }
    });
    return { width: form.width, count: lines.length, bytes: out };
  },
});
