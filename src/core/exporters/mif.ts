/**
 * Memory initialization files of Intel/Altera (.mif): `address : word;` in hex, `--` lines on top. Source: Intel Quartus, Memory
 * Initialization File definition.
 */
import { latin1Decode } from '../base/bytes';
import { StudioError } from '../base/errors';
import { digitLines, wordsOfDigits } from './digits';
import { memoryExporter } from './memory-format';

export const mifExporter = memoryExporter({
  id: 'mif',
  title: 'Intel .mif',
  help: 'One .mif file for each tensor: the initial contents of a memory block.',
  ending: 'mif',
  head: (notes, form, depth) =>
    [
      ...notes.map((line) => `-- ${line}`),
      `WIDTH=${form.width};`,
      `DEPTH=${depth};`,
      'ADDRESS_RADIX=UNS;',
      'DATA_RADIX=HEX;',
      'CONTENT BEGIN',
      '',
    ].join('\n'),
  body: (words, _form, first) => digitLines(words, 4, { most: `${first + words.count} : `.length, text: (k) => `${first + k} : ` }, ';\n'),
  tail: 'END;\n',
  bytesOfWord: (form, depth) => Math.ceil(form.width / 4) + 5 + String(depth).length,
  read(bytes, file, form, depth) {
    const text = latin1Decode(bytes);
    const body = /CONTENT BEGIN\n([\s\S]*)END;\n$/.exec(text)?.[1];
    if (body === undefined || !text.includes(`WIDTH=${form.width};`) || !text.includes(`DEPTH=${depth};`)) {
      throw new StudioError({
        code: 'bad-data',
        what: 'Not the .mif file that the manifest describes',
        expected: `WIDTH=${form.width}, DEPTH=${depth}`,
        where: { file },
      });
    }
    const lines = body.split('\n').filter((line) => line !== '');
    const words = lines.map((line, k) => {
      const found = /^(\d+) : ([0-9a-f]+);$/.exec(line);
      if (found?.[2] !== undefined && found[1] === String(k)) return found[2];
      throw new StudioError({
        code: 'bad-data',
        what: `Word ${k} of the .mif file cannot be read`,
        got: line.slice(0, 80),
        where: { file },
      });
    });
    return wordsOfDigits(words, file, form.width, 4);
  },
});
