/**
 * `lsq` (Esser et al. 2020): activations, the range of `mse`, then the step learned on the outputs of the layers that read the
 * tensor (core/reconstruct/step-size.ts). Where something else reads it too the step of `mse` stays.
 */
import { learnStep } from '../../reconstruct/step-size';
import { numberOption } from '../clipped-range';
import type { ActivationQuantizer, OptionSpec } from '../quantizer';
import { mse } from './mse';

const iterations: OptionSpec = {
  id: 'iterations',
  title: 'Iterations',
  help: 'Steps of learning for every tensor.',
  kind: { type: 'number', min: 10, max: 20_000, step: 10 },
  fallback: 500,
};
const rows: OptionSpec = {
  id: 'rows',
  title: 'Rows',
  help: 'Output positions in one step.',
  kind: { type: 'number', min: 16, max: 4096, step: 16 },
  fallback: 256,
};
const rate: OptionSpec = {
  id: 'rate',
  title: 'Rate',
  help: 'Learning rate of Adam, as a share of the quantizer step; it falls to 0 along a cosine.',
  kind: { type: 'number', min: 0.0001, max: 0.1, step: 0.001 },
  fallback: 0.001,
};

export const lsq: ActivationQuantizer = {
  ...mse,
  id: 'lsq',
  title: 'LSQ',
  options: [iterations, rows, rate],
  learn: (problem, options, steps, ctx) =>
    learnStep(
      problem,
      { iterations: numberOption(iterations, options), batch: numberOption(rows, options), rate: numberOption(rate, options) },
      steps,
      ctx,
    ),
};
