/** Exchanged chains of weights: never a larger loss, nothing left that one change would gain, and how near the best of all it ends. */
import { describe, expect, it } from 'vitest';
import { quietContext } from '../base/context';
import { createRng, type Rng } from '../base/rng';
import { exchange, type ExchangeProblem } from './exchange';

/** X^T X of few rows: columns depend on each other. */
function problem(rng: Rng, groups: number, outputs: number, columns: number, rows: number): ExchangeProblem {
  const square: number[] = [];
  for (let g = 0; g < groups; g++) {
    const x = Array.from({ length: rows }, () => Array.from({ length: columns }, () => Math.max(0, rng.normal())));
    for (let i = 0; i < columns; i++)
      for (let j = 0; j < columns; j++) square.push(x.reduce((sum, row) => sum + (row[i] ?? 0) * (row[j] ?? 0), 0) / rows);
  }
  const count = groups * outputs;
  return {
    ...{ groups, outputs, columns, lo: -7, hi: 7, square },
    weight: Float64Array.from({ length: count * columns }, () => rng.normal() * 1.6),
    scale: Float64Array.from({ length: count }, () => 0.3 + 0.3 * rng.uniform()),
    cross: Float64Array.from({ length: count * columns }, () => 0.02 * rng.normal()),
  };
}

/** The loss of one output, written out. */
function lossOf(p: ExchangeProblem, q: ArrayLike<number>, o: number): number {
  const [n, g] = [p.columns, Math.floor(o / p.outputs)];
  const d = Array.from({ length: n }, (_, k) => (q[o * n + k] as number) * (p.scale[o] as number) - (p.weight[o * n + k] as number));
  let sum = 0;
  for (let i = 0; i < n; i++) {
    sum -= 2 * (d[i] as number) * (p.cross[o * n + i] as number);
    for (let j = 0; j < n; j++) sum += (d[i] as number) * (p.square[(g * n + i) * n + j] as number) * (d[j] as number);
  }
  return sum;
}

const nearestOf = (p: ExchangeProblem): Int32Array =>
  Int32Array.from(p.weight, (w, i) => Math.min(p.hi, Math.max(p.lo, Math.round(w / (p.scale[Math.floor(i / p.columns)] as number)))));

/** The two integers that a weight may become; one where the other is out of range. */
function choices(p: ExchangeProblem, i: number): number[] {
  const below = Math.floor((p.weight[i] as number) / (p.scale[Math.floor(i / p.columns)] as number));
  return [...new Set([below, below + 1].map((q) => Math.min(p.hi, Math.max(p.lo, q))))];
}

describe('exchanged chains', () => {
  it('make no loss larger, leave every weight beside its integer, and end where one change gains nothing', async () => {
    const rng = createRng(31);
    for (const [groups, outputs, columns, rows] of [
      [1, 6, 24, 12],
      [3, 2, 9, 40],
      [2, 1, 1, 3],
      [1, 2, 70, 30],
    ] as const) {
      const p = problem(rng, groups, outputs, columns, rows);
      const start = nearestOf(p);
      const kept = start.slice();
      const found = await exchange(p, start, quietContext());
      expect(start).toEqual(kept);
      for (let o = 0; o < groups * outputs; o++) {
        const [before, after] = [lossOf(p, start, o), lossOf(p, found, o)];
        expect(after).toBeLessThanOrEqual(before + 1e-9);
        for (let k = o * columns; k < (o + 1) * columns; k++) {
          expect(choices(p, k)).toContain(found[k]);
          for (const other of choices(p, k)) {
            const changed = found.slice();
            changed[k] = other;
            expect(lossOf(p, changed, o)).toBeGreaterThanOrEqual(after - 1e-5 * Math.abs(before));
          }
        }
      }
    }
  });

  it('end at the best of all roundings of ten weights in most rows, and take most of what can be gained in all', async () => {
    const rng = createRng(32);
    const p = problem(rng, 1, 40, 10, 6);
    const start = nearestOf(p);
    const found = await exchange(p, start, quietContext());
    let hits = 0;
    let [possible, gained] = [0, 0];
    for (let o = 0; o < 40; o++) {
      let best = Infinity;
      const q = new Int32Array(start);
      const walk = (k: number): void => {
        if (k === 10) best = Math.min(best, lossOf(p, q, o));
        else
          for (const c of choices(p, o * 10 + k)) {
            q[o * 10 + k] = c;
            walk(k + 1);
          }
      };
      walk(0);
      const [before, after] = [lossOf(p, start, o), lossOf(p, found, o)];
      hits += Number(after <= best + 1e-9);
      possible += before - best;
      gained += before - after;
    }
    expect(hits).toBeGreaterThan(20);
    expect(gained).toBeGreaterThan(0.9 * possible);
  });

  it('find a pair that no single change leads to', async () => {
    // two inputs that are the same but for a trace: one up and one down cancels
    const p: ExchangeProblem = {
      ...{ groups: 1, outputs: 1, columns: 2, lo: -7, hi: 7 },
      weight: Float64Array.of(0.45, 0.55),
      scale: Float64Array.of(1),
      square: [1, 0.99, 0.99, 1.2],
      cross: [0, 0],
    };
    const start = Int32Array.of(1, 0);
    for (const single of [
      [0, 0],
      [1, 1],
    ])
      expect(lossOf(p, single, 0)).toBeGreaterThan(lossOf(p, start, 0));
    expect([...(await exchange(p, start, quietContext()))]).toEqual([0, 1]);
  });

  it('end when it is cancelled', async () => {
    const p = problem(createRng(33), 1, 2, 80, 20);
    await expect(exchange(p, nearestOf(p), { ...quietContext(), signal: { aborted: true } })).rejects.toThrow();
  });
});
