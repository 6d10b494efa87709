/**
 * Words of a memory: fixed width, little-endian bytes in one array. Elements are put into words and read back bit by bit
 * of the formulas in docs/formats/bundle.md. Nothing here knows tensors or text.
 */
import type { IntDType, IntStorage } from '../../ir/integer-model';
import type { Order } from './order';
import type { Packing, WordForm } from './packing';

/** `count` words of `width` bits; word k is bytes k*bytesPerWord on, lowest byte first, unused bits 0. */
export interface Words {
  readonly width: number;
  readonly count: number;
  readonly bytes: Uint8Array;
}

export function bytesPerWord(words: Pick<Words, 'width'>): number {
  return Math.ceil(words.width / 8);
}

type Element = number | bigint;

/** Writes the low `bits` of v at a bit position of a word's bytes. */
function put(bytes: Uint8Array, base: number, position: number, bits: number, low: number): void {
  let at = base + (position >> 3);
  let offset = position & 7;
  let left = bits;
  let v = left < 32 ? (low & ((1 << left) - 1)) >>> 0 : low >>> 0;
  while (left > 0) {
    const take = Math.min(8 - offset, left);
    bytes[at] = (bytes[at] as number) | ((v & ((1 << take) - 1)) << offset);
    v >>>= take;
    left -= take;
    offset = 0;
    at++;
  }
}

function get(bytes: Uint8Array, base: number, position: number, bits: number): number {
  let at = base + (position >> 3);
  let offset = position & 7;
  let v = 0;
  for (let done = 0; done < bits;) {
    const take = Math.min(8 - offset, bits - done);
    v |= (((bytes[at] as number) >> offset) & ((1 << take) - 1)) << done;
    done += take;
    offset = 0;
    at++;
  }
  return v >>> 0;
}

/** Low and high 32 bits of an element's two's complement. */
function halves(v: Element): readonly [low: number, high: number] {
  if (typeof v === 'number') return [v >>> 0, v < 0 ? 0xffffffff : Math.floor(v / 2 ** 32)];
  return [Number(BigInt.asUintN(32, v)), Number(BigInt.asUintN(32, v >> 32n))];
}

/** A run of bits of an element and where it lies: bit `bit` of word `word`. */
type Piece = (from: number, bits: number, word: number, bit: number) => void;

/** The pieces of slot k, in whichever order. At most 32 bits each. */
function pieces(p: Packing, form: WordForm, k: number, piece: Piece): void {
  const { slot, width, perWord, parts } = form;
  const emit = (from: number, bits: number, word: number, bit: number): void => {
    for (let done = 0; done < bits;) {
      // no piece crosses the middle of 64 bits
      const take = Math.min(32 - ((from + done) & 31), bits - done);
      piece(from + done, take, word, bit + done);
      done += take;
    }
  };
  if (perWord === 0) {
    const start = k * slot;
    const low = p.lanes === 'low-first';
    // bit i of the stream, counted from the element's lowest bit, or from its highest
    for (let done = 0; done < slot;) {
      const position = start + done;
      const word = Math.floor(position / width);
      const inside = position - word * width;
      const take = Math.min(width - inside, slot - done);
      if (low) emit(done, take, word, inside);
      else emit(slot - done - take, take, word, width - inside - take);
      done += take;
    }
    return;
  }
  if (parts > 1) {
    for (let j = 0; j < parts; j++) {
      const at = p.endian === 'little' ? j : parts - 1 - j;
      emit(j * width, Math.min(width, slot - j * width), k * parts + at, 0);
    }
    return;
  }
  const word = Math.floor(k / perWord);
  const lane = k - word * perWord;
  emit(0, slot, word, (p.lanes === 'low-first' ? lane : perWord - 1 - lane) * slot);
}

/** Words from `from` to `to`, of the elements of `slots` in the order given; -1 stands for 0. */
export function packWords(
  p: Packing,
  form: WordForm,
  order: Pick<Order, 'slots' | 'at'>,
  data: ArrayLike<Element>,
  [from, to]: readonly [number, number],
): Words {
  const size = form.bytesPerWord;
  const bytes = new Uint8Array((to - from) * size);
  const [first, last] = slotsOf(form, order.slots, from, to);
  const simple = form.slot <= 32 && form.perWord > 0 && form.parts === 1;
  const low = p.lanes === 'low-first';
  for (let k = first; k < last; k++) {
    const source = order.at(k);
    if (source < 0) continue;
    const v = data[source] as Element;
    if (simple && typeof v === 'number') {
      const word = Math.floor(k / form.perWord);
      const lane = k - word * form.perWord;
      put(bytes, (word - from) * size, (low ? lane : form.perWord - 1 - lane) * form.slot, form.slot, v);
      continue;
    }
    const [lower, upper] = halves(v);
    pieces(p, form, k, (start, bits, word, bit) => {
      if (word >= from && word < to) put(bytes, (word - from) * size, bit, bits, start >= 32 ? upper >>> (start - 32) : lower >>> start);
    });
  }
  return { width: form.width, count: to - from, bytes };
}

