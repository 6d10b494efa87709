/**
 * From a preset and bits to a recipe, and how recipes are called. Knows no quantizer, so that the page can use it: which presets
 * there are is said by presets.ts, behind the engine.
 */
import type { NonlinearOptions } from '../ir/integer-model';
import type { Corrections } from './corrections';
import { defaultRecipe, type Recipe } from './recipe';

export interface Preset {
  /** `weights+activations`, then the flags of the corrections: `minmax_channel+minmax+bias-correction`; or `probabilities-16`. */
  readonly id: string;
  readonly title: string;
  readonly weights: string;
  readonly activations: string;
  readonly corrections: readonly (keyof Corrections)[];
  /** Of the outputs of softmax, where the preset decides them. */
  readonly probabilityBits?: NonlinearOptions['probabilityBits'];
  /** Decides weights or steps by learning on the calibration data: minutes where the others take seconds. */
  readonly learns: boolean;
}

export interface Widths {
  readonly weights: number;
  readonly activations: number;
  readonly residual: number;
}

const smoothTitles: Readonly<Record<string, string>> = { smooth: 'SmoothQuant per tensor', smooth_token: 'SmoothQuant per token' };

const corrected: Readonly<Record<keyof Corrections, string>> = {
  equalize: 'equalized',
  batchNorm: 'BatchNorm re-estimated',
  bias: 'bias corrected',
};

interface Named {
  readonly id: string;
  readonly title: string;
}

/** `AdaRound + LSQ, bias corrected` */
export function pairTitle(
  weights: Named,
  activations: Named,
  corrections: readonly (keyof Corrections)[],
  probabilityBits: NonlinearOptions['probabilityBits'] = 'auto',
): string {
  const smooth = weights.id === 'smooth_channel' ? smoothTitles[activations.id] : undefined;
  const probabilities = probabilityBits === 'auto' ? [] : [`${probabilityBits}-bit probabilities`];
  return [smooth ?? `${weights.title} + ${activations.title}`, ...corrections.map((c) => corrected[c]), ...probabilities].join(', ');
}

/** Those that are on, in one order. */
export function correctionsOf({ corrections }: Pick<Recipe, 'corrections'>): (keyof Corrections)[] {
  return (['equalize', 'batchNorm', 'bias'] as const).filter((c) => corrections[c]);
}

/**
 * What a preset leaves open comes from `base`; options belong to its own quantizers and are not taken along. Whoever
 * uses it validates it: a pair may not have a form at these bits.
 */
export function presetRecipe(preset: Preset, widths: Widths, base: Recipe = defaultRecipe): Recipe {
  const on = Object.fromEntries(preset.corrections.map((c) => [c, true]));
  const own = ({ algorithm, options }: Recipe['weights'] | Recipe['activations'], id: string) => (algorithm === id ? options : {});
  return {
    ...base,
    weights: { algorithm: preset.weights, bits: widths.weights, options: own(base.weights, preset.weights) },
    activations: {
      algorithm: preset.activations,
      bits: widths.activations,
      symmetric: base.activations.symmetric,
      options: own(base.activations, preset.activations),
    },
    residualBits: widths.residual,
    corrections: { ...base.corrections, ...on },
    nonlinear: preset.probabilityBits === undefined ? base.nonlinear : { ...base.nonlinear, probabilityBits: preset.probabilityBits },
  };
}

/** `W4A8`, with the bits of residual streams where they are not the usual 8. */
export function widthsText({ weights, activations, residual }: Widths): string {
  return `W${weights}A${activations}${residual === 8 ? '' : `R${residual}`}`;
}

export const widthsOf = (r: Recipe): Widths => ({ weights: r.weights.bits, activations: r.activations.bits, residual: r.residualBits });
