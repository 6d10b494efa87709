/**
 * `qdrop` (Wei et al. 2022): activations, the range of `mse`, then the steps of a block learned together on the block's output
 * (core/reconstruct/block.ts), with `adaround` the rounding of its weights too. A residual block, an attention block, an MLP,
 * or a single layer (core/prepare/blocks.ts).
 */
import { learnBlock } from '../../reconstruct/block';
import { numberOption } from '../clipped-range';
import { iterationsFor, stepRate } from '../learning-options';
import type { LocalActivationQuantizer, OptionSpec } from '../quantizer';
import { mse } from './mse';

const iterations = iterationsFor('block');
const batch: OptionSpec = {
  id: 'batch',
  title: 'Batch',
  help: 'Samples in one step.',
  kind: { type: 'number', min: 1, max: 64, step: 1 },
  fallback: 8,
};
const probability: OptionSpec = {
  id: 'probability',
  title: 'Probability',
  help: 'That an element of an activation is quantized in a step of learning; otherwise it is left as it is.',
  kind: { type: 'number', min: 0, max: 1, step: 0.05 },
  fallback: 0.5,
};
export const qdrop: LocalActivationQuantizer = {
  ...mse,
  id: 'qdrop',
  title: 'QDrop',
  options: [iterations, batch, probability, stepRate],
  learnBlock: (problem, options, steps, ctx) =>
    learnBlock(
      problem,
      {
        iterations: numberOption(iterations, options),
        batch: numberOption(batch, options),
        probability: numberOption(probability, options),
        rate: numberOption(stepRate, options),
      },
      steps,
      ctx,
    ),
};
