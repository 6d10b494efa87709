/**
 * `smooth_channel` and `smooth`: SmoothQuant's names for MinMax on a model whose outliers were moved from activations into
 * weights. The moving is a step before the plan (core/prepare/smooth.ts), asked for by `smooth_channel`.
 */
import type { LocalActivationQuantizer, OptionSpec, LocalWeightQuantizer } from '../quantizer';
import { minmax } from './minmax';
import { minmaxChannel } from './minmax-weight';

/** The exponent of the activations' share of the range. */
export const alphaOption: OptionSpec = {
  id: 'alpha',
  title: 'Alpha',
  help: 'How much of the outliers moves from activations into weights: 0 nothing, 1 everything.',
  kind: { type: 'number', min: 0, max: 1, step: 0.05 },
  fallback: 0.5,
};

export const smoothChannel: LocalWeightQuantizer = {
  ...minmaxChannel,
  id: 'smooth_channel',
  title: 'SmoothChannel',
  options: [alphaOption],
};
export const smoothActivations: LocalActivationQuantizer = { ...minmax, id: 'smooth', title: 'Smooth' };
