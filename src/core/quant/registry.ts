/**
 * Every quantizer there is: one line each. The law suite, the panels and the command line read these lists.
 */
import { StudioError } from '../base/errors';
import type { ActivationQuantizer, WeightQuantizer } from './quantizer';
import { adaround } from './quantizers/adaround';
import { entropy } from './quantizers/entropy';
import { gptq } from './quantizers/gptq';
import { lsq } from './quantizers/lsq';
import { lsqToken } from './quantizers/lsq-token';
import { minmax } from './quantizers/minmax';
import { minmaxChannel, minmaxWeight } from './quantizers/minmax-weight';
import { minmaxToken } from './quantizers/minmax-token';
import { mse } from './quantizers/mse';
import { mseChannel } from './quantizers/mse-weight';
import { percentile } from './quantizers/percentile';
import { qdrop } from './quantizers/qdrop';
import { qdropToken } from './quantizers/qdrop-token';
import { smoothActivations, smoothChannel } from './quantizers/smooth';
import { smoothToken } from './quantizers/smooth-token';

export const weightQuantizers: readonly WeightQuantizer[] = [minmaxChannel, minmaxWeight, mseChannel, adaround, gptq, smoothChannel];
export const activationQuantizers: readonly ActivationQuantizer[] = [
  minmax,
  percentile,
  entropy,
  mse,
  lsq,
  qdrop,
  smoothActivations,
  minmaxToken,
  lsqToken,
  qdropToken,
  smoothToken,
];

function pick<Q extends { readonly id: string }>(list: readonly Q[], id: string, target: string): Q {
  const found = list.find((q) => q.id === id);
  if (found) return found;
  throw new StudioError({
    code: 'bad-recipe',
    what: `There is no quantizer of ${target} with this name`,
    expected: `one of ${list.map((q) => q.id).join(', ')}`,
    got: id,
  });
}

/** Throws `bad-recipe`. */
export const weightQuantizer = (id: string): WeightQuantizer => pick(weightQuantizers, id, 'weights');
/** Throws `bad-recipe`. */
export const activationQuantizer = (id: string): ActivationQuantizer => pick(activationQuantizers, id, 'activations');
