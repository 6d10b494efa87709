/** Where quantizers that learn integers get their scales from: one option and the two quantizers behind it. */
import type { OptionSpec, WeightQuantizer } from './quantizer';
import { minmaxChannel } from './quantizers/minmax-weight';
import { mseChannel } from './quantizers/mse-weight';

type Grid = 'minmax' | 'mse';

export function gridOption(fallback: Grid): OptionSpec {
  return {
    id: 'grid',
    title: 'Scales',
    help: 'Where the scale of a channel comes from. The least error of the weights clips the largest ones, which costs depthwise networks several dB.',
    kind: {
      type: 'choice',
      choices: [
        { value: 'minmax', title: 'Largest weight' },
        { value: 'mse', title: 'Least error of the weights' },
      ],
    },
    fallback,
  };
}

export const fitGrid =
  (grid: OptionSpec): WeightQuantizer['fit'] =>
  (w, shape, axis, scheme, options, ctx) =>
    ((options[grid.id] ?? grid.fallback) === 'minmax' ? minmaxChannel : mseChannel).fit(w, shape, axis, scheme, {}, ctx);
