// Every packing in every format: what was packed comes back, and the words are those of a slow reading of the formulas.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { newStorage } from '../../quant/affine';
import type { IntDType, IntTensor } from '../../ir/integer-model';
import { bytesOfFile } from '../bundle-input';
import type { ExportTensor } from '../exporter';
import type { ManifestTensor } from '../manifest';
import { exporters } from '../registry';
import { imagesOf } from './image';
import { packingOf, packingOptions, type Packing } from './packing';

type Options = Record<string, string | number | boolean>;

const options: fc.Arbitrary<Options> = fc
  .record<Options>(
    Object.fromEntries(
      packingOptions.map(({ id, kind }): [string, fc.Arbitrary<string | number | boolean>] => {
        if (kind.type === 'choice') return [id, fc.constantFrom(...kind.choices.map((c) => c.value))];
        if (kind.type === 'flag') return [id, fc.boolean()];
        return [id, fc.integer({ min: kind.min, max: id === 'banks' ? 5 : 9 })];
      }),
    ),
  )
  .map((o) => (o['fill'] === 'stream' && o['wordWidth'] === '0' ? { ...o, wordWidth: '8' } : o));

interface Made {
  readonly t: ExportTensor;
  readonly values: readonly bigint[];
}

const dtypes: readonly IntDType[] = ['int8', 'uint8', 'int16', 'uint16', 'int32', 'uint32', 'int64'];

const tensors: fc.Arbitrary<Made> = fc
  .tuple(
    fc.constantFrom(...dtypes),
    fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 5 }),
    fc.nat(62),
    fc.constantFrom('weight', 'activation' as const),
    fc.constantFrom(0, 1, 2),
  )
  .chain(([dtype, shape, cut, role, zeros]) => {
    const whole = Number(dtype.replace(/\D+/, ''));
    const bits = Math.max(2, whole - (cut % whole));
    const signed = dtype.startsWith('int');
    const lo = signed ? -(1n << BigInt(bits - 1)) : 0n;
    const hi = lo + (1n << BigInt(bits)) - 1n;
    const size = shape.reduce((a, b) => a * b, 1);
    // weights of many zeros, so that some have a pattern
    const element = fc.oneof(
      { weight: 3, arbitrary: fc.bigInt({ min: lo, max: hi }) },
      { weight: 1, arbitrary: fc.constantFrom(lo, hi) },
      { weight: zeros * 8, arbitrary: fc.constant(0n) },
    );
    return fc.array(element, { minLength: size, maxLength: size }).map((values): Made => {
      const data = newStorage(dtype, size);
      values.forEach((v, i) => (data[i] = (dtype === 'int64' ? v : Number(v)) as never)); // the storage's own kind
      const tensor: IntTensor = { dtype, shape, data };
      const info: Omit<ManifestTensor, 'stats'> = {
        file: 'tensors/t_x2.npy',
        role,
        dtype,
        bits,
        signed,
        shape: [...shape],
        scale: 1,
        axis: null,
        zeroPoint: 0,
      };
      return { t: { fileStem: 't_x2', value: 't', info: { ...info, stats: { min: 0, max: 0 } }, tensor }, values };
    });
  });

/** Where element [i0, i1, ...] of the tensor goes, written from the documentation and with nested lists only. */
function slowRows(values: readonly bigint[], shape: readonly number[], p: Packing): bigint[][] {
  let axes = shape.map((_, i) => i);
  if (p.layout === 'channels-last' && shape.length >= 4) axes = [0, ...axes.slice(2), 1];
  if (p.layout === 'transposed' && shape.length >= 2) axes = [...axes.slice(0, -2), axes.at(-1) ?? 0, axes.at(-2) ?? 0];
  const strides = shape.map((_, i) => shape.slice(i + 1).reduce((a, b) => a * b, 1));
  const walk = (depth: number, at: number): bigint[] => {
    const axis = axes[depth];
    if (axis === undefined) return [values[at] as bigint];
    return Array.from({ length: shape[axis] as number }, (_, i) => walk(depth + 1, at + i * (strides[axis] as number))).flat();
  };
  const flat = walk(0, 0);
  const extents = axes.map((a) => shape[a] as number);
  while (extents[0] === 1) extents.shift();
  const rows = extents.length < 2 ? 1 : (extents[0] as number);
  const columns = rows === 0 ? 0 : flat.length / rows;
  return Array.from({ length: rows }, (_, r) => flat.slice(r * columns, (r + 1) * columns));
}

