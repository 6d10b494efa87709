/** Binary memory images for $readmemb: as mem.ts, in binary digits. */
import { digitLines, readDigitLines } from './digits';
import { memoryExporter } from './memory-format';

export const membExporter = memoryExporter({
  id: 'memb',
  title: 'Binary memory images',
  help: 'One .mem file for each tensor in binary digits, readable by $readmemb.',
  ending: 'mem',
  head: (notes) => notes.map((line) => `// ${line}\n`).join(''),
  body: (words) => digitLines(words, 1, '', '\n'),
  tail: '',
  bytesOfWord: (form) => form.width + 1,
  read: (bytes, file, form) => readDigitLines(bytes, file, form.width, 1, '//'),
});
