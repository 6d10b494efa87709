/** GPTQ against optimal brain quantization read slowly (a new inverse for every column), and against all roundings there are. */
import { describe, expect, test } from 'vitest';
import { quietContext } from '../../base/context';
import { CancelledError } from '../../base/errors';
import { createRng } from '../../base/rng';
import { inverseUpperFactor } from '../cholesky';
import { Hold } from '../../base/hold';
import type { LayerProblem } from '../quantizer';
import { gptq } from './gptq';

const rng = createRng(31);

/** X^T X of rows with correlated columns. */
function gramOf(n: number, rows: number): Float64Array {
  const x = Array.from({ length: rows }, () => {
    const shared = rng.normal();
    return Array.from({ length: n }, (_, k) => (rng.normal() + shared) * (1 + (k % 3)));
  });
  return Float64Array.from({ length: n * n }, (_, i) => x.reduce((s, r) => s + (r[Math.floor(i / n)] as number) * (r[i % n] as number), 0));
}

function inverse(a: readonly (readonly number[])[]): number[][] {
  const n = a.length;
  const m = a.map((r, i) => [...r, ...Array.from({ length: n }, (_, j) => Number(i === j))]);
  for (let i = 0; i < n; i++) {
    const pivot = m[i] as number[];
    const d = pivot[i] as number;
    for (let k = 0; k < 2 * n; k++) pivot[k] = (pivot[k] as number) / d;
    for (let j = 0; j < n; j++) {
      if (j === i) continue;
      const row = m[j] as number[];
      const f = row[i] as number;
      for (let k = 0; k < 2 * n; k++) row[k] = (row[k] as number) - f * (pivot[k] as number);
    }
  }
  return m.map((r) => r.slice(n));
}

function problem(weight: Float64Array, outputs: number, h: Float64Array, hi = 7): LayerProblem {
  const columns = weight.length / outputs;
  const scale = Float64Array.from({ length: outputs }, (_, o) =>
    Math.fround(Math.max(...weight.subarray(o * columns, (o + 1) * columns).map(Math.abs)) / hi),
  );
  const unused = (): never => {
    throw new Error('not needed');
  };
  return {
    stem: 'layer',
    weight,
    outputs,
    columns,
    groups: 1,
    scale,
    lo: -hi,
    hi,
    bias: new Float64Array(outputs),
    clamp: undefined,
    samples: 1,
    positions: 1,
    seed: 0,
    gram: async () => [h],
    inputs: unused,
    target: unused,
    steps: { open: unused },
    hold: new Hold({ budget: 0, scratch: undefined }),
  };
}

/** The definition: after each column the rest moves by -e / [H_F^-1]_jj [H_F^-1]_:j, H_F being H of the columns left. */
function slow(p: LayerProblem, h: Float64Array, o: number): Int32Array {
  const n = p.columns;
  const at = (i: number, j: number): number => h[i * n + j] as number;
  const damp = (0.01 * Array.from({ length: n }, (_, k) => at(k, k)).reduce((a, b) => a + b, 0)) / n;
  const left = Array.from({ length: n }, (_, k) => k).sort((a, b) => at(b, b) - at(a, a));
  const w = p.weight.slice(o * n, (o + 1) * n);
  const out = new Int32Array(n);
  while (left.length > 0) {
    const k = left[0] as number;
    const inv = inverse(left.map((i) => left.map((j) => at(i, j) + (i === j ? damp : 0))));
    const s = p.scale[o] as number;
    out[k] = Math.min(p.hi, Math.max(p.lo, Math.round((w[k] as number) / s)));
    const e = ((w[k] as number) - out[k] * s) / (inv[0]?.[0] as number);
    left.forEach((j, i) => (w[j] = (w[j] as number) - e * (inv[i]?.[0] as number)));
    left.shift();
  }
  return out;
}

function loss(p: LayerProblem, o: number, q: ArrayLike<number>, h: Float64Array): number {
  const n = p.columns;
  const e = Array.from({ length: n }, (_, k) => (p.weight[o * n + k] as number) - (q[k] as number) * (p.scale[o] as number));
  return e.reduce((s, a, i) => s + e.reduce((t, b, j) => t + a * b * (h[i * n + j] as number), 0), 0);
}

