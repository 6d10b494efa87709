/**
 * `adaround` (Nagel et al. 2020): weights per output channel; which are rounded up and which down is learned on the layer's
 * output (core/reconstruct/rounding.ts). Scales are those of `mse_channel` or `minmax_channel`.
 * Law: no channel ends with a larger loss on the calibration rows than nearest rounding; there nearest is kept.
 */
import { createRng } from '../../base/rng';
import { throwIfCancelled } from '../../base/context';
import { learnRounding } from '../../reconstruct/rounding';
import { dequantizeAffine, fakeQuantizeAffine, quantizeAffine } from '../affine';
import { numberOption } from '../clipped-range';
import type { LayerProblem, LearnedWeight, OptionSpec, WeightQuantizer } from '../quantizer';
import { fitGrid, gridOption } from '../scale-grid';
import { supportsWeights } from '../weight-channels';
import type { Context } from '../../base/context';

const iterations: OptionSpec = {
  id: 'iterations',
  title: 'Iterations',
  help: 'Steps of learning for every layer; 10 000 is best, most of the gain comes in the first 1 000.',
  kind: { type: 'number', min: 10, max: 20_000, step: 10 },
  fallback: 2000,
};
const rows: OptionSpec = {
  id: 'rows',
  title: 'Rows',
  help: 'Output positions in one step, where a layer has an activation function.',
  kind: { type: 'number', min: 16, max: 4096, step: 16 },
  fallback: 256,
};
const rate: OptionSpec = {
  id: 'rate',
  title: 'Rate',
  help: 'Learning rate of Adam.',
  kind: { type: 'number', min: 0.0001, max: 0.1, step: 0.001 },
  fallback: 0.01,
};
const lambda: OptionSpec = {
  id: 'lambda',
  title: 'Lambda',
  help: 'Weight of the term that drives every weight to a whole number, against the error that one step of a weight makes.',
  kind: { type: 'number', min: 0.01, max: 100, step: 0.1 },
  fallback: 1,
};
const linear: OptionSpec = {
  id: 'linear',
  title: 'Linear loss',
  help: 'Leave the activation function out of the loss: X^T X is computed once, and a step on it sees all rows.',
  kind: { type: 'flag' },
  fallback: false,
};

/** Bytes of rows that a layer may be learned from; the seed picks them among all positions of all samples. */
const ROWS_MEMORY = 64 * 2 ** 20;
const MOST_ROWS = 16_384;

const grid = gridOption('mse');

export const adaround: WeightQuantizer = {
  id: 'adaround',
  title: 'AdaRound',
  target: 'weights',
  options: [iterations, rows, rate, lambda, linear, grid],
  supports: supportsWeights,
  fit: fitGrid(grid),
  async learn(problem, options, ctx): Promise<LearnedWeight> {
    const { groups, columns, weight, scale, lo, hi, bias, clamp, seed } = problem;
    const outputs = problem.outputs / groups;
    const picked = await pickRows(problem, ctx);
    const result = await learnRounding(
      { groups, outputs, columns, weight, scale, lo, hi, bias, clamp, seed, ...picked },
      {
        iterations: numberOption(iterations, options),
        batch: numberOption(rows, options),
        lr: numberOption(rate, options),
        lambda: numberOption(lambda, options),
        linear: options[linear.id] === true,
      },
      problem.steps,
      ctx,
    );
    const nearest = weight.map((w, i) => Math.round(w / (scale[Math.floor(i / columns)] as number)));
    const moved = result.integers.reduce((n, q, i) => n + Number(q !== Math.min(hi, Math.max(lo, nearest[i] as number))), 0);
    const { integers, before, after } = result;
    return { integers, before, after, moved, iterations: result.iterations };
  },
  fakeQuantize: (w, shape, q) => fakeQuantizeAffine(w, q, shape),
  quantize: (w, shape, q) => quantizeAffine(w, q, shape),
  dequantize: (wi, shape, q) => dequantizeAffine(wi, q, shape),
};

/** Rows of all samples, as many as memory allows, with the float layer's outputs. */
async function pickRows(
  p: LayerProblem,
  ctx: Context,
): Promise<{ readonly rows: number; readonly x: Float32Array; readonly target: Float32Array }> {
  const { groups, columns, outputs, samples, positions } = p;
  const all = positions * samples;
  const wanted = Math.max(1, Math.min(all, MOST_ROWS, Math.floor(ROWS_MEMORY / (4 * (groups * columns + outputs)))));
  const rng = createRng(p.seed);
  const chosen: number[][] = [];
  // selection sampling (Knuth, algorithm S): exactly as many as wanted, each with the same chance
  for (let s = 0, seen = 0, taken = 0; s < samples; s++) {
    const own: number[] = [];
    for (let position = 0; position < positions; position++, seen++) {
      if ((all - seen) * rng.uniform() >= wanted - taken) continue;
      own.push(position);
      taken++;
    }
    chosen.push(own);
  }
  const perGroup = outputs / groups;
  const x = new Float32Array(groups * wanted * columns);
  const target = new Float32Array(groups * wanted * perGroup);
  let row = 0;
  for (const [sample, own] of chosen.entries()) {
    if (own.length === 0) continue;
    const y = await p.target(sample);
    for (let g = 0; g < groups; g++) {
      const from = await p.inputs(sample, g);
      own.forEach((position, i) => {
        const at = g * wanted + row + i;
        x.set(from.subarray(position * columns, (position + 1) * columns), at * columns);
        for (let o = 0; o < perGroup; o++) target[at * perGroup + o] = y[position * outputs + g * perGroup + o] as number;
      });
    }
    row += own.length;
    await ctx.tick();
    throwIfCancelled(ctx);
  }
  return { rows: wanted, x, target };
}
