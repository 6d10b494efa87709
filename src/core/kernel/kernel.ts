/**
 * The WebAssembly kernel: one instance with its memory, laid out by a caller who begins anew for every
 * op. Instances are lent: a run of a model keeps one to itself over its pauses, and gives it back. Law: what is read
 * from the memory is copied out before the next `reset`.
 */
import { StudioError } from '../base/errors';
import type { IntStorage } from '../ir/integer-model';
import { kernelBase64 } from './wasm';

/** The little of WebAssembly that is used here; it belongs to no environment, so the core may have it. */
declare const WebAssembly: {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: unknown };
};

interface Memory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

type Call = (...args: number[]) => void;

/** The exports of assembly/index.ts: each says there what its arguments are. */
const calls = [
  'gemm',
  'fillRows',
  'fillColumns',
  'addRows',
  'addColumns',
  'columnSums',
  'rowSums',
  'toI16Rows',
  'toPlanes',
  'packPatches',
  'packMatrix',
  'packTransposed',
  'requantizeRows',
  'requantizeColumns',
  'requantizeRowsWide',
  'requantizeColumnsWide',
  'limit',
  'widen',
  'narrow',
  'layerNorm',
  'softmax',
  'add',
  'lookUp',
  'move',
  'depthwise',
  'largestOf',
  'packDots',
  'dots',
] as const;

type Storage = IntStorage[keyof IntStorage] | Float64Array;

export type Kernel = Readonly<Record<(typeof calls)[number], Call>> & {
  /** Forgets everything that lies in the memory. */
  reset(): void;
  /** The address of so many bytes, aligned to 16, with SLACK bytes behind them. Their content is undefined. */
  room(bytes: number): number;
  /** A copy of the elements in the memory. */
  put(data: Storage): number;
  /** Copies the elements to an address. */
  write(at: number, data: Storage): void;
  /** Copies `to.length` elements out of the memory. */
  take(at: number, to: Storage): void;
};

/** Vectors may read and write so much behind a buffer. */
const SLACK = 64;
const PAGE = 65536;
/** Low addresses are left to the module. */
const FIRST = 1024;
/** An instance that has grown beyond this is not kept: memory of WebAssembly never shrinks. */
const KEPT = 128 * 1024 * 1024;
const MOST = 65536 * PAGE;

let compiled: object | undefined;

function decoded(base64: string): Uint8Array {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  const digits = base64.replace(/=+$/, '');
  const bytes = new Uint8Array(Math.floor((digits.length * 3) / 4));
  let word = 0;
  let bits = 0;
  let at = 0;
  for (const digit of digits) {
    word = ((word << 6) | alphabet.indexOf(digit)) & 0xffffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes[at++] = (word >> bits) & 255;
  }
  return bytes;
}

/** Compiles the kernel if that has not been done. Where an engine is told to compile with less zeal, call this before. */
export function compileKernel(): object {
  compiled ??= new WebAssembly.Module(decoded(kernelBase64));
  return compiled;
}

function newKernel(): { kernel: Kernel; size(): number } {
  // the module is our own: a test holds its exports to this list
  const exports = new WebAssembly.Instance(compileKernel()).exports as Record<(typeof calls)[number], Call> & { readonly memory: Memory };
  const { memory } = exports;
  let next = FIRST;
  const room = (bytes: number): number => {
    const at = next;
    next += Math.ceil((bytes + SLACK) / 16) * 16;
    if (next > MOST) {
      throw new StudioError({
        code: 'out-of-range',
        what: 'An op needs more than 4 GB of working memory',
        got: `${Math.ceil(next / 2 ** 20)} MB`,
        todo: 'Split the layer, or lower the size of the input.',
      });
    }
    const missing = next - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / PAGE));
    return at;
  };
  const bytesOf = (data: Storage): Uint8Array => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  const write = (at: number, data: Storage): void => new Uint8Array(memory.buffer, at, data.byteLength).set(bytesOf(data));
  const kernel: Kernel = {
    ...(Object.fromEntries(calls.map((name) => [name, exports[name]])) as Record<(typeof calls)[number], Call>),
    reset: () => {
      next = FIRST;
    },
    room,
    write,
    put: (data) => {
      const at = room(data.byteLength);
      write(at, data);
      return at;
    },
    take: (at, to) => bytesOf(to).set(new Uint8Array(memory.buffer, at, to.byteLength)),
  };
  return { kernel, size: () => memory.buffer.byteLength };
}

const free: ReturnType<typeof newKernel>[] = [];

/** Lends a kernel until it is given back. */
export function borrowKernel(): { readonly kernel: Kernel; giveBack(): void } {
  const lent = free.pop() ?? newKernel();
  return {
    kernel: lent.kernel,
    giveBack: () => {
      if (free.length === 0 && lent.size() <= KEPT) free.push(lent);
    },
  };
}

/** Lends a kernel for the time of the work. */
export async function withKernel<T>(work: (kernel: Kernel) => Promise<T>): Promise<T> {
  const { kernel, giveBack } = borrowKernel();
  try {
    return await work(kernel);
  } finally {
    giveBack();
  }
}
