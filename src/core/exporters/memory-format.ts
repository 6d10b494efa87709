/**
 * What the memory formats share (hex, binary digits, decimal, .coe, .mif, raw): packing options, files, reading back,
 * preview. A format itself says how words become bytes and bytes words. Law: reading what was written gives the same words.
 */
import { StudioError } from '../base/errors';
import { utf8Encode } from '../base/bytes';
import type { IntTensor } from '../ir/integer-model';
import { rangeOf } from '../ir/int-tensor';
import type { OptionValues } from '../quant/quantizer';
import type { BundleFile, StreamedFile } from './bundle-input';
import type { Exporter, ExportTensor, Preview, PreviewWord, TensorFacts } from './exporter';
import type { ManifestTensor } from './manifest';
import { denseWords, imagesOf, tensorFromImages, type ElementForm, type MemoryImage } from './packing/image';
import { packingOf, packingOptions, type Packing } from './packing/packing';
import { slotsOf, type Words } from './packing/words';

/** How one memory is written: head, words, tail. */
export interface MemoryFormat {
  readonly id: string;
  readonly title: string;
  readonly help: string;
  /** `mem`; the folder of the bundle is the id. */
  readonly ending: string;
  /** `notes` are lines that say what the tensor is. */
  head(notes: readonly string[], form: ElementForm, depth: number): string;
  /** Words as text or bytes, the first of them at address `first` of `depth`. */
  body(words: Words, form: ElementForm, first: number, depth: number, packing: Packing): Uint8Array;
  readonly tail: string;
  /** Bytes that one word of `depth` takes; about, where numbers have as many digits as they need. */
  bytesOfWord(form: ElementForm, depth: number): number;
  /** Throws `bad-data` naming `file` and the word. */
  read(bytes: Uint8Array, file: string, form: ElementForm, depth: number, packing: Packing): Words;
}

const chunkBytes = 1 << 18;

function notesOf(t: ExportTensor, p: Packing, image: MemoryImage): string[] {
  const { info } = t;
  const scale = typeof info.scale === 'number' ? String(info.scale) : info.scale.join(' ');
  const plain = p.layout === 'stored' && p.tileRows === 0 && p.tileColumns === 0;
  const { form, order } = image;
  const notes = [
    `name ${t.fileStem} value ${t.value.replace(/[^\x20-\x7e]/g, '?')}`,
    `shape ${info.shape.join(' ')}`,
    `order ${plain ? 'row-major' : orderText(p)}`,
    `bits ${info.bits} ${info.signed ? 'signed' : 'unsigned'}`,
    `scale ${scale}${info.axis === null ? '' : ` axis ${info.axis}`}`,
    `zero point ${info.zeroPoint}`,
  ];
  if (!form.single || form.width !== info.bits || p.banks > 1 || image.suffix !== '' || order.slots !== t.tensor.data.length) {
    notes.push(wordsText(p, image));
  }
  return notes;
}

function orderText(p: Packing): string {
  const tiles = p.tileRows === 0 && p.tileColumns === 0 ? '' : ` tiles of ${p.tileRows || 'all'} x ${p.tileColumns || 'all'}`;
  return `${p.layout === 'stored' ? 'row-major' : p.layout}${tiles}`;
}

function wordsText(p: Packing, { suffix, form, order }: MemoryImage): string {
  const part = suffix.startsWith('.index')
    ? `indices ${p.sparsity}`
    : p.sparsity !== 'dense'
      ? `values, ${p.sparsity} where there are indices`
      : 'values';
  const words =
    form.perWord === 0
      ? `stream of ${form.slot} bits, ${p.lanes}`
      : form.parts > 1
        ? `${form.parts} words an element, ${p.endian}-endian`
        : `${form.perWord} a word of ${form.slot} bits, ${p.lanes}`;
  const bank = p.banks === 1 ? '' : `; ${p.banks} banks, ${p.bankOrder}`;
  return `words ${form.width} bits: ${part}, ${order.slots} elements, ${words}${bank}`;
}

