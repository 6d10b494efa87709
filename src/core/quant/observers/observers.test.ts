/**
 * The law of observers, run on every one in this folder, and of every quantizer of activations on top of them: values stream, in
 * batches of any size and any order, and parts that were observed apart merge to the same state, bit for bit.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Observer, QParams, Scheme } from '../quantizer';
import { activationQuantizers } from '../registry';
import { rangeHistogram, statsOf, type RangeHistogram } from './range-histogram';

const files: Readonly<Record<string, Readonly<Record<string, unknown>>>> = import.meta.glob(['./*.ts', '!./*.test.ts'], { eager: true });
const isObserver = (x: unknown): x is Observer<unknown> =>
  typeof x === 'object' &&
  x !== null &&
  ['start', 'update', 'merge'].every((key) => typeof (x as Record<string, unknown>)[key] === 'function');
const observers = Object.values(files).flatMap((exported) => Object.values(exported).filter(isObserver));

/** All float32 values that a network may have, the small whole ones often: they tie and they fall on borders of bins. */
const values = fc.array(
  fc.oneof(
    fc.float({ noNaN: true, noDefaultInfinity: true }),
    fc.integer({ min: -8, max: 8 }),
    fc.constantFrom(0, -0, 2 ** -149, -(2 ** 127), 0.5),
  ),
  { minLength: 1, maxLength: 60 },
);

/** Values with a way to give them: an order, cuts into batches, and in which part of the merge each batch is. */
const plans = values.chain((x) =>
  fc.record({
    x: fc.constant(x),
    order: fc.shuffledSubarray(
      x.map((_, i) => i),
      { minLength: x.length, maxLength: x.length },
    ),
    sizes: fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 60, maxLength: 60 }),
    parts: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 60, maxLength: 60 }),
    mergeOrder: fc.shuffledSubarray([0, 1, 2, 3], { minLength: 4, maxLength: 4 }),
  }),
);
type Plan = typeof plans extends fc.Arbitrary<infer P> ? P : never;

function batchesOf({ x, order, sizes }: Plan): Float32Array[] {
  const batches: Float32Array[] = [];
  for (let at = 0, i = 0; at < x.length; at += sizes[i++] as number) {
    batches.push(Float32Array.from(order.slice(at, at + (sizes[i] as number)), (j) => x[j] as number));
  }
  return batches;
}

const whole = <S>(o: Observer<S>, { x }: Plan): S => o.update(o.start(), Float32Array.from(x));

function inParts<S>(o: Observer<S>, plan: Plan): S {
  const states = [0, 1, 2, 3].map(() => o.start());
  batchesOf(plan).forEach((batch, i) => {
    const part = plan.parts[i] as number;
    states[part] = o.update(states[part] as S, batch);
  });
  const [first, ...others] = plan.mergeOrder.map((p) => states[p] as S);
  return others.reduce((a, b) => o.merge(a, b), first as S);
}

describe.each(observers.map((o) => [o.id, o] as const))('the observer %s', (_, observer) => {
  test('gives the same state for any batches, any order and any merge', () => {
    fc.assert(
      fc.property(plans, (plan) => {
        expect(inParts(observer, plan)).toEqual(whole(observer, plan));
      }),
      { numRuns: 300 },
    );
  });

  test('writes neither into what it observes nor into what it merges', () => {
    fc.assert(
      fc.property(values, values, (x, y) => {
        const [a, b] = [Float32Array.from(x), Float32Array.from(y)];
        const states = [observer.update(observer.start(), a), observer.update(observer.start(), b)] as const;
        const before = structuredClone(states);
        observer.merge(...states);
        expect(states).toEqual(before);
        expect([a, b]).toEqual([Float32Array.from(x), Float32Array.from(y)]);
      }),
    );
  });

  test('keeps as much after many values as after one, and nothing of a batch', () => {
    const numbers = (state: unknown): number =>
      ArrayBuffer.isView(state)
        ? state.byteLength
        : typeof state === 'object' && state !== null
          ? Object.values(state).reduce((sum: number, part) => sum + numbers(part), 0)
          : 8;
    let state = observer.update(observer.start(), Float32Array.of(1));
    const size = numbers(state);
    const batch = new Float32Array(256);
    for (let i = 0; i < 64; i++) state = observer.update(state, batch.fill(i - 20));
    expect(numbers(state)).toBe(size);
    const before = structuredClone(state);
    batch.fill(99);
    expect(state).toEqual(before);
  });
});

test('the folder holds the observer that calibration uses', () => {
  expect(observers).toContain(rangeHistogram);
});

const schemes: readonly Scheme[] = [8, 4].flatMap((bits) =>
  [true, false].map((symmetric): Scheme => ({ bits, symmetric, signed: undefined, granularity: 'tensor', narrow: false })),
);

describe.each(activationQuantizers.map((q) => [q.id, q] as const))('the range that %s chooses', (_, quantizer) => {
  const options = Object.fromEntries(quantizer.options.map((o) => [o.id, o.fallback]));
  const fit = (state: RangeHistogram, scheme: Scheme): QParams => quantizer.fit(statsOf(state), scheme, options);

  test('does not depend on the size of batches, their order, or how the data were divided', () => {
    fc.assert(
      fc.property(plans, fc.constantFrom(...schemes), (plan, scheme) => {
        expect(fit(inParts(rangeHistogram, plan), scheme)).toEqual(fit(whole(rangeHistogram, plan), scheme));
      }),
      { numRuns: 40 },
    );
  });

  test('leaves the statistics as they are', () => {
    const stats = statsOf(rangeHistogram.update(rangeHistogram.start(), Float32Array.of(-1, 0.25, 3, 7)));
    const before = structuredClone(stats);
    for (const scheme of schemes) quantizer.fit(stats, scheme, options);
    expect(stats).toEqual(before);
  });
});
