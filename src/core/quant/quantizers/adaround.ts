/**
 * `adaround` (Nagel et al. 2020): weights per output channel; which are rounded up and which down is learned on the layer's
 * output (core/reconstruct/rounding.ts). Scales are those of `mse_channel` or `minmax_channel`.
 * Law: no channel ends with a larger loss on the calibration rows than nearest rounding; there nearest is kept.
 */
import { pickRows } from '../../reconstruct/pick-rows';
import { learnRounding } from '../../reconstruct/rounding';
import { dequantizeAffine, fakeQuantizeAffine, quantizeAffine } from '../affine';
import { numberOption } from '../clipped-range';
import type { LearnedWeight, OptionSpec, LocalWeightQuantizer } from '../quantizer';
import { fitGrid, gridOption } from '../scale-grid';
import { supportsWeights } from '../weight-channels';

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

const grid = gridOption('mse');

/** In a block the roundings have a quarter of the steps, each through the whole block: three times the rate ends with a fifth less error. */
const HURRY = 3;

export const adaround: LocalWeightQuantizer = {
  id: 'adaround',
  title: 'AdaRound',
  target: 'weights',
  options: [iterations, rows, rate, lambda, linear, grid],
  supports: supportsWeights,
  fit: fitGrid(grid),
  async learn(problem, options, ctx): Promise<LearnedWeight> {
    const { groups, columns, weight, scale, lo, hi, bias, clamp, seed } = problem;
    const outputs = problem.outputs / groups;
    const picked = await pickRows(problem, problem.hold, ctx);
    const rounding = learnRounding(
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
    const { integers, before, after, moved, iterations: done } = await rounding.finally(picked.drop);
    return { integers, before, after, moved, iterations: done, rows: picked.rows };
  },
  rounding: (options) => ({ rate: HURRY * numberOption(rate, options), lambda: numberOption(lambda, options) }),
  fakeQuantize: (w, shape, q) => fakeQuantizeAffine(w, q, shape),
  quantize: (w, shape, q) => quantizeAffine(w, q, shape),
  dequantize: (wi, shape, q) => dequantizeAffine(wi, q, shape),
};
