/**
 * Recipes with a name: pairs of quantizers as Torch2Chip's users know them, and further pairs to compare them with. One list
 * for page, command line and results. Bits are no part of a preset. Law: only pairs whose quantizers are in the registry
 * are offered, so that a quantizer brings its presets with it.
 */
import { StudioError } from '../base/errors';
import { builtInQuantizers, type Quantizers } from '../quant/registry';
import { correctionOptions, type Corrections } from './corrections';
import { pairTitle, type Preset } from './preset-recipe';
import { defaultRecipe } from './recipe';

/** 8 bits of short rows of probabilities are most of what an attention block loses at 8 bits. */
const WIDE = 'probabilities-16';

/** The first is what the others are measured against. */
type Flag = keyof Corrections | typeof WIDE;
const pairs: readonly (readonly [weights: string, activations: string, ...flags: Flag[]])[] = [
  ['minmax_channel', 'minmax'],
  ['minmax_channel', 'lsq'],
  ['adaround', 'lsq'],
  ['minmax_channel', 'qdrop'],
  ['adaround', 'qdrop'],
  ['minmax_channel', 'minmax_token'],
  ['minmax_channel', 'lsq_token'],
  ['minmax_channel', 'qdrop_token'],
  ['smooth_channel', 'smooth'],
  ['smooth_channel', 'smooth_token'],
  ['minmax', 'minmax'],
  ['minmax_channel', 'percentile'],
  ['minmax_channel', 'entropy'],
  ['mse_channel', 'mse'],
  ['gptq', 'minmax'],
  ['gptq', 'minmax', WIDE],
  ['gptq', 'mse'],
  ['adaround', 'mse'],
  ['minmax_channel', 'minmax', 'bias'],
  ['mse_channel', 'mse', 'equalize', 'bias'],
  ['gptq', 'mse', 'bias'],
  ['adaround', 'lsq', 'bias'],
  ['adaround', 'lsq', 'batchNorm'],
];

/** In the order of the list, the default preset first; then what the list does not name yet, with MinMax on the other side. */
export function presets(quantizers: Quantizers = builtInQuantizers): Preset[] {
  const listed = pairs.flatMap(([weights, activations, ...flags]) => presetFrom(weights, activations, flags, quantizers) ?? []);
  const missing = (all: readonly { readonly id: string }[], target: 'weights' | 'activations') =>
    all.map((q) => q.id).filter((id) => id !== 'identity' && !listed.some((p) => p[target] === id));
  return [
    ...listed,
    ...missing(quantizers.weights, 'weights').flatMap((id) => presetFrom(id, defaultRecipe.activations.algorithm, [], quantizers) ?? []),
    ...missing(quantizers.activations, 'activations').flatMap(
      (id) => presetFrom(defaultRecipe.weights.algorithm, id, [], quantizers) ?? [],
    ),
  ];
}

/** Of the list, or any other pair in the same writing. Throws `bad-usage`. */
export function presetOf(id: string, quantizers: Quantizers = builtInQuantizers): Preset {
  const [weights = '', activations = '', ...flags] = id.split('+');
  const named = flags.map((flag) => (flag === WIDE ? WIDE : correctionOptions.find((o) => o.flag === flag)?.id));
  const known = named.filter((c) => c !== undefined);
  const preset = known.length === named.length ? presetFrom(weights, activations, known, quantizers) : undefined;
  if (preset) return preset;
  throw new StudioError({
    code: 'bad-usage',
    what: 'There is no recipe with this name',
    expected: presets(quantizers)
      .map((p) => p.id)
      .join(', '),
    got: id,
    todo: 'Any other pair is written the same way: weights+activations.',
  });
}

/** undefined: a quantizer is not there. */
function presetFrom(weights: string, activations: string, flags: readonly Flag[], all: Quantizers): Preset | undefined {
  const w = all.weights.find((q) => q.id === weights);
  const a = all.activations.find((q) => q.id === activations);
  if (!w || !a) return undefined;
  const asked = correctionOptions.filter((o) => flags.includes(o.id));
  const corrections = asked.map((o) => o.id);
  const isWide = flags.includes(WIDE);
  return {
    id: [weights, activations, ...asked.map((o) => o.flag), ...(isWide ? [WIDE] : [])].join('+'),
    title: pairTitle(w, a, corrections, isWide ? '16' : 'auto'),
    weights,
    activations,
    corrections,
    ...(isWide ? { probabilityBits: '16' as const } : {}),
    learns: [w.learn, a.learn, a.learnBlock].some((l) => l !== undefined),
  };
}
