/**
 * Arrays that are put aside: in memory as long as all of them fit a budget, the others in a scratch file that the surroundings
 * lend. Knows nothing of what is in them. Law: what comes back is what was given, bit for bit, whatever the budget.
 * Where no file is lent everything stays in memory, and `fits` says how much of it the budget allows.
 */
import { bytesOf } from './bytes';

/** A file for bytes that are needed for a while. Nobody else sees it; `close` removes it. */
export interface Scratch {
  write(at: number, bytes: Uint8Array): Promise<void>;
  /** Fills `into`. */
  read(at: number, into: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

export type OpenScratch = () => Promise<Scratch>;

type Holdable = Float32Array | Int8Array | Uint8Array | Int16Array | Uint16Array | Int32Array | Uint32Array | BigInt64Array;

/** An array that was put aside. */
export interface Held<T> {
  readonly length: number;
  /** Elements from..to; a view where they lie in memory: not to be written to. */
  read(from?: number, to?: number): Promise<T>;
  drop(): void;
}

export interface HoldOptions {
  /** Bytes. */
  readonly budget: number;
  readonly scratch: OpenScratch | undefined;
}

export class Hold {
  private readonly budget: number;
  private readonly openScratch: OpenScratch | undefined;
  private file: Promise<Scratch> | undefined;
  private readonly extents = new Extents();
  private used = 0;

  constructor({ budget, scratch }: HoldOptions) {
    this.budget = budget;
    this.openScratch = scratch;
  }

  /** How many things of a size may be put aside, the share of the budget for them given. */
  fits(bytes: number, share = this.budget): number {
    return this.openScratch ? Infinity : Math.floor(share / Math.max(1, bytes));
  }

  /** Keeps the array itself where it stays in memory: it is not to be written to from now on. */
  async keep<T extends Holdable>(data: T): Promise<Held<T>> {
    const bytes = data.byteLength;
    const inMemory = !this.openScratch || this.used + bytes <= this.budget;
    return inMemory ? this.inMemory(data) : this.spilled(data, this.openScratch); // inMemory where there is none
  }

  async close(): Promise<void> {
    await (await this.file?.catch(() => undefined))?.close();
    this.file = undefined;
  }

  private inMemory<T extends Holdable>(data: T): Held<T> {
    const bytes = data.byteLength;
    this.used += bytes;
    let isHeld = true;
    return {
      length: data.length,
      read: (from = 0, to = data.length) => Promise.resolve(from === 0 && to === data.length ? data : (data.subarray(from, to) as T)),
      drop: () => {
        if (isHeld) this.used -= bytes;
        isHeld = false;
      },
    };
  }

  private async spilled<T extends Holdable>(data: T, open: OpenScratch): Promise<Held<T>> {
    const file = await (this.file ??= open());
    const at = this.extents.take(data.byteLength);
    await file.write(at, bytesOf(data));
    const { length, byteLength, BYTES_PER_ELEMENT: size } = data;
    const make = data.constructor as new (length: number) => T; // of its own kind
    let isHeld = true;
    return {
      length,
      async read(from = 0, to = length) {
        const out = new make(to - from);
        if (to > from) await file.read(at + from * size, bytesOf(out));
        return out;
      },
      drop: () => {
        if (isHeld) this.extents.give(at, byteLength);
        isHeld = false;
      },
    };
  }
}

/** What of a growing file is free: the lowest place that is large enough is taken, neighbours are joined. */
class Extents {
  private end = 0;
  /** By place. */
  private free: { readonly at: number; readonly bytes: number }[] = [];

  take(bytes: number): number {
    const found = this.free.findIndex((e) => e.bytes >= bytes);
    const place = this.free[found];
    if (!place) {
      this.end += bytes;
      return this.end - bytes;
    }
    const rest = { at: place.at + bytes, bytes: place.bytes - bytes };
    this.free.splice(found, 1, ...(rest.bytes > 0 ? [rest] : []));
    return place.at;
  }

  give(at: number, bytes: number): void {
    const i = this.free.findIndex((e) => e.at > at);
    const index = i < 0 ? this.free.length : i;
    const [before, after] = [this.free[index - 1], this.free[index]];
    const joinsBefore = before !== undefined && before.at + before.bytes === at;
    const joinsAfter = after !== undefined && at + bytes === after.at;
    const from = joinsBefore ? before.at : at;
    const to = joinsAfter ? after.at + after.bytes : at + bytes;
    this.free.splice(index - Number(joinsBefore), Number(joinsBefore) + Number(joinsAfter), { at: from, bytes: to - from });
  }
}
