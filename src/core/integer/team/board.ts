/**
 * What lead and mates tell each other in shared memory while a model runs: int32 words, read and written with Atomics.
 * The lead writes an order, counts ORDER up and wakes the mates; whoever is awake claims parts and counts DONE up.
 * Law: the words of an order, and the tensors it names, hold still while a part of it is claimed and not done.
 */
export const board = {
  /** Mates that wait for orders of this run. */
  entered: 0,
  /** Counts orders; mates sleep on it. */
  order: 1,
  /** Parts of the present order that are done; the lead sleeps on it. */
  done: 2,
  /** 1: the present order is not wanted any more. */
  stop: 3,
  /** 1: a mate could not do its part. */
  failed: 4,
  /** Counts signs of life. */
  beat: 5,
  /** 1: no order comes any more. */
  over: 6,
  /** Which order, and the next part of it that nobody has claimed. */
  claimed: 7,
  /** The order: index of the op, then where output, accumulator and inputs begin in the room, in UNITs; -1 is none. */
  op: 8,
  output: 9,
  acc: 10,
  inputs: 11,
} as const;

/**
 * Claims a part of the order; undefined: none is left, or it is not the present one any more. The number of the order stands
 * in the same word as the next part, so who slept through an order claims nothing of the next by mistake.
 */
export function claim(words: Int32Array, order: number, parts: number): number | undefined {
  for (;;) {
    const word = Atomics.load(words, board.claimed);
    const next = word - firstClaim(order);
    if (next < 0 || next >= parts) return undefined;
    if (Atomics.compareExchange(words, board.claimed, word, word + 1) === word) return next;
  }
}

const CLAIMS = 256;

/** The word before anything of the order is claimed. */
export function firstClaim(order: number): number {
  return (order % 2 ** 22) * CLAIMS;
}

/** Nothing more of the order can be claimed; says how many parts were. */
export function closeClaims(words: Int32Array, order: number, parts: number): number {
  return Math.min(Atomics.exchange(words, board.claimed, firstClaim(order) + parts) - firstClaim(order), parts);
}

/** A part is done, or will never be. */
export function countDone(words: Int32Array): void {
  Atomics.add(words, board.done, 1);
  Atomics.notify(words, board.done);
}

export const MOST_INPUTS = 6;
export const WORDS = board.inputs + MOST_INPUTS;
/** Tensors begin at multiples of so many bytes. */
export const UNIT = 64;