function slowTiles(rows: readonly (readonly bigint[])[], p: Packing): bigint[] {
  const columns = rows[0]?.length ?? 0;
  if (rows.length === 1) return [...(rows[0] ?? [])];
  const r = p.tileRows || rows.length;
  const c = p.tileColumns || columns;
  const out: bigint[] = [];
  for (let top = 0; top < rows.length && columns > 0; top += r) {
    for (let left = 0; left < columns; left += c) {
      for (let i = 0; i < r; i++) for (let j = 0; j < c; j++) out.push(rows[top + i]?.[left + j] ?? 0n);
    }
  }
  return out;
}

/** Values and indices of a sparse tensor, or undefined. */
function slowSparse(rows: readonly (readonly bigint[])[], p: Packing): { values: bigint[][]; indices: bigint[][] } | undefined {
  const [n = 0, m = 0] = p.sparsity.split(':').map(Number);
  if (p.sparsity === 'dense' || rows.length < 2 || rows[0]?.length === 0) return undefined;
  const values: bigint[][] = [];
  const indices: bigint[][] = [];
  for (const row of rows) {
    const [v, x]: [bigint[], bigint[]] = [[], []];
    for (let at = 0; at < row.length; at += m) {
      const group = Array.from({ length: m }, (_, i) => row[at + i] ?? 0n);
      const filled = group.flatMap((e, i) => (e === 0n ? [] : [i]));
      if (filled.length > n) return undefined;
      const empty = group.flatMap((e, i) => (e === 0n ? [i] : [])).slice(0, n - filled.length);
      for (const i of [...filled, ...empty].sort((a, b) => a - b)) {
        v.push(group[i] as bigint);
        x.push(BigInt(i));
      }
    }
    values.push(v);
    indices.push(x);
  }
  return { values, indices };
}

function slowWords(elements: readonly bigint[], bits: number, p: Packing): { width: number; words: bigint[] } {
  const slot = p.element === 'bytes' ? Math.ceil(bits / 8) * 8 : bits;
  const width = p.wordWidth || slot * Math.max(1, p.perWord);
  const raw = elements.map((e) => BigInt.asUintN(slot, e));
  const W = BigInt(width);
  if (p.fill === 'stream') {
    // one large number: the stream itself
    const total = raw.length * slot;
    const count = Math.ceil(total / width);
    if (p.lanes === 'low-first') {
      const all = raw.reduceRight((acc, e) => (acc << BigInt(slot)) | e, 0n);
      return { width, words: Array.from({ length: count }, (_, k) => (all >> (BigInt(k) * W)) & ((1n << W) - 1n)) };
    }
    const all = raw.reduce((acc, e) => (acc << BigInt(slot)) | e, 0n) << BigInt(count * width - total);
    return { width, words: Array.from({ length: count }, (_, k) => (all >> (BigInt(count - 1 - k) * W)) & ((1n << W) - 1n)) };
  }
  if (slot > width) {
    const parts = Math.ceil(slot / width);
    const words = raw.flatMap((e) => {
      const low = Array.from({ length: parts }, (_, j) => (e >> (BigInt(j) * W)) & ((1n << W) - 1n));
      return p.endian === 'little' ? low : low.reverse();
    });
    return { width, words };
  }
  const fit = Math.floor(width / slot);
  const per = p.perWord === 0 ? fit : Math.min(fit, p.perWord);
  const words: bigint[] = [];
  for (let at = 0; at < raw.length; at += per) {
    let word = 0n;
    for (let lane = 0; lane < per; lane++)
      word |= (raw[at + lane] ?? 0n) << BigInt(slot * (p.lanes === 'low-first' ? lane : per - 1 - lane));
    words.push(word);
  }
  return { width, words };
}

