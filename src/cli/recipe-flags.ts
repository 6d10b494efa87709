/**
 * A recipe from a file and flags: the file first, flags over it, defaults under both. The core validates the whole.
 */
import {
  builtInRegistry,
  correctionOptions,
  nonlinearOptions,
  parseLayerFlag,
  pruningOptions,
  StudioError,
  utf8Decode,
} from '../core/index';
import type { Registry } from '../core/index';
import type { OptionSpec } from '../core/quant/quantizer';
import type { Quantizers } from '../core/quant/registry';
import { readBytes } from '../adapters/node/files';
import type { Flags } from './flags';

type Json = Record<string, unknown>;

type Target = 'weights' | 'activations';

/** The options of all quantizers of a target; those with one name have one flag. */
function optionsOf(target: Target, quantizers: Quantizers): readonly OptionSpec[] {
  const all = quantizers[target].flatMap((q) => q.options);
  return all.filter((o, i) => all.findIndex((other) => other.id === o.id) === i);
}

const optionFlag = (target: string, spec: OptionSpec): string => `${target}-${spec.id}`;

function optionFlags(target: Target, quantizers: Quantizers): (readonly [string, string])[] {
  const value = { number: ' <number>', choice: ' <choice>', flag: '' };
  return optionsOf(target, quantizers).map((spec) => {
    const owners = quantizers[target].flatMap((q) => q.options.filter((o) => o.id === spec.id).map((o) => ({ ...o, id: q.id })));
    const told = [...new Set(owners.map((o) => o.help))].map((help) => {
      const mine = owners.filter((o) => o.help === help).map((o) => o.id);
      return `${mine.join(', ')}: ${help}`;
    });
    const same = owners.every((o) => o.fallback === spec.fallback);
    const fallbacks = same ? String(spec.fallback) : owners.map((o) => `${o.id} ${o.fallback}`).join(', ');
    return [`--${optionFlag(target, spec)}${value[spec.kind.type]}`, `${told.join(' ')} (default ${fallbacks})`] as const;
  });
}

/** Options of quantizers that were given. */
function optionValues(flags: Flags, target: string, specs: readonly OptionSpec[]): Json {
  const values: Json = {};
  for (const spec of specs) {
    const name = optionFlag(target, spec);
    if (!flags.has(name)) continue;
    if (spec.kind.type === 'flag') values[spec.id] = flags.flag(name);
    else if (spec.kind.type === 'number') values[spec.id] = flags.numbers(name)?.[0];
    else values[spec.id] = flags.text(name);
  }
  return values;
}

const kebab = (id: string): string => id.replace(/[A-Z]/g, (c) => `-${c.toLowerCase()}`);

/** One flag an option: what the core offers is what can be asked for. */
const nonlinearFlags = nonlinearOptions.map(({ id, title, kind, fallback }) => {
  const values = kind.type === 'choice' ? kind.choices.map((c) => c.value) : [];
  return {
    id,
    name: kebab(id),
    values,
    line: [`--${kebab(id)} <choice>`, `${title}: ${values.join(', ')} (default ${fallback})`] as const,
  };
});

/** The options of all criteria, and those that every one has. */
function pruningSpecs({ pruning = [] }: Quantizers): readonly OptionSpec[] {
  const all = [...pruningOptions, ...pruning.flatMap((p) => p.options)];
  return all.filter((o, i) => all.findIndex((other) => other.id === o.id) === i);
}

/** Where a plugin brings a criterion. */
function pruningFlags(quantizers: Quantizers): (readonly [string, string])[] {
  const criteria = (quantizers.pruning ?? []).map((p) => p.id);
  if (criteria.length === 0) return [];
  const value = { number: ' <number>', choice: ' <choice>', flag: '' };
  return [
    ['--pruning <id>', `Weights become 0 by a criterion: ${criteria.join(', ')} (default: none do)`],
    ...pruningSpecs(quantizers).map(
      ({ id, help, kind, fallback }) => [`--pruning-${id}${value[kind.type]}`, `${help} (default ${fallback})`] as const,
    ),
  ];
}

export const recipeFlags = ({ quantizers, profiles }: Registry): readonly (readonly [flag: string, help: string])[] => [
  ['--weights <id>', 'Quantizer of weights (default minmax_channel)'],
  ['--activations <id>', 'Quantizer of activations (default minmax)'],
  ['--wbits <bits>', 'Bits of weights, 2 to 8 (default 8)'],
  ['--abits <bits>', 'Bits of activations, 2 to 8 (default 8)'],
  ['--symmetric', 'Activations without a zero point of their own'],
  ...optionFlags('weights', quantizers),
  ...optionFlags('activations', quantizers),
  ...pruningFlags(quantizers),
  ['--edges8', 'The first and the last layers keep 8 bits'],
  ...correctionOptions.map(({ flag, help }) => [`--${flag}`, help] as const),
  ['--residual-bits <bits>', 'Bits of sums of two activations, 2 to 16 (default 8)'],
  ['--output-bits <bits>', 'Bits of the outputs of the model, 8 to 16 (default 16)'],
  ['--recipe <file.json>', 'A recipe; flags override it'],
  ['--layer <glob:key=value,...>', 'Another wbits, abits, weights or activations for some layers, or keep=float; may be repeated'],
  ['--profile <id>', `A requantization profile: ${profiles.map((p) => p.id).join(', ')}. Further flags override it`],
  ['--rounding <mode>', 'half-up, half-even, half-away or floor (default half-up; half-even with pow2, half-away with tflite)'],
  ['--multiplier <style>', 'normalized, qformat, pow2 or tflite (default normalized)'],
  ['--multiplier-bits <bits>', 'Bits of a normalized multiplier, 8 to 31 (default 16, and 24 for outputs above 8 bits)'],
  ['--swl <bits>', 'qformat: word length (default 32)'],
  ['--sfl <bits>', 'qformat: fraction length (default 26)'],
  ['--shift <which>', 'channel or layer: a shift per output channel, or one for all channels of a layer (default channel)'],
  [
    '--accumulator <bits:overflow>',
    'Width of accumulators and what they do beyond it, e.g. 24:wrap or 20:saturate (default: proved to fit 32 bits)',
  ],
  ...nonlinearFlags.map(({ line }) => line),
  ['--seed <number>', 'Seed of everything random (default 0)'],
];