describe('gptq', () => {
  test('is optimal brain quantization in a fixed order, or nearest rounding where that is better', async () => {
    for (let round = 0; round < 8; round++) {
      const h = gramOf(9, 40);
      const p = problem(
        Float64Array.from({ length: 36 }, () => Math.fround(rng.normal())),
        4,
        h,
      );
      const found = await gptq.learn?.(p, {}, quietContext());
      if (!found) throw new Error('learn');
      for (let o = 0; o < 4; o++) {
        const mine = found.integers.slice(o * 9, o * 9 + 9);
        const nearest = Int32Array.from({ length: 9 }, (_, k) => Math.round((p.weight[o * 9 + k] as number) / (p.scale[o] as number)));
        const reference = slow(p, h, o);
        expect(mine).toEqual(loss(p, o, reference, h) < loss(p, o, nearest, h) ? reference : nearest);
      }
      expect(found.after).toBeLessThanOrEqual(found.before);
    }
  });

  test('comes near the best of all roundings, far from nearest', async () => {
    let [nearest, mine, best] = [0, 0, 0];
    for (let round = 0; round < 20; round++) {
      const h = gramOf(6, 30);
      const p = problem(
        Float64Array.from({ length: 6 }, () => Math.fround(rng.normal())),
        1,
        h,
        1,
      );
      const found = await gptq.learn?.(p, {}, quietContext());
      let least = Infinity;
      for (let code = 0; code < 3 ** 6; code++) {
        const q = Array.from({ length: 6 }, (_, k) => (Math.floor(code / 3 ** k) % 3) - 1);
        least = Math.min(least, loss(p, 0, q, h));
      }
      expect(found?.after).toBeGreaterThanOrEqual(least * (1 - 1e-9));
      nearest += found?.before ?? 0;
      mine += found?.after ?? 0;
      best += least;
    }
    expect(mine - best).toBeLessThan((nearest - best) / 2);
  });

  test('inputs that never come leave nearest rounding', async () => {
    const p = problem(Float64Array.from([0.3, -1, 0.7, 0.2]), 1, new Float64Array(16));
    expect(await gptq.learn?.(p, {}, quietContext())).toMatchObject({ moved: 0, before: 0, after: 0 });
  });
});

test('the upper factor of the inverse', async () => {
  const n = 12;
  const a = gramOf(n, 60);
  const u = await inverseUpperFactor(a, n, quietContext());
  if (!u) throw new Error('factor');
  const at = (m: Float64Array, i: number, j: number): number => m[i * n + j] as number;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      if (j < i) expect(at(u, i, j)).toBe(0);
      let product = 0;
      for (let k = 0; k < n; k++) for (let l = 0; l < n; l++) product += at(u, l, i) * at(u, l, k) * at(a, k, j);
      expect(Math.abs(product - Number(i === j))).toBeLessThan(1e-9);
    }
  }
  expect(await inverseUpperFactor(Float64Array.from([1, 2, 2, 1]), 2, quietContext())).toBeUndefined();
});

test('a large factor gives way, and ends when it is cancelled', async () => {
  const n = 480;
  const a = Float64Array.from({ length: n * n }, (_, i) => (i % (n + 1) === 0 ? 2 : 0));
  let turns = 0;
  const ctx = { ...quietContext(), tick: async () => void (turns += 1) };
  const u = await inverseUpperFactor(a, n, ctx);
  expect([u?.[0], turns > 2]).toEqual([1 / Math.sqrt(2), true]);
  const signal = { aborted: false };
  const cancelled = { ...quietContext(), signal, tick: async () => void (signal.aborted = true) };
  await expect(inverseUpperFactor(a, n, cancelled)).rejects.toThrow(CancelledError);
  const p = problem(Float64Array.from([0.3, -1, 0.7, 0.2, 1, 2, 3, 4]), 2, gramOf(4, 20));
  await expect(gptq.learn?.(p, {}, { ...quietContext(), signal: { aborted: true } })).rejects.toThrow(CancelledError);
});