function slowBanks(words: readonly bigint[], p: Packing): bigint[][] {
  const depth = Math.ceil(words.length / p.banks);
  return Array.from({ length: p.banks }, (_, b) =>
    Array.from({ length: depth }, (_, i) => words[p.bankOrder === 'interleaved' ? i * p.banks + b : b * depth + i] ?? 0n),
  );
}

describe('packing', () => {
  test('the words are those of the slow reading', () => {
    fc.assert(
      fc.property(tensors, options, ({ t, values }, o) => {
        const p = packingOf(o);
        const rows = slowRows(values, t.info.shape, p);
        const sparse = t.info.role === 'weight' ? slowSparse(rows, p) : undefined;
        const memories = sparse
          ? [
              slowWords(slowTiles(sparse.values, p), t.info.bits, p),
              slowWords(slowTiles(sparse.indices, p), Math.ceil(Math.log2(Number(p.sparsity.split(':')[1]))), { ...p, element: 'bits' }),
            ]
          : [slowWords(slowTiles(rows, p), t.info.bits, p)];
        const expected = memories.flatMap(({ width, words }) => slowBanks(words, p).map((bank) => ({ width, bank })));
        const got = imagesOf(t.tensor, t.info, p).map((image) => {
          const words = image.words(0, image.depth);
          const size = Math.ceil(words.width / 8);
          const bank = Array.from({ length: image.depth }, (_, k) =>
            words.bytes.subarray(k * size, (k + 1) * size).reduceRight((acc, b) => (acc << 8n) | BigInt(b), 0n),
          );
          // a part of it is that part
          const some = image.words(Math.floor(image.depth / 3), image.depth);
          expect(some.bytes).toEqual(words.bytes.slice(Math.floor(image.depth / 3) * size));
          return { width: words.width, bank };
        });
        expect(got).toEqual(expected);
      }),
      { numRuns: 1500 },
    );
  });

  test.each(exporters.filter((e) => e.readTensor).map((e) => [e.id, e] as const))('%s gives the tensor back', (_, format) => {
    fc.assert(
      fc.property(tensors, options, ({ t }, o) => {
        const own = Object.fromEntries(Object.entries(o).filter(([id]) => format.options.some((s) => s.id === id)));
        const files = new Map([...(format.tensorFiles?.(t, own) ?? [])].map((f) => [f.path, bytesOfFile(f)]));
        if (files.size === 0) return;
        expect(format.readTensor?.(files, t.fileStem, t.info, own)).toEqual(t.tensor);
      }),
      { numRuns: 250 },
    );
  });

  test.each(exporters.filter((e) => e.preview).map((e) => [e.id, e] as const))(
    'the preview of %s shows the words and all their elements',
    (_, format) => {
      fc.assert(
        fc.property(tensors, ({ t, values }) => {
          const shown = format.preview?.(t, {}, 4);
          const elements = shown?.words.flatMap((w) => w.elements) ?? [];
          expect(elements).toEqual(values.slice(0, elements.length).map(String));
          expect(shown?.count).toBe(Math.ceil(values.length / (shown?.words[0]?.elements.length ?? 1)));
          expect(shown?.words.length).toBe(Math.min(4, shown?.count ?? 0));
        }),
        { numRuns: 50 },
      );
    },
  );

  test('weights with two non-zeros in four are half as many values, with two bits each that say where', () => {
    const data = Int8Array.of(0, 5, 0, -3, 0, 0, 0, 9, 1, 2, 0, 0, 0, 0, 0, 0);
    const shape = [2, 8];
    const info = { role: 'weight', dtype: 'int8', bits: 8, signed: true, shape } as const;
    const [values, index] = imagesOf({ dtype: 'int8', shape, data }, { ...info, shape }, packingOf({ sparsity: '2:4', wordWidth: '8' }));
    expect(Array.from(new Int8Array(values?.words(0, 8).bytes ?? []))).toEqual([5, -3, 0, 9, 1, 2, 0, 0]);
    // 1 and 3, 0 and 3; 0 and 1, 0 and 1: the first in the lowest bits
    expect(Array.from(index?.words(0, 2).bytes ?? [])).toEqual([0b11001101, 0b01000100]);
  });
});