/** Not validated yet. */
export async function recipeOf(flags: Flags, { quantizers, profiles }: Registry = builtInRegistry): Promise<object> {
  const file = flags.text('recipe');
  const base = file === undefined ? {} : await recipeFile(file);
  const record = (value: unknown): Json => (typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {});
  const part = (name: string): Json => record(base[name]);
  const options = (target: Target): Json | undefined => {
    const values = optionValues(flags, target, optionsOf(target, quantizers));
    return Object.keys(values).length === 0 ? undefined : values;
  };
  const weights = given({ algorithm: flags.text('weights'), bits: flags.integer('wbits', 2, 8), options: options('weights') });
  const activations = given({
    algorithm: flags.text('activations'),
    bits: flags.integer('abits', 2, 8),
    symmetric: flags.flag('symmetric') ? true : undefined,
    options: options('activations'),
  });
  const prune = given({
    criterion: flags.text('pruning'),
    options: given({ ...record(part('pruning')['options']), ...optionValues(flags, 'pruning', pruningSpecs(quantizers)) }),
  });
  const profile = flags.choice(
    'profile',
    profiles.map((p) => p.id),
  );
  const chosen = profiles.find((p) => p.id === profile)?.arithmetic;
  const arithmetic = {
    ...(chosen ?? {}),
    ...given({
      rounding: flags.choice('rounding', ['half-up', 'half-even', 'half-away', 'floor']),
      multiplier: multiplierOf(flags),
      shift: flags.choice('shift', ['channel', 'layer']),
      accumulator: accumulatorOf(flags),
    }),
  };
  const nonlinear = given(Object.fromEntries(nonlinearFlags.map(({ id, name, values }) => [id, flags.choice(name, values)])));
  const corrections = Object.fromEntries(correctionOptions.filter((o) => flags.flag(o.flag)).map((o) => [o.id, true]));
  const layers = flags.texts('layer').map((text) => parseLayerFlag(text));
  return {
    ...base,
    ...(Object.keys(weights).length > 0 ? { weights: { ...part('weights'), ...weights } } : {}),
    ...(Object.keys(activations).length > 0 ? { activations: { ...part('activations'), ...activations } } : {}),
    ...(prune['criterion'] === undefined && base['pruning'] === undefined ? {} : { pruning: { ...part('pruning'), ...prune } }),
    ...(Object.keys(arithmetic).length > 0 ? { arithmetic: { ...part('arithmetic'), ...arithmetic } } : {}),
    ...(Object.keys(nonlinear).length > 0 ? { nonlinear: { ...part('nonlinear'), ...nonlinear } } : {}),
    ...(Object.keys(corrections).length > 0 ? { corrections: { ...part('corrections'), ...corrections } } : {}),
    ...(layers.length > 0 ? { layers: [...(Array.isArray(base['layers']) ? (base['layers'] as unknown[]) : []), ...layers] } : {}),
    ...given({
      edges8: flags.flag('edges8') ? true : undefined,
      residualBits: flags.integer('residual-bits', 2, 16),
      outputBits: flags.integer('output-bits', 8, 16),
      seed: flags.integer('seed', 0, 4294967295),
    }),
  };
}

function given(values: Json): Json {
  return Object.fromEntries(Object.entries(values).filter(([, v]) => v !== undefined));
}

function multiplierOf(flags: Flags): Json | undefined {
  const bits = flags.integer('multiplier-bits', 8, 31);
  const words = given({ swl: flags.integer('swl', 8, 32), sfl: flags.integer('sfl', 0, 62) });
  const style = flags.choice('multiplier', ['normalized', 'qformat', 'pow2', 'tflite']) ?? (bits === undefined ? undefined : 'normalized');
  const misplaced =
    style !== 'normalized' && bits !== undefined
      ? '--multiplier-bits'
      : style !== 'qformat' && Object.keys(words).length > 0
        ? '--swl and --sfl'
        : '';
  if (misplaced !== '') {
    throw new StudioError({ code: 'bad-usage', what: `${misplaced} does not go with this --multiplier`, got: style ?? 'normalized' });
  }
  if (style === 'normalized') return given({ kind: style, bits });
  if (style === 'qformat') return { kind: style, swl: 32, sfl: 26, ...words };
  return style && { kind: style };
}

/** `24:wrap` */
function accumulatorOf(flags: Flags): Json | undefined {
  const text = flags.text('accumulator');
  if (text === undefined) return undefined;
  const [, bits, overflow] = /^(\d+):(wrap|saturate)$/.exec(text) ?? [];
  if (bits === undefined || overflow === undefined)
    throw new StudioError({ code: 'bad-usage', what: '--accumulator is not understood', expected: '24:wrap or 20:saturate', got: text });
  return { bits: Number(bits), overflow };
}

async function recipeFile(path: string): Promise<Json> {
  const text = utf8Decode(await readBytes(path));
  try {
    const data: unknown = JSON.parse(text);
    if (typeof data === 'object' && data !== null && !Array.isArray(data)) return data as Json;
  } catch {
    // said below
  }
  throw new StudioError({ code: 'bad-recipe', what: 'The recipe is not a JSON object', where: { file: path } });
}
