/**
 * `qdrop` (Wei et al. 2022): activations, the range of `mse`, then the steps of a block learned together on the block's output
 * (core/reconstruct/block.ts), with `adaround` the rounding of its weights too. A residual block, an attention block, an MLP,
 * or a single layer (core/prepare/blocks.ts).
 */
import { learnBlock } from '../../reconstruct/block';
import { numberOption } from '../clipped-range';
import type { ActivationQuantizer, OptionSpec } from '../quantizer';
import { mse } from './mse';

const iterations: OptionSpec = {
  id: 'iterations',
  title: 'Iterations',
  help: 'Steps of learning for every block.',
  kind: { type: 'number', min: 10, max: 20_000, step: 10 },
  fallback: 500,
};
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
const rate: OptionSpec = {
  id: 'rate',
  title: 'Rate',
  help: 'Learning rate of Adam, as a share of the quantizer step; it falls to 0 along a cosine.',
  kind: { type: 'number', min: 0.0001, max: 0.1, step: 0.001 },
  fallback: 0.001,
};

export const qdrop: ActivationQuantizer = {
  ...mse,
  id: 'qdrop',
  title: 'QDrop',
  options: [iterations, batch, probability, rate],
  learnBlock: (problem, options, steps, ctx) =>
    learnBlock(
      problem,
      {
        iterations: numberOption(iterations, options),
        batch: numberOption(batch, options),
        probability: numberOption(probability, options),
        rate: numberOption(rate, options),
      },
      steps,
      ctx,
    ),
};
