/** Rows that were put aside come back as they were, whichever are asked for, and a file is asked no more often than it has to be. */
import { describe, expect, it } from 'vitest';
import { quietContext } from '../base/context';
import { Hold } from '../base/hold';
import { memoryScratch } from '../base/hold.fixture';
import { createRng } from '../base/rng';
import { pickRows, type RowSource } from './pick-rows';

const [groups, columns, outputs, positions, samples] = [2, 3, 4, 5, 6];

/** Every number says where it comes from. */
const source: RowSource = {
  ...{ groups, columns, outputs, positions, samples, seed: 1 },
  inputs: async (sample, group) =>
    Float32Array.from(
      { length: positions * columns },
      (_, i) => sample * 1000 + group * 100 + Math.floor(i / columns) * 10 + (i % columns),
    ),
  target: async (sample) => Float32Array.from({ length: positions * outputs }, (_, i) => -(sample * 1000 + i)),
};

describe.each([0, 1 << 20])('with %i bytes of memory', (budget) => {
  it('are those of their place, in any order', async () => {
    const { state, open } = memoryScratch();
    const hold = new Hold({ budget, scratch: open });
    const picked = await pickRows(source, hold, quietContext());
    const all = positions * samples;
    expect(picked.rows).toBe(all);
    const rng = createRng(2);
    const orders = [
      Array.from({ length: all }, (_, i) => i),
      Array.from({ length: all }, (_, i) => all - 1 - i),
      [3, 3, 4, 5, 5, 6, 29, 28, 0],
      Array.from({ length: 50 }, () => rng.int(0, all - 1)),
      [],
    ];
    for (const indices of orders) {
      const { x, target } = await picked.take(indices);
      const n = indices.length;
      expect([x.length, target.length]).toEqual([groups * n * columns, n * outputs]);
      for (const [i, row] of indices.entries()) {
        const [sample, position] = [Math.floor(row / positions), row % positions];
        expect(picked.places[row]).toBe(position);
        for (let g = 0; g < groups; g++) {
          for (let k = 0; k < columns; k++) expect(x[(g * n + i) * columns + k]).toBe(sample * 1000 + g * 100 + position * 10 + k);
          for (let o = 0; o < outputs / groups; o++)
            expect(target[(g * n + i) * (outputs / groups) + o]).toBe(-(sample * 1000 + position * outputs + (g * outputs) / groups + o));
        }
      }
    }
    const before = state.reads;
    await picked.take(orders[0] ?? []);
    expect(state.reads - before).toBe(budget === 0 ? samples : 0);
    picked.drop();
    await hold.close();
  });
});
