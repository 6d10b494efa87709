/** Raw binary images: the bytes of each word, one word after the other, nothing around them. */
import { StudioError } from '../base/errors';
import { swapBytes } from '../base/bytes';
import { memoryExporter } from './memory-format';

export const binExporter = memoryExporter({
  id: 'bin',
  title: 'Raw binary',
  help: 'One .bin file for each tensor: whole bytes a word, in the byte order of the option.',
  ending: 'bin',
  head: () => '',
  body: (words, form, _first, _depth, p) => (p.endian === 'big' ? swapBytes(words.bytes, form.bytesPerWord) : words.bytes),
  tail: '',
  bytesOfWord: (form) => form.bytesPerWord,
  read(bytes, file, form, depth, p) {
    if (bytes.length !== depth * form.bytesPerWord) {
      throw new StudioError({
        code: 'bad-data',
        what: 'A binary image has another size',
        expected: `${depth * form.bytesPerWord} bytes`,
        got: `${bytes.length}`,
        where: { file },
      });
    }
    const above = form.width % 8;
    const own = p.endian === 'big' ? swapBytes(bytes, form.bytesPerWord) : bytes;
    for (let k = 0; above > 0 && k < depth; k++) {
      if ((own[(k + 1) * form.bytesPerWord - 1] as number) >> above === 0) continue;
      throw new StudioError({ code: 'bad-data', what: `Word ${k} is not one of ${form.width} bits`, where: { file } });
    }
    return { width: form.width, count: depth, bytes: own };
  },
});
