/**
 * The memories of one tensor under a packing: one, or two where it is sparse (values, then indices), each dealt to banks;
 * and the tensor again from them. Words are made when asked for, so that nothing large is held.
 */
import { StudioError } from '../../base/errors';
import type { IntDType, IntStorage, IntTensor } from '../../ir/integer-model';
import { newStorage } from '../../quant/affine';
import type { ManifestTensor } from '../manifest';
import { layoutOrder, patternOf, sparseOrder, sparseSources, tiled, type Order } from './order';
import { wordCount, wordForm, type Packing, type WordForm } from './packing';
import { bankDepth, bankOf, joinBanks, packWords, unpackWords, type Words } from './words';

/** The tensors' facts that a packing depends on. */
export type PackedInfo = Pick<ManifestTensor, 'bits' | 'signed' | 'shape' | 'dtype' | 'role'>;

/** What a word holds, for those that write numbers with a sign. */
export interface ElementForm extends WordForm {
  readonly bits: number;
  readonly signed: boolean;
  /** One whole element a word. */
  readonly single: boolean;
}

export interface MemoryImage {
  /** Between the tensor's stem and the ending: '', `.index`, `.bank0`, `.index.bank0`. */
  readonly suffix: string;
  readonly form: ElementForm;
  /** Words in it. */
  readonly depth: number;
  readonly order: Order;
  /** Words first..last of it. */
  words(from: number, to: number): Words;
  /** What slot k of the whole memory (all banks) holds; undefined for a filling zero. */
  element(k: number): number | bigint | undefined;
}

function elementForm(p: Packing, bits: number, signed: boolean): ElementForm {
  const form = wordForm(p, bits);
  return { ...form, bits, signed, single: form.perWord === 1 && form.parts === 1 };
}

const indexOptions = (p: Packing): Packing => ({ ...p, element: 'bits' });

/** `.bank3`; nothing where there is one bank. */
const bankSuffix = (p: Packing, bank: number): string => (p.banks === 1 ? '' : `.bank${bank}`);

export function imagesOf(tensor: IntTensor, info: PackedInfo, p: Packing): readonly MemoryImage[] {
  const laid = layoutOrder(p.layout, info.shape);
  const sparse = p.sparsity === 'dense' || info.role !== 'weight' ? undefined : sparseOrder(laid, tensor.data, patternOf(p.sparsity));
  if (!sparse) return bankImages('', p, elementForm(p, info.bits, info.signed), tiled(laid, p.tileRows, p.tileColumns), tensor.data);
  const indices = indexOptions(p);
  return [
    ...bankImages('', p, elementForm(p, info.bits, info.signed), tiled(sparse.values, p.tileRows, p.tileColumns), tensor.data),
    ...bankImages(
      '.index',
      indices,
      elementForm(indices, sparse.indexBits, false),
      tiled(sparse.indices, p.tileRows, p.tileColumns),
      sparse.index,
    ),
  ];
}

function bankImages(
  kind: string,
  p: Packing,
  form: ElementForm,
  order: Order,
  data: IntStorage[IntDType] | Uint8Array,
): readonly MemoryImage[] {
  const count = wordCount(form, order.slots);
  const element = (k: number): number | bigint | undefined => {
    const source = order.at(k);
    return source < 0 ? undefined : data[source];
  };
  if (p.banks === 1) {
    const words = (from: number, to: number): Words => packWords(p, form, order, data, [from, to]);
    return [{ suffix: kind, form, depth: count, order, words, element }];
  }
  let all: Words | undefined;
  return Array.from({ length: p.banks }, (_, bank) => ({
    suffix: `${kind}${bankSuffix(p, bank)}`,
    form,
    depth: bankDepth(count, p.banks),
    order,
    element,
    words(from, to) {
      all ??= packWords(p, form, order, data, [0, count]);
      const mine = bankOf(all, p, bank);
      return { ...mine, count: to - from, bytes: mine.bytes.subarray(from * form.bytesPerWord, to * form.bytesPerWord) };
    },
  }));
}

/** Words and their width of the dense memory of a tensor, all banks together: for estimates. */
export function denseWords(info: PackedInfo, p: Packing): { readonly form: ElementForm; readonly count: number } {
  const form = elementForm(p, info.bits, info.signed);
  const { slots } = tiled(layoutOrder(p.layout, info.shape), p.tileRows, p.tileColumns);
  return { form, count: bankDepth(wordCount(form, slots), p.banks) * p.banks };
}

/** Reads the memory with this suffix; undefined where there is no such file. Of the form given, `depth` words. */
export type ReadMemory = (suffix: string, form: ElementForm, depth: number) => Words | undefined;

/** The tensor from its memories. Throws `bad-data` naming what does not fit; `file` is for messages. */
export function tensorFromImages(info: PackedInfo, p: Packing, read: ReadMemory, file: string): IntTensor {
  const laid = layoutOrder(p.layout, info.shape);
  const out = newStorage(info.dtype, laid.slots);
  const dense = tiled(laid, p.tileRows, p.tileColumns);
  const indices = indexOptions(p);
  const isSparse =
    p.sparsity !== 'dense' && info.role === 'weight' && read(`.index${bankSuffix(p, 0)}`, elementForm(p, 1, false), 0) !== undefined;
  if (!isSparse) {
    fill('', p, elementForm(p, info.bits, info.signed), dense, out, read, file);
    return { dtype: info.dtype, shape: info.shape, data: out };
  }
  const pattern = patternOf(p.sparsity); // sparse by the line above
  const columns = Math.ceil(laid.columns / pattern.m) * pattern.n;
  const slots = laid.rows * columns;
  const plain: Order = { slots, rows: laid.rows, columns, at: (k) => k };
  const index = new Uint8Array(slots);
  const bits = Math.ceil(Math.log2(pattern.m));
  fill('.index', indices, elementForm(indices, bits, false), tiled(plain, p.tileRows, p.tileColumns), index, read, file);
  const values = tiled(sparseSources(laid, index, pattern), p.tileRows, p.tileColumns);
  fill('', p, elementForm(p, info.bits, info.signed), values, out, read, file);
  return { dtype: info.dtype, shape: info.shape, data: out };
}

function fill(kind: string, p: Packing, form: ElementForm, order: Order, out: IntStorage[IntDType], read: ReadMemory, file: string): void {
  const count = wordCount(form, order.slots);
  const banks: Words[] = [];
  for (let b = 0; b < p.banks; b++) {
    const suffix = `${kind}${bankSuffix(p, b)}`;
    const words = read(suffix, form, bankDepth(count, p.banks));
    if (!words) throw new StudioError({ code: 'bad-data', what: 'A memory image is missing', got: suffix, where: { file } });
    banks.push(words);
  }
  const words = p.banks === 1 ? banks[0] : joinBanks(banks, p, count);
  if (words?.count !== count) {
    throw new StudioError({ code: 'bad-data', what: 'A memory image has another number of words', expected: `${count}`, where: { file } });
  }
  const wrong = unpackWords(p, form, words, order, form, out);
  if (!wrong) return;
  throw new StudioError({
    code: 'bad-data',
    what: 'A memory image has bits where there is nothing: a filling that is not 0, or more than the bits of its element',
    got: `slot ${wrong.fault}`,
    where: { file },
  });
}
