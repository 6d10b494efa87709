/**
 * What the kernel must know of an operand: its element type, and how x - zero is taken apart so that it fits int16,
 * x - zero = (x - offset) + rest; and into which blocks a product is cut.
 */
import { StudioError } from '../../base/errors';
import type { Kernel } from '../../kernel/kernel';
import type { Numbers } from './tensors';

/** The numbers of assembly/types.ts. */
export type ElementType = 0 | 1 | 2 | 3 | 4;

export function elementType(data: Numbers): ElementType {
  if (data instanceof Int8Array) return 0;
  if (data instanceof Uint8Array) return 1;
  if (data instanceof Int16Array) return 2;
  if (data instanceof Uint16Array) return 3;
  if (data instanceof Int32Array) return 4;
  throw new StudioError({ code: 'internal', what: 'A tensor has an element type that the kernel does not know', got: 'uint32' });
}

export interface Factor {
  readonly type: ElementType;
  readonly offset: number;
  /** 0 for everything of 8 bits. */
  readonly rest: number;
}

/** Exact for any content of the element type, not only for what lies in the quantizer's range. */
export function factorOf(data: Numbers, zero: number): Factor {
  const type = elementType(data);
  if (type === 4) throw new StudioError({ code: 'internal', what: 'A factor of a product has more than 16 bits' });
  if (type < 2) return { type, offset: zero, rest: 0 };
  const offset = type === 3 ? 32768 : 0;
  return { type, offset, rest: offset - zero };
}

/** Bytes of panels, or of accumulators, that are worked on at a time: they stay in the second cache. */
export const BLOCK_BYTES = 262144;
/** Elements of K at a time: a panel of eight columns stays in the first cache. */
const DEPTH = 1024;

/** K (even) in blocks of about the same even size. */
export function depthBlocks(k: number): { readonly from: number; readonly count: number }[] {
  const size = 2 * Math.ceil(k / 2 / Math.max(1, Math.ceil(k / DEPTH)));
  const blocks = [];
  for (let from = 0; from < k; from += size) blocks.push({ from, count: Math.min(size, k - from) });
  return blocks;
}

/** Copies rows that lie densely at an address to where they belong: the first at `to`, one every `stride` elements. */
export function takeRows(kernel: Kernel, from: number, rows: number, length: number, data: Numbers, to: number, stride: number): void {
  if (length === stride) {
    kernel.take(from, data.subarray(to, to + rows * length));
    return;
  }
  const bytes = length * data.BYTES_PER_ELEMENT;
  for (let r = 0; r < rows; r++) kernel.take(from + r * bytes, data.subarray(to + r * stride, to + r * stride + length));
}
