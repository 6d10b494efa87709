/**
 * Threads that execute a model together: the one that calls (the lead) and mates, which are started when they are first
 * needed. It knows no workers: whoever makes a team says how a mate is started. Law: nothing waits for a mate that is
 * not there yet, and for one that is gone only until that is known; one run at a time.
 */
import { throwIfCancelled, type Context } from '../../base/context';
import type { IntegerModel, IntStorage, IntDType } from '../../ir/integer-model';
import { board as at, claim, closeClaims, countDone, firstClaim, WORDS } from './board';
import type { Enlistment } from './mate';

/** What a mate is sent: a run, and before it the model if it is another than in the run before. */
export interface MateOrder {
  readonly model?: IntegerModel;
  readonly run: Enlistment;
}

export interface Mate {
  post(order: MateOrder): void;
  end(): void;
}

/** A mate is gone or could not do its part: the run has to be done again without the team. */
export class MateLost extends Error {
  override readonly name = 'MateLost';
}

export interface Order {
  readonly op: number;
  readonly output: number;
  readonly acc: number;
  readonly inputs: readonly number[];
}

/** One run of a model by a team. */
export interface Session {
  readonly room: SharedArrayBuffer;
  /** Into how many parts every op is divided. */
  readonly parts: number;
  /** Have all mates come? Until then the lead works alone. */
  ready(): boolean;
  /** Orders an op, does parts of it as the mates do, until none is left, and waits for those of others. Throws `MateLost`. */
  share(order: Order, work: (part: number) => Promise<unknown>, ctx: Context): Promise<void>;
  end(): void;
}

export interface Team {
  /** Threads, the lead among them. */
  readonly count: number;
  /** Begins a run; undefined where the team is in another one, or there is no memory for it. */
  begin(model: IntegerModel, bytes: number, acc: boolean): Session | undefined;
  /** Ends the mates; the next run starts others. */
  close(): void;
}

/** A silence of so many waits of so many milliseconds means that a mate is gone. */
const WAIT_MS = 20;
const WAITS = 250;
/** For the mates at the beginning of a run, in milliseconds, where a team is patient. */
const PATIENCE_MS = 20_000;

export interface TeamOptions {
  /** Wait for the mates at the beginning of a run: where a run is to be measured or tested. */
  readonly patient?: boolean;
}

/** `spawn` starts a mate, and calls `ended` when it ended by itself. */
export function createTeam(count: number, spawn: (ended: () => void) => Mate, { patient = false }: TeamOptions = {}): Team {
  const mates = new Map<number, { readonly mate: Mate; model: IntegerModel | undefined }>();
  let posted: { readonly model: IntegerModel; readonly shared: IntegerModel } | undefined;
  let room: SharedArrayBuffer | undefined;
  let board: Int32Array | undefined;

  const forget = (index: number): void => {
    mates.delete(index);
    room = undefined;
    if (board) Atomics.store(board, at.failed, 1);
  };
  const mateOf = (index: number): { readonly mate: Mate; model: IntegerModel | undefined } => {
    const known = mates.get(index);
    if (known) return known;
    const made = {
      mate: spawn(() => {
        if (mates.get(index) === made) forget(index);
      }),
      model: undefined,
    };
    mates.set(index, made);
    return made;
  };
  const close = (): void => {
    for (const { mate } of mates.values()) mate.end();
    mates.clear();
    posted = undefined;
    room = undefined;
  };

  return {
    count,
    close,
    begin(model, bytes, acc) {
      if (board) return undefined;
      const buffers = roomed(room, bytes);
      if (!buffers) return undefined;
      room = buffers.room;
      if (posted?.model !== model) posted = { model, shared: sharedModel(model) };
      const { shared } = posted;
      const words = new Int32Array(buffers.board);
      // more parts would lay out operands more often than they balance; who wakes late leaves its part to another
      const parts = count;
      board = words;
      for (let index = 1; index < count; index++) {
        const on = mateOf(index);
        on.mate.post({ ...(on.model === model ? {} : { model: shared }), run: { ...buffers, parts, acc } });
        on.model = model;
      }
      const ready = (): boolean => Atomics.load(words, at.entered) === count - 1;
      if (patient) awaitMates(words, ready);
      return {
        room: buffers.room,
        parts,
        ready,
        share: async (order, work, ctx) => {
          const number = give(words, order);
          try {
            for (let part = claim(words, number, parts); part !== undefined; part = claim(words, number, parts)) {
              try {
                await work(part);
              } finally {
                countDone(words);
              }
            }
          } catch (error) {
            Atomics.store(words, at.stop, 1);
            throw error;
          } finally {
            await others(words, closeClaims(words, number, parts), ctx);
          }
        },
        end: () => {
          Atomics.store(words, at.over, 1);
          Atomics.add(words, at.order, 1);
          Atomics.notify(words, at.order);
          board = undefined;
        },
      };
    },
  };
}

function roomed(
  room: SharedArrayBuffer | undefined,
  bytes: number,
): { readonly board: SharedArrayBuffer; readonly room: SharedArrayBuffer } | undefined {
  try {
    return { board: new SharedArrayBuffer(4 * WORDS), room: room && room.byteLength >= bytes ? room : new SharedArrayBuffer(bytes) };
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function awaitMates(words: Int32Array, ready: () => boolean): void {
  for (let waited = 0; !ready() && waited < PATIENCE_MS; waited += WAIT_MS) {
    Atomics.wait(words, at.entered, Atomics.load(words, at.entered), WAIT_MS);
  }
}

/** Gives its number. */
function give(words: Int32Array, { op, output, acc, inputs }: Order): number {
  const number = Atomics.load(words, at.order) + 1;
  Atomics.store(words, at.op, op);
  Atomics.store(words, at.output, output);
  Atomics.store(words, at.acc, acc);
  inputs.forEach((unit, i) => Atomics.store(words, at.inputs + i, unit));
  Atomics.store(words, at.done, 0);
  Atomics.store(words, at.stop, 0);
  Atomics.store(words, at.claimed, firstClaim(number));
  Atomics.store(words, at.order, number);
  Atomics.notify(words, at.order);
  return number;
}

/** Until so many parts are done; hears a cancel meanwhile. */
async function others(words: Int32Array, parts: number, ctx: Context): Promise<void> {
  let silent = 0;
  let beat = -1;
  for (;;) {
    const done = Atomics.load(words, at.done);
    if (Atomics.load(words, at.failed) !== 0) throw new MateLost('A mate could not do its part');
    if (done >= parts) break;
    if (Atomics.wait(words, at.done, done, WAIT_MS) !== 'timed-out') continue;
    const now = Atomics.load(words, at.beat);
    silent = now === beat ? silent + 1 : 0;
    beat = now;
    if (silent >= WAITS) throw new MateLost('A mate is silent');
    await ctx.tick();
    if (ctx.signal.aborted) Atomics.store(words, at.stop, 1);
  }
  throwIfCancelled(ctx);
}

/** What mates need of a model, with its constants where all threads see them: they are sent without being copied. */
function sharedModel(model: IntegerModel): IntegerModel {
  const constants = [...model.constants].map(([name, { real: _, data, ...rest }]) => [name, { ...rest, data: sharedCopy(data) }] as const);
  return { ...model, constants: new Map(constants), islands: [] };
}

function sharedCopy(data: IntStorage[IntDType]): IntStorage[IntDType] {
  const bytes = new Uint8Array(new SharedArrayBuffer(data.byteLength));
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  // every typed array can be made on a buffer by its own constructor
  return new (data.constructor as new (buffer: ArrayBufferLike) => IntStorage[IntDType])(bytes.buffer);
}