/** Slots that have a bit in words from..to. */
export function slotsOf(form: WordForm, slots: number, from: number, to: number): readonly [number, number] {
  const { perWord, parts, slot, width } = form;
  if (perWord === 0) return [Math.floor((from * width) / slot), Math.min(slots, Math.ceil((to * width) / slot))];
  if (parts > 1) return [Math.floor(from / parts), Math.min(slots, Math.ceil(to / parts))];
  return [from * perWord, Math.min(slots, to * perWord)];
}

/**
 * Puts what the words hold into `out` at the places of `order`. Gives back the first slot whose filling is not 0, if any.
 * `bits` and `signed` are those of the elements: bits of the slot above them must repeat the sign (or 0), else -1 - slot.
 */
export function unpackWords(
  p: Packing,
  form: WordForm,
  words: Words,
  order: Pick<Order, 'slots' | 'at'>,
  element: { readonly bits: number; readonly signed: boolean },
  out: IntStorage[IntDType],
): { readonly fault: number } | undefined {
  const size = form.bytesPerWord;
  const big = out instanceof BigInt64Array;
  const simple = form.slot <= 32 && form.perWord > 0 && form.parts === 1;
  const low = p.lanes === 'low-first';
  for (let k = 0; k < order.slots; k++) {
    let lower = 0;
    let upper = 0;
    if (simple) {
      const word = Math.floor(k / form.perWord);
      const lane = k - word * form.perWord;
      lower = get(words.bytes, word * size, (low ? lane : form.perWord - 1 - lane) * form.slot, form.slot);
    } else
      pieces(p, form, k, (start, bits, word, bit) => {
        const v = get(words.bytes, word * size, bit, bits);
        if (start >= 32) upper = (upper | (v << (start - 32))) >>> 0;
        else lower = (lower | (v << start)) >>> 0;
      });
    const source = order.at(k);
    if (source < 0) {
      if (lower !== 0 || upper !== 0) return { fault: k };
      continue;
    }
    if (big || element.bits > 32) {
      const raw = (BigInt(upper) << 32n) | BigInt(lower);
      const cut = BigInt.asUintN(element.bits, raw);
      const value = element.signed ? BigInt.asIntN(element.bits, cut) : cut;
      if (BigInt.asUintN(form.slot, value) !== raw) return { fault: k };
      if (big) out[source] = value;
      else (out as Int32Array)[source] = Number(value);
      continue;
    }
    const shift = 32 - element.bits;
    const value = element.signed ? (lower << shift) >> shift : (lower << shift) >>> shift;
    const whole = form.slot >= 32 ? value >>> 0 : (value & ((1 << form.slot) - 1)) >>> 0;
    if (whole !== lower || upper !== 0) return { fault: k };
    (out as Int32Array)[source] = value;
  }
  return undefined;
}

/** Bank `bank` of `banks`: every bank has ceil(count / banks) words, those that are not there are 0. */
export function bankOf(words: Words, p: Pick<Packing, 'banks' | 'bankOrder'>, bank: number): Words {
  const size = bytesPerWord(words);
  const depth = bankDepth(words.count, p.banks);
  const bytes = new Uint8Array(depth * size);
  for (let i = 0; i < depth; i++) {
    const k = p.bankOrder === 'interleaved' ? i * p.banks + bank : bank * depth + i;
    if (k < words.count) bytes.set(words.bytes.subarray(k * size, (k + 1) * size), i * size);
  }
  return { width: words.width, count: depth, bytes };
}

export function bankDepth(count: number, banks: number): number {
  return Math.ceil(count / banks);
}

/** The words again. Gives undefined where a bank has not the depth, or a word that is none is not 0. */
export function joinBanks(banks: readonly Words[], p: Pick<Packing, 'bankOrder'>, count: number): Words | undefined {
  const first = banks[0];
  if (!first) return undefined;
  const size = bytesPerWord(first);
  const depth = bankDepth(count, banks.length);
  const bytes = new Uint8Array(count * size);
  for (const [b, bank] of banks.entries()) {
    if (bank.count !== depth) return undefined;
    for (let i = 0; i < depth; i++) {
      const k = p.bankOrder === 'interleaved' ? i * banks.length + b : b * depth + i;
      const word = bank.bytes.subarray(i * size, (i + 1) * size);
      if (k < count) bytes.set(word, k * size);
      else if (word.some((v) => v !== 0)) return undefined;
    }
  }
  return { width: first.width, count, bytes };
}
