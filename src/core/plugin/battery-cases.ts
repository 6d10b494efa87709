/**
 * What the battery asks a quantizer: tensors of every kind that breaks quantizers (random, constant, one-sided, dead channels,
 * ties, denormals, huge numbers), under every scheme that a recipe can ask for. Deterministic by the seed.
 */
import { createRng } from '../base/rng';
import type { OptionSpec, OptionValues, Scheme } from '../quant/quantizer';

export interface ActivationCase {
  readonly target: 'activations';
  readonly tensor: string;
  /** What the quantizer is fitted to, and what it is asked to quantize then. */
  readonly fitted: Float32Array;
  readonly probe: Float32Array;
  readonly scheme: Scheme;
  readonly options: OptionValues;
}

export interface WeightCase {
  readonly target: 'weights';
  readonly tensor: string;
  readonly data: Float32Array;
  readonly shape: readonly number[];
  readonly channelAxis: number;
  readonly scheme: Scheme;
  readonly options: OptionValues;
}

export type BatteryCase = ActivationCase | WeightCase;

/** Elements of every tensor, so that each has all the shapes. */
const SIZE = 24;

export function adversarialTensors(seed: number): readonly (readonly [string, Float32Array])[] {
  const rng = createRng(seed);
  const made = (f: (i: number) => number): Float32Array => Float32Array.from({ length: SIZE }, (_, i) => f(i));
  return [
    ['random', made(() => rng.normal())],
    ['heavy tail', made((i) => rng.normal() * (i % 7 === 0 ? 40 : 0.5))],
    ['zeros', made(() => 0)],
    ['constant', made(() => 0.37)],
    ['negative constant', made(() => -5)],
    ['one-sided', made(() => Math.abs(rng.normal()))],
    ['negative one-sided', made(() => -Math.abs(rng.normal()))],
    ['huge range', made((i) => (i % 2 === 0 ? 1 : -1) * 2 ** (i * 10 - 120))],
    ['largest', made((i) => (i % 2 === 0 ? 1e38 : -1e38))],
    ['denormals', made((i) => (i - 12) * 1.4e-45)],
    ['dead channel', made((i) => (i >= 6 && i < 12 ? 0 : rng.normal()))],
    ['ties', made((i) => (i - 12) / 2)],
    ['powers of two', made((i) => (i % 2 === 0 ? 1 : -1) * 2 ** (i / 4 - 3))],
    ['shifted', made(() => rng.normal() * 0.01 + 3)],
    ['negative zero', made(() => -0)],
  ];
}

const shapes: readonly (readonly [readonly number[], number])[] = [
  [[4, 6], 0],
  [[6, 4], 1],
  [[2, 3, 2, 2], 0],
  [[SIZE, 1], 1],
];

/** The fallbacks, then each option at its ends with the others at their fallbacks. */
export function optionSets(specs: readonly OptionSpec[]): OptionValues[] {
  const usual = Object.fromEntries(specs.map((s) => [s.id, s.fallback]));
  const ends = specs.flatMap(({ id, kind, fallback }) => {
    const values = kind.type === 'number' ? [kind.min, kind.max] : kind.type === 'flag' ? [true, false] : kind.choices.map((c) => c.value);
    return values.filter((v) => v !== fallback).map((v) => ({ ...usual, [id]: v }));
  });
  return [usual, ...ends];
}

export function activationCases(specs: readonly OptionSpec[], supports: (s: Scheme) => true | string, seed: number): ActivationCase[] {
  const tensors = adversarialTensors(seed);
  const probes = tensors.filter(([name]) => name === 'random' || name === 'largest').map(([, x]) => x);
  const schemes = [2, 3, 4, 8, 16].flatMap((bits) =>
    [false, true].map((symmetric): Scheme => ({ bits, symmetric, signed: undefined, granularity: 'tensor', narrow: false })),
  );
  return casesOf(
    specs,
    schemes.filter((s) => supports(s) === true),
    (scheme, options) =>
      tensors.flatMap(([tensor, fitted]) =>
        [fitted, ...probes].map((probe): ActivationCase => ({ target: 'activations', tensor, fitted, probe, scheme, options })),
      ),
  );
}

export function weightCases(specs: readonly OptionSpec[], supports: (s: Scheme) => true | string, seed: number): WeightCase[] {
  const schemes = [2, 3, 4, 6, 8].map((bits): Scheme => ({ bits, symmetric: true, signed: true, granularity: 'channel', narrow: true }));
  return casesOf(
    specs,
    schemes.filter((s) => supports(s) === true),
    (scheme, options) =>
      adversarialTensors(seed).flatMap(([tensor, data]) =>
        shapes.map(([shape, channelAxis]): WeightCase => ({ target: 'weights', tensor, data, shape, channelAxis, scheme, options })),
      ),
  );
}

/** Every scheme with the fallbacks; the other sets of options with one scheme, so that the number stays small. */
function casesOf<C>(specs: readonly OptionSpec[], schemes: readonly Scheme[], make: (s: Scheme, o: OptionValues) => C[]): C[] {
  const [usual = {}, ...others] = optionSets(specs);
  const one = schemes.find((s) => s.bits === 4) ?? schemes[0];
  return [...schemes.flatMap((s) => make(s, usual)), ...(one ? others.flatMap((o) => make(one, o)) : [])];
}
