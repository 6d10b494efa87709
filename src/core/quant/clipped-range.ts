/**
 * What the activation quantizers with a clipped range have in common: one quantizer a tensor, clipped where bits are
 * scarce. Law: a tensor of more than 8 bits (residual streams, logits) keeps its whole range: its steps are fine
 * enough, and two clipped logits would tie.
 */
import { dequantizeAffine, fakeQuantizeAffine, quantizeAffine, rangeQuantizer } from './affine';
import type { LocalActivationQuantizer, ActivationStats, OptionSpec, OptionValues, QParams, Scheme } from './quantizer';

const SCARCE_BITS = 8;

export interface Range {
  readonly min: number;
  readonly max: number;
}

/** `choose` gets statistics that hold values other than 0. */
export function clippedRange(
  id: string,
  title: string,
  options: readonly OptionSpec[],
  choose: (stats: ActivationStats, scheme: Scheme, options: OptionValues) => Range,
): LocalActivationQuantizer {
  return {
    id,
    title,
    target: 'activations',
    options,
    supports(scheme) {
      if (scheme.granularity !== 'tensor') return `${id} gives one quantizer to a whole activation tensor`;
      if (scheme.bits < 2 || scheme.bits > 16) return 'activations have 2 to 16 bits';
      return true;
    },
    fit(stats, scheme, values): QParams {
      const whole = scheme.bits > SCARCE_BITS || (stats.min === 0 && stats.max === 0);
      const { min, max } = whole ? stats : choose(stats, scheme, values);
      return rangeQuantizer(min, max, scheme);
    },
    fakeQuantize: (x, q) => fakeQuantizeAffine(x, q),
    quantize: (x, q) => quantizeAffine(x, q),
    dequantize: (xi, q) => dequantizeAffine(xi, q),
  };
}

/** The option's number; its fallback where the recipe is silent. */
export function numberOption(spec: OptionSpec, values: OptionValues): number {
  const value = values[spec.id] ?? spec.fallback;
  return typeof value === 'number' ? value : Number(spec.fallback);
}
