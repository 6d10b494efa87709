/** What is put aside comes back bit for bit from memory and from the file, whatever comes and goes in between. */
import { expect, test } from 'vitest';
import { memoryScratch } from './hold.fixture';
import { Hold, type Held } from './hold';
import { createRng } from './rng';

test.each([0, 1, 100, 600, Infinity])('with a budget of %d bytes everything comes back', async (budget) => {
  const { open, state } = memoryScratch();
  const hold = new Hold({ budget, scratch: open });
  const rng = createRng(1);
  const alive: { held: Held<Float32Array> | Held<Int8Array>; wanted: Float32Array | Int8Array }[] = [];
  for (let turn = 0; turn < 150; turn++) {
    const length = rng.int(0, 40);
    const data = turn % 3 === 0 ? Int8Array.from({ length }, () => rng.int(-128, 127)) : Float32Array.from({ length }, () => rng.normal());
    const held = data instanceof Int8Array ? await hold.keep(data) : await hold.keep(data);
    alive.push({ held, wanted: data.slice() });
    while (alive.length > 12) alive.splice(rng.int(0, alive.length - 1), 1)[0]?.held.drop();
    for (const one of alive) {
      expect(await one.held.read()).toEqual(one.wanted);
      const from = rng.int(0, one.wanted.length);
      const to = rng.int(from, one.wanted.length);
      expect(await one.held.read(from, to)).toEqual(one.wanted.slice(from, to));
    }
  }
  expect(state.opened).toBe(budget === Infinity ? 0 : 1);
  // places are used again: twelve arrays of at most 160 bytes, and the gaps between them
  expect(state.size).toBeLessThan(3 * 13 * 160);
  await hold.close();
  expect(state.isOpen).toBe(false);
});

test('a thing that is dropped twice gives its room back once', async () => {
  const { open, state } = memoryScratch();
  const hold = new Hold({ budget: 8, scratch: open });
  const first = await hold.keep(new Float32Array(2));
  first.drop();
  first.drop();
  await hold.keep(Float32Array.of(1, 2));
  expect(state.opened).toBe(0);
  const spilled = await hold.keep(Float32Array.of(3, 4));
  spilled.drop();
  spilled.drop();
  const [a, b] = [await hold.keep(Float32Array.of(5, 6)), await hold.keep(Float32Array.of(7, 8))];
  expect([await a.read(), await b.read()]).toEqual([Float32Array.of(5, 6), Float32Array.of(7, 8)]);
});

test('without a file everything stays in memory, and says how much may', async () => {
  const hold = new Hold({ budget: 100, scratch: undefined });
  expect(hold.fits(30)).toBe(3);
  expect(hold.fits(30, 60)).toBe(2);
  expect(new Hold({ budget: 100, scratch: memoryScratch().open }).fits(30)).toBe(Infinity);
  const data = new Uint8Array(1000);
  expect(await (await hold.keep(data)).read()).toBe(data);
  await hold.close();
});
