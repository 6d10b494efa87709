/** Blocks: the losses against the block written out in float64, the law, and the same result for the same seed. */
import { describe, expect, it } from 'vitest';
import { quietContext } from '../base/context';
import { roundHalfEven } from '../base/fixed-point';
import type { ValueName } from '../ir/model';
import { learnBlock, type BlockOptions, type BlockProblem } from './block';
import { blockOutput, blockProblem, first, second, width } from './block.fixture';
import { floatSteps } from './float-steps.fixture';

/** The relative error with everything rounded. */
async function errorOf(p: BlockProblem, scales: readonly Float32Array[], integers: readonly Int32Array[]): Promise<number> {
  const weights = p.weights.map((w, j) =>
    Array.from(integers[j] as Int32Array, (q, i) => q * (w.scale[w.axis === undefined ? 0 : i % width] as number)),
  );
  const steps = p.steps.map((s, i) => ({ ...s, scale: scales[i] as Float32Array }));
  let [error, power] = [0, 0];
  for (let k = 0; k < p.samples.count; k++) {
    const s = await p.samples.take(k);
    const y = blockOutput(s.quantized[0]?.data as Float32Array, steps, weights);
    s.target.forEach((t, i) => {
      error += ((y[i] as number) - t) ** 2;
      power += t * t;
    });
  }
  return error / power;
}

const options: BlockOptions = { iterations: 150, batch: 6, probability: 0.5, rate: 0.01 };
const nearest = (p: BlockProblem) =>
  p.weights.map((w) =>
    Int32Array.from(w.weight, (v, i) =>
      Math.min(7, Math.max(-7, roundHalfEven(v / (w.scale[w.axis === undefined ? 0 : i % width] as number)))),
    ),
  );

describe('a learned block', () => {
  it.each([
    [0.3, 0.25],
    [0.6, 1],
  ])('ends with less error than it began, with the errors that it says: %f %f', async (a, b) => {
    const p = blockProblem([a, b]);
    const losses: number[] = [];
    const found = await learnBlock(p, options, floatSteps, { ...quietContext(), progress: ({ loss }) => void losses.push(loss ?? NaN) });
    const plain = p.steps.map((s) => s.scale);
    expect(found.before).toBeCloseTo(await errorOf(p, plain, nearest(p)), 5);
    expect(found.after).toBeCloseTo(await errorOf(p, found.scales, found.integers), 5);
    expect(found.after).toBeLessThan(found.before * 0.7);
    expect(losses).toHaveLength(15);
    expect(losses.every(Number.isFinite)).toBe(true);
    for (const [j, q] of found.integers.entries()) {
      const w = p.weights[j];
      q.forEach((v, i) =>
        expect(Math.abs(v - (w?.weight[i] as number) / (w?.scale[w.axis === undefined ? 0 : i % width] as number))).toBeLessThan(1.0001),
      );
    }
    const moved = nearest(p).flatMap((q, j) => Array.from(q).filter((v, i) => v !== found.integers[j]?.[i])).length;
    expect(found.moved).toBe(moved);
    expect(await learnBlock(p, options, floatSteps, quietContext())).toEqual(found);
    expect(await learnBlock({ ...p, seed: 4 }, options, floatSteps, quietContext())).not.toEqual(found);
  });

  it('keeps what it was given where learning made it worse', async () => {
    const p = blockProblem([0.3, 0.25]);
    const spoiled = await learnBlock(
      { ...p, rounding: { rate: 3, lambda: 1e4 } },
      { ...options, iterations: 10, rate: 0.9 },
      floatSteps,
      quietContext(),
    );
    expect(spoiled.after).toBeLessThanOrEqual(spoiled.before);
    if (spoiled.kept.steps) expect(spoiled.scales).toEqual(p.steps.map((s) => s.scale));
    if (spoiled.kept.roundings) expect(spoiled.moved).toBe(0);
    expect(spoiled.after).toBeCloseTo(await errorOf(p, spoiled.scales, spoiled.integers), 5);
    expect(spoiled.kept.steps || spoiled.kept.roundings).toBe(true);
  });

  it('learns steps alone where no rounding is asked for, and with every element quantized', async () => {
    const p = blockProblem([0.6, 1]);
    const own = { ...p, weights: [], rounding: undefined };
    const emitter: BlockProblem['emitter'] = (g) => {
      const weights = [first, second].map((w) => g.floats(w.weight, w.shape));
      return (x, around) => p.emitter(g)(x, { ...around, weight: (i) => weights[i] as ValueName });
    };
    for (const probability of [0.5, 1]) {
      const found = await learnBlock({ ...own, emitter }, { ...options, probability, rate: 0.02 }, floatSteps, quietContext());
      expect(found.integers).toEqual([]);
      expect(found.after).toBeLessThan(found.before);
    }
  });
});
