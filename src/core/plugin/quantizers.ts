/**
 * Entries of plugins as entries of the quantizer registry. Each answer is checked before anything else sees it. What a plugin leaves
 * out is the even grid's (or the codebook's). Law: behind this file nothing knows a plugin's quantizer from a built-in one.
 */
import { dequantizeAffine, fakeQuantizeAffine, quantizeAffine } from '../quant/affine';
import type { ActivationQuantizer, OptionSpec, OptionValues, QParams, Scheme, WeightQuantizer } from '../quant/quantizer';
import { checkFinite } from '../quant/weight-channels';
import { checkedFloats, checkedIntegers, checkedParams, fault } from './checks';
import { kit } from './kit';
import type { ActivationPlugin, FullParams, WeightPlugin } from './sdk';

/** A copy that a plugin may write into without harm. */
const told = (q: QParams): FullParams => ({ ...q, scale: q.scale.slice() });

/** The entry's own words where a call fails; an error of our own is passed on. */
export async function called<T>(entry: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Error && error.name === 'StudioError') throw error;
    throw fault(entry, 'failed', { got: error instanceof Error ? error.message : String(error) });
  }
}

/** What a plugin is given: a value for each of its options, and for nothing else. */
export function withFallbacks(specs: readonly OptionSpec[], given: OptionValues = {}): OptionValues {
  return Object.fromEntries(specs.map((s) => [s.id, given[s.id] ?? s.fallback]));
}

export function bitsRefusal(scheme: Scheme, [least, most]: readonly [number, number], what: string): true | string {
  return scheme.bits >= least && scheme.bits <= most ? true : `${what} has ${least} to ${most} bits`;
}

export function pluginWeights(p: WeightPlugin): WeightQuantizer {
  const specs = p.options ?? [];
  const valued = (given: OptionValues | undefined): OptionValues => withFallbacks(specs, given);
  return {
    id: p.id,
    title: p.title,
    target: 'weights',
    options: specs,
    supports(scheme) {
      if (!scheme.symmetric || scheme.signed === false) return 'weights are signed and symmetric';
      return bitsRefusal(scheme, p.bits ?? [2, 8], p.id);
    },
    async fit(w, shape, channelAxis, scheme, options) {
      checkFinite(w);
      const answer = await called(`${p.id}.fit`, () => p.fit({ data: w, shape, channelAxis }, scheme, valued(options), kit));
      return checkedParams(answer, `${p.id}.fit`, { scheme, channels: { axis: channelAxis, count: shape[channelAxis] ?? 1 } });
    },
    async fakeQuantize(w, shape, q, options) {
      if (!p.fakeQuantize) return fakeQuantizeAffine(w, q, shape);
      const answer = await called(`${p.id}.fakeQuantize`, () => p.fakeQuantize?.({ data: w, shape }, told(q), valued(options), kit));
      return checkedFloats(answer, `${p.id}.fakeQuantize`, w.length, Float32Array);
    },
    async quantize(w, shape, q, options) {
      if (!p.quantize) return quantizeAffine(w, q, shape);
      const answer = await called(`${p.id}.quantize`, () => p.quantize?.({ data: w, shape }, told(q), valued(options), kit));
      return checkedIntegers(answer, `${p.id}.quantize`, w.length, q);
    },
    async dequantize(wi, shape, q, options) {
      if (!p.dequantize) return dequantizeAffine(wi, q, shape);
      const answer = await called(`${p.id}.dequantize`, () => p.dequantize?.(Int32Array.from(wi), shape, told(q), valued(options), kit));
      return checkedFloats(answer, `${p.id}.dequantize`, wi.length, Float32Array);
    },
  };
}

export function pluginActivations(p: ActivationPlugin): ActivationQuantizer {
  const specs = p.options ?? [];
  const valued = (given: OptionValues | undefined): OptionValues => withFallbacks(specs, given);
  return {
    id: p.id,
    title: p.title,
    target: 'activations',
    options: specs,
    supports(scheme) {
      if (scheme.granularity !== 'tensor') return `${p.id} gives one quantizer to a whole activation tensor`;
      return bitsRefusal(scheme, p.bits ?? [2, 16], p.id);
    },
    async fit(stats, scheme, options) {
      const answer = await called(`${p.id}.fit`, () => p.fit(stats, scheme, valued(options), kit));
      return checkedParams(answer, `${p.id}.fit`, { scheme });
    },
    async fakeQuantize(x, q, options) {
      if (!p.fakeQuantize) return fakeQuantizeAffine(x, q);
      const answer = await called(`${p.id}.fakeQuantize`, () => p.fakeQuantize?.(x, told(q), valued(options), kit));
      return checkedFloats(answer, `${p.id}.fakeQuantize`, x.length, Float32Array);
    },
    async quantize(x, q, options) {
      if (!p.quantize) return quantizeAffine(x, q);
      const answer = await called(`${p.id}.quantize`, () => p.quantize?.(x, told(q), valued(options), kit));
      return checkedIntegers(answer, `${p.id}.quantize`, x.length, q);
    },
    async dequantize(xi, q, options) {
      if (!p.dequantize) return dequantizeAffine(xi, q);
      const answer = await called(`${p.id}.dequantize`, () => p.dequantize?.(Int32Array.from(xi), told(q), valued(options), kit));
      return checkedFloats(answer, `${p.id}.dequantize`, xi.length, Float32Array);
    },
  };
}
