import fc from 'fast-check';
import { expect, test } from 'vitest';
import { widthsAfter } from './apply';
import { frontierOf } from './frontier';
import { bopsOfLayer, bytesOfLayer } from './layers';
import type { CostId, Frontier, LogitsLoss, LossId, SensitivityLayer } from './types';

const reference: LogitsLoss = { noise: 1, kl: 0.5 };
const bits = [7, 6, 5, 4, 3, 2];

const layer = (
  id: string,
  macs: number,
  weights: number,
  weightNoise: readonly number[],
  activationNoise: readonly number[] = [],
): SensitivityLayer => ({
  id,
  op: 'Conv',
  macs,
  weights,
  points: [
    ...weightNoise.map((n, i) => ({ kind: 'weights' as const, bits: bits[i] ?? 0, noise: 1 + n, kl: 0.5 + n })),
    ...activationNoise.map((n, i) => ({ kind: 'activations' as const, bits: bits[i] ?? 0, noise: 1 + n, kl: 0.5 + n })),
  ],
});

test('the large layer that bears it goes first, the small sensitive one last', () => {
  const { moves, points } = frontierOf([layer('small', 1, 8, [5]), layer('large', 1, 800, [1])], reference, 'bytes', 'noise');
  expect(moves).toEqual([
    { layer: 'large', kind: 'weights', bits: 7 },
    { layer: 'small', kind: 'weights', bits: 7 },
  ]);
  expect(points.map((p) => [p.bytes, p.noise])).toEqual([
    [808, 1],
    [708, 2],
    [707, 7],
  ]);
});

test('bits that cost no more than fewer ones are passed over', () => {
  // 7 bits lose all that 2 bits lose
  const { moves } = frontierOf([layer('a', 1, 80, [3, 3, 3, 3, 3, 3])], reference, 'bytes', 'noise');
  expect(moves).toEqual([{ layer: 'a', kind: 'weights', bits: 2 }]);
});

test('activations save bit operations and no bytes', () => {
  const layers = [layer('a', 10, 80, [1], [0.5])];
  expect(frontierOf(layers, reference, 'bytes', 'kl').moves.map((m) => m.kind)).toEqual(['weights']);
  expect(frontierOf(layers, reference, 'bops', 'kl').moves.map((m) => m.kind)).toEqual(['activations', 'weights']);
});

const noises = fc.array(fc.double({ min: -0.5, max: 10, noNaN: true }), { minLength: 0, maxLength: 6 });
const layers = fc
  .array(fc.tuple(fc.integer({ min: 0, max: 1000 }), fc.integer({ min: 0, max: 1000 }), noises, noises), { minLength: 1, maxLength: 5 })
  .map((all) => all.map(([macs, weights, w, a], i) => layer(`l${i}`, macs, weights, weights === 0 ? [] : w, a)));

test('along every frontier the cost falls and the loss does not, and each point is what its moves say', () => {
  fc.assert(
    fc.property(layers, fc.constantFrom<CostId>('bytes', 'bops'), fc.constantFrom<LossId>('kl', 'noise'), (all, cost, loss) => {
      const found = frontierOf(all, reference, cost, loss);
      expect(found.points.length).toBe(found.moves.length + 1);
      for (let i = 1; i < found.points.length; i++) {
        const [before, now] = [at(found, i - 1), at(found, i)];
        expect(now[cost]).toBeLessThan(before[cost]);
        expect(now[loss]).toBeGreaterThanOrEqual(before[loss] - 1e-12);
      }
      found.points.forEach((p, k) => {
        const widths = widthsAfter(found.moves.slice(0, k));
        let [bytes, bops] = [0, 0];
        for (const l of all) {
          const own = { weightBits: 8, activationBits: 8, ...widths.get(l.id) };
          bytes += bytesOfLayer(l, own);
          bops += bopsOfLayer(l, own);
        }
        expect([p.bytes, p.bops]).toEqual([bytes, bops]);
      });
    }),
  );
});

function at({ points }: Frontier, i: number): Frontier['points'][number] {
  const p = points[i];
  if (!p) throw new Error(String(i));
  return p;
}
