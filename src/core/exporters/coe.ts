/**
 * Coefficient files of Xilinx memories (.coe): hex words with commas between them, `;` lines on top. Source: AMD/Xilinx, Block Memory
 * Generator, section on COE files.
 */
import { latin1Decode } from '../base/bytes';
import { StudioError } from '../base/errors';
import { digitLines, wordsOfDigits } from './digits';
import { memoryExporter } from './memory-format';

const vector = 'memory_initialization_vector=\n';

export const coeExporter = memoryExporter({
  id: 'coe',
  title: 'Xilinx .coe',
  help: 'One .coe file for each tensor: the initial contents of a block memory.',
  ending: 'coe',
  head: (notes, _form, depth) =>
    `${notes.map((line) => `; ${line.replaceAll(';', ',')}\n`).join('')}memory_initialization_radix=16;\n${vector}${depth === 0 ? ';\n' : ''}`,
  body(words, _form, first, depth) {
    const out = digitLines(words, 4, '', ',\n');
    if (first + words.count === depth && out.length > 0) out[out.length - 2] = 59; // the last one ends the vector
    return out;
  },
  tail: '',
  bytesOfWord: (form) => Math.ceil(form.width / 4) + 2,
  read(bytes, file, form) {
    const text = latin1Decode(bytes)
      .split('\n')
      .filter((line) => !line.startsWith('; '))
      .join('\n');
    const from = text.indexOf(vector);
    if (!text.includes('memory_initialization_radix=16;') || from < 0) {
      throw new StudioError({ code: 'bad-data', what: 'Not a .coe file of radix 16', where: { file } });
    }
    const words = text
      .slice(from + vector.length)
      .split(/[\s,;]+/)
      .filter((w) => w !== '');
    return wordsOfDigits(words, file, form.width, 4);
  },
});