export function checkWidth(t: ExportTensor): void {
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

/** Not for use before `checkWidth`. */
function* partsOf(format: MemoryFormat, t: ExportTensor, p: Packing, image: MemoryImage): Generator<Uint8Array> {
  const { form, depth } = image;
  const head = format.head(notesOf(t, p, image), form, depth);
  if (head !== '') yield utf8Encode(head);
  const step = Math.max(1, Math.floor(chunkBytes / Math.max(1, format.bytesOfWord(form, depth))));
  for (let at = 0; at < depth; at += step) {
    const to = Math.min(depth, at + step);
    yield format.body(image.words(at, to), form, at, depth, p);
  }
  if (format.tail !== '') yield utf8Encode(format.tail);
}

export function memoryExporter(format: MemoryFormat): Exporter {
  const pathOf = (stem: string, suffix: string): string => `${format.id}/${stem}${suffix}.${format.ending}`;
  return {
    id: format.id,
    title: format.title,
    help: format.help,
    group: 'memory',
    place: `${format.id}/*.${format.ending}`,
    options: packingOptions,
    *tensorFiles(t: ExportTensor, options: OptionValues): Generator<BundleFile | StreamedFile> {
      checkWidth(t);
      const p = packingOf(options);
      for (const image of imagesOf(t.tensor, t.info, p)) {
        yield { path: pathOf(t.fileStem, image.suffix), parts: () => partsOf(format, t, p, image) };
      }
    },
    estimate(info: TensorFacts, options: OptionValues): number {
      const { form, count } = denseWords(info, packingOf(options));
      const scales = typeof info.scale === 'number' ? 1 : info.scale.length;
      const head = format.head([''], form, count).length;
      // the notes are short but for the digits of scales
      return count * format.bytesOfWord(form, count) + (head === 0 ? 0 : head + 170 + 20 * scales);
    },
    preview(t: ExportTensor, options: OptionValues, words: number): Preview {
      checkWidth(t);
      const p = packingOf(options);
      const [image] = imagesOf(t.tensor, t.info, p);
      if (!image) throw new StudioError({ code: 'internal', what: 'A tensor has no memory', where: { value: t.value } });
      const { width, slot, perWord, parts } = image.form;
      return { count: image.depth, shape: { width, slot, perWord, parts, lanes: p.lanes }, words: previewOf(format, p, image, words) };
    },
    readTensor(files, stem: string, info: ManifestTensor, options: OptionValues): IntTensor {
      const p = packingOf(options);
      const main = pathOf(stem, p.banks === 1 ? '' : '.bank0');
      return tensorFromImages(
        info,
        p,
        (suffix, form, depth) => {
          const path = pathOf(stem, suffix);
          const bytes = files.get(path);
          // asked whether it is there, of no form yet
          if (!bytes || depth === 0) return bytes && { width: form.width, count: 0, bytes: new Uint8Array(0) };
          return format.read(bytes, path, form, depth, p);
        },
        main,
      );
    },
  };
}

function previewOf(format: MemoryFormat, p: Packing, image: MemoryImage, most: number): PreviewWord[] {
  const { form, depth, order } = image;
  const count = Math.min(most, depth);
  return Array.from({ length: count }, (_, i) => {
    // bank 0 is shown: where the words of one memory lie in the whole
    const k = p.banks === 1 || p.bankOrder === 'blocks' ? i : i * p.banks;
    const [from, to] = slotsOf(form, order.slots, k, k + 1);
    const slots = Array.from({ length: Math.max(0, to - from) }, (_, j) => image.element(from + j));
    const text = format.body(image.words(i, i + 1), form, i, depth, p);
    return { address: i, text: shownText(format, text), elements: slots.map((v) => (v === undefined ? undefined : String(v))) };
  });
}

/** Without line ends; raw bytes as hex digits. */
function shownText(format: MemoryFormat, bytes: Uint8Array): string {
  if (format.ending === 'bin') return Array.from(bytes, (b) => b.toString(16).padStart(2, '0')).join(' ');
  return String.fromCharCode(...bytes).trim();
}
