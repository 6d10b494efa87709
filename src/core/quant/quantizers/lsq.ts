/**
 * `lsq` (Esser et al. 2020): activations, the range of `mse`, or a wider one where that leaves less error of the outputs of the
 * layers that read the tensor, then the step learned on these (core/reconstruct/step-size.ts). Where something else reads it too the step of `mse` stays.
 */
import { learnStep } from '../../reconstruct/step-size';
import { numberOption } from '../clipped-range';
import { iterationsFor, stepRate } from '../learning-options';
import type { LocalActivationQuantizer, OptionSpec } from '../quantizer';
import { mse } from './mse';

const iterations = iterationsFor('tensor');
const rows: OptionSpec = {
  id: 'rows',
  title: 'Rows',
  help: 'Output positions in one step.',
  kind: { type: 'number', min: 16, max: 4096, step: 16 },
  fallback: 256,
};

export const lsq: LocalActivationQuantizer & Required<Pick<LocalActivationQuantizer, 'learn'>> = {
  ...mse,
  id: 'lsq',
  title: 'LSQ',
  options: [iterations, rows, stepRate],
  learn: (problem, options, steps, ctx) =>
    learnStep(
      problem,
      { iterations: numberOption(iterations, options), batch: numberOption(rows, options), rate: numberOption(stepRate, options) },
      steps,
      ctx,
    ),
};
