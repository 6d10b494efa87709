/**
 * The quantizers of the studio, one line each, and a registry of quantizers as a value: an engine with plugins hands a longer
 * one on. The law suite, the panels and the command line read these lists. Law: nothing here changes.
 */
import { StudioError } from '../base/errors';
import type { PruningCriterion } from './pruning';
import type { ActivationQuantizer, LocalActivationQuantizer, LocalWeightQuantizer, WeightQuantizer } from './quantizer';
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

export const weightQuantizers: readonly LocalWeightQuantizer[] = [minmaxChannel, minmaxWeight, mseChannel, adaround, gptq, smoothChannel];
export const activationQuantizers: readonly LocalActivationQuantizer[] = [
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

/** A plugin as recipes and bundles name it, and the ids of its quantizers. */
export interface PluginRecord {
  readonly name: string;
  /** Of its source text. */
  readonly sha256: string;
  readonly weights: readonly string[];
  readonly activations: readonly string[];
  /** Its pruning criteria, where it has some. */
  readonly pruning?: readonly string[];
}

/** What an engine has: the built-in ones, and those of its plugins (core/plugin). */
export interface Quantizers {
  readonly weights: readonly WeightQuantizer[];
  readonly activations: readonly ActivationQuantizer[];
  /** Criteria of pruning; the studio has none of its own. */
  readonly pruning?: readonly PruningCriterion[];
  readonly plugins?: readonly PluginRecord[];
}

export const builtInQuantizers: Quantizers = { weights: weightQuantizers, activations: activationQuantizers };

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
export const weightQuantizer = (id: string, all: Quantizers = builtInQuantizers): WeightQuantizer => pick(all.weights, id, 'weights');
/** Throws `bad-recipe`. */
export const activationQuantizer = (id: string, all: Quantizers = builtInQuantizers): ActivationQuantizer =>
  pick(all.activations, id, 'activations');
/** Throws `bad-recipe`. */
export function pruningCriterion(id: string, { pruning = [] }: Quantizers = builtInQuantizers): PruningCriterion {
  const found = pruning.find((p) => p.id === id);
  if (found) return found;
  throw new StudioError({
    code: 'bad-recipe',
    what: 'There is no pruning criterion with this name',
    expected: pruning.length === 0 ? 'none: criteria come with plugins' : `one of ${pruning.map((p) => p.id).join(', ')}`,
    got: id,
  });
}
