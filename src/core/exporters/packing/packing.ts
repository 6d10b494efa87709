/**
 * How the elements of a tensor become words of a memory: order, sparsity, tiles, lanes, width, banks. Options as data,
 * and what they come to for one tensor. Not the words themselves (words.ts) nor their text (the exporters).
 * Law: unpack(pack(x)) is x for every packing.
 */
import { StudioError } from '../../base/errors';
import type { OptionSpec, OptionValues } from '../../quant/quantizer';

export interface Packing {
  /** `stored`: row-major as in the graph (NCHW, OIHW). `channels-last`: NHWC, OHWI. `transposed`: the last two axes swapped. */
  readonly layout: 'stored' | 'channels-last' | 'transposed';
  /** `n:m`: weights with at most n non-zeros in every m neighbours of a row are their n values and n indices; others stay dense. */
  readonly sparsity: 'dense' | '1:2' | '1:4' | '2:4' | '4:8';
  /** Tiles of so many rows and columns, one after the other, filled up with zeros; 0: all there are. */
  readonly tileRows: number;
  readonly tileColumns: number;
  /** An element takes exactly its bits, or whole bytes (sign- or zero-extended). */
  readonly element: 'bits' | 'bytes';
  /** Bits of a word; 0: as wide as its elements. */
  readonly wordWidth: number;
  /** Elements of a word; 0: as many as fit, one where the word has no width of its own. */
  readonly perWord: number;
  /** Where in the word its first element lies. */
  readonly lanes: 'low-first' | 'high-first';
  /** `whole`: no element crosses a word's end. `stream`: words of a stream of bits (needs a word width). */
  readonly fill: 'whole' | 'stream';
  /** Which part comes first: of an element wider than its words, and of a word's bytes in a binary file. */
  readonly endian: 'little' | 'big';
  readonly banks: number;
  /** `interleaved`: word i lies in bank i mod n. `blocks`: each bank has a run of them. */
  readonly bankOrder: 'interleaved' | 'blocks';
}

const choice = (
  id: keyof Packing,
  title: string,
  help: string,
  fallback: string,
  choices: readonly (readonly [value: string, title: string])[],
): OptionSpec => ({ id, title, help, kind: { type: 'choice', choices: choices.map(([value, t]) => ({ value, title: t })) }, fallback });

const count = (id: keyof Packing, title: string, help: string, min: number, max: number, fallback: number): OptionSpec => ({
  id,
  title,
  help,
  kind: { type: 'number', min, max, step: 1 },
  fallback,
});

export const packingOptions: readonly OptionSpec[] = [
  choice('wordWidth', 'Word width', 'Bits of one word of the memory.', '0', [
    ['0', 'As its elements'],
    ...[8, 16, 32, 64, 128, 256].map((w): [string, string] => [String(w), `${w} bit`]),
  ]),
  count('perWord', 'Elements per word', '0 is as many as fit; one where the word has no width of its own.', 0, 256, 0),
  choice('lanes', 'First element', 'Where in a word its first element lies.', 'low-first', [
    ['low-first', 'In the lowest bits'],
    ['high-first', 'In the highest bits'],
  ]),
  choice('element', 'Element', 'Exactly its bits, or extended by its sign (or zeros) to whole bytes.', 'bits', [
    ['bits', 'Its bits'],
    ['bytes', 'Whole bytes'],
  ]),
  choice('fill', 'Word ends', 'A bit stream leaves no bit unused where elements do not divide the word. It needs a word width.', 'whole', [
    ['whole', 'Whole elements'],
    ['stream', 'Bit stream'],
  ]),
  choice(
    'endian',
    'Byte order',
    'Which part comes first: of an element that is wider than a word, of the bytes of a word in a binary file.',
    'little',
    [
      ['little', 'Little-endian'],
      ['big', 'Big-endian'],
    ],
  ),
  choice('layout', 'Order', 'Channels last swaps tensors of four axes and more; transposed swaps the last two axes.', 'stored', [
    ['stored', 'NCHW, OIHW'],
    ['channels-last', 'NHWC, OHWI'],
    ['transposed', 'Last axes swapped'],
  ]),
  count('tileRows', 'Tile rows', 'Rows are the first axis (channels). 0 is all of them. Vectors are not tiled.', 0, 1024, 0),
  count('tileColumns', 'Tile columns', 'Columns are all other axes. 0 is all of them. Tiles are filled up with zeros.', 0, 1024, 0),
  choice('sparsity', 'Sparse weights', 'Weights that have the pattern are written as values and indices; others stay dense.', 'dense', [
    ['dense', 'Dense'],
    ...['1:2', '1:4', '2:4', '4:8'].map((v): [string, string] => [v, v]),
  ]),
  count('banks', 'Banks', 'One file a bank, all of the same depth.', 1, 64, 1),
  choice('bankOrder', 'Words to banks', 'In turn, or a run of words for each.', 'interleaved', [
    ['interleaved', 'In turn'],
    ['blocks', 'Runs'],
  ]),
];

/** From checked option values. Throws `bad-usage` where they contradict each other. */
export function packingOf(options: OptionValues): Packing {
  const value = (id: keyof Packing): number | string | boolean => options[id] ?? packingOptions.find((s) => s.id === id)?.fallback ?? '';
  const packing = {
    ...{ layout: value('layout'), sparsity: value('sparsity'), element: value('element'), lanes: value('lanes'), fill: value('fill') },
    ...{ endian: value('endian'), bankOrder: value('bankOrder'), wordWidth: Number(value('wordWidth')), perWord: Number(value('perWord')) },
    ...{ tileRows: Number(value('tileRows')), tileColumns: Number(value('tileColumns')), banks: Number(value('banks')) },
  } as Packing; // values of the specs above, which check-options holds them to
  if (packing.fill === 'stream' && packing.wordWidth === 0) {
    throw new StudioError({
      code: 'bad-usage',
      what: 'A bit stream needs a word width',
      expected: 'a word width (wordWidth) of 8 bits or more',
      got: '0, as wide as its elements',
    });
  }
  return packing;
}

/** What a packing comes to for elements of some width. */
export interface WordForm {
  /** Bits that an element takes. */
  readonly slot: number;
  /** Bits of a word. */
  readonly width: number;
  /** Elements of a word; 0 in a bit stream. */
  readonly perWord: number;
  /** Words of an element: more than 1 where it is wider than a word. */
  readonly parts: number;
  readonly bytesPerWord: number;
}

export function wordForm(p: Packing, bits: number): WordForm {
  const slot = p.element === 'bytes' ? Math.ceil(bits / 8) * 8 : bits;
  const width = p.wordWidth === 0 ? slot * Math.max(1, p.perWord) : p.wordWidth;
  const bytesPerWord = Math.ceil(width / 8);
  if (p.fill === 'stream') return { slot, width, perWord: 0, parts: 1, bytesPerWord };
  const fit = Math.floor(width / slot);
  if (fit === 0) return { slot, width, perWord: 1, parts: Math.ceil(slot / width), bytesPerWord };
  return { slot, width, perWord: p.perWord === 0 ? fit : Math.min(p.perWord, fit), parts: 1, bytesPerWord };
}

/** Words of `slots` elements, before they are dealt to banks. */
export function wordCount(form: WordForm, slots: number): number {
  if (form.perWord === 0) return Math.ceil((slots * form.slot) / form.width);
  return form.parts > 1 ? slots * form.parts : Math.ceil(slots / form.perWord);
}
