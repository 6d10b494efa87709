/**
 * From JSON (a file, stored state, command-line flags) to a Recipe, once, at the edge. Missing keys take
 * the defaults; unknown keys, unknown quantizers and bits out of range are `bad-recipe`, named by path.
 */
import * as v from 'valibot';
import { StudioError } from '../base/errors';
import type { MultiplierStyle, Rounding } from '../ir/integer-model';
import type { ActivationQuantizer, WeightQuantizer } from '../quant/quantizer';
import { pruningOptions } from '../quant/pruning';
import { activationQuantizer, builtInQuantizers, pruningCriterion, weightQuantizer, type Quantizers } from '../quant/registry';

import { checkOptions } from './check-options';
import { defaultRecipe, type LayerOverride, type Recipe } from './recipe';

const bits = (least: number, most: number) =>
  v.pipe(v.number(), v.integer(), v.minValue(least, `at least ${least} bits`), v.maxValue(most, `at most ${most} bits`));

const options = v.record(v.string(), v.union([v.number(), v.string(), v.boolean()]));
const id = v.pipe(v.string(), v.nonEmpty());

const weights = v.strictObject({
  algorithm: v.optional(id, defaultRecipe.weights.algorithm),
  bits: v.optional(bits(2, 8), defaultRecipe.weights.bits),
  options: v.optional(options, {}),
});

const activations = v.strictObject({
  algorithm: v.optional(id, defaultRecipe.activations.algorithm),
  bits: v.optional(bits(2, 8), defaultRecipe.activations.bits),
  symmetric: v.optional(v.boolean(), defaultRecipe.activations.symmetric),
  options: v.optional(options, {}),
});

const layer = v.strictObject({
  match: id,
  weightBits: v.optional(bits(2, 8)),
  activationBits: v.optional(bits(2, 8)),
  weights: v.optional(id),
  activations: v.optional(id),
  keep: v.optional(v.picklist(['float', 'integer'])),
});

const multiplier = v.variant('kind', [
  v.strictObject({ kind: v.literal('normalized'), bits: v.optional(bits(8, 31)) }),
  v.strictObject({ kind: v.literal('qformat'), swl: bits(8, 32), sfl: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(62)) }),
  v.strictObject({ kind: v.literal('pow2') }),
  v.strictObject({ kind: v.literal('tflite') }),
]);

const arithmetic = v.strictObject({
  rounding: v.optional(v.picklist(['half-up', 'half-even', 'half-away', 'floor'])),
  multiplier: v.optional(multiplier, { kind: 'normalized' }),
  shift: v.optional(v.picklist(['channel', 'layer'])),
  accumulator: v.optional(v.strictObject({ bits: bits(8, 32), overflow: v.picklist(['wrap', 'saturate']) })),
});

const nonlinear = v.strictObject({
  softmax: v.optional(v.picklist(['divide', 'reciprocal', 'deferred']), defaultRecipe.nonlinear.softmax),
  probabilityBits: v.optional(v.picklist(['auto', '8', '12', '16']), defaultRecipe.nonlinear.probabilityBits),
  layernorm: v.optional(v.picklist(['divide', 'reciprocal']), defaultRecipe.nonlinear.layernorm),
});

const corrections = v.strictObject({
  equalize: v.optional(v.boolean(), defaultRecipe.corrections.equalize),
  batchNorm: v.optional(v.boolean(), defaultRecipe.corrections.batchNorm),
  bias: v.optional(v.boolean(), defaultRecipe.corrections.bias),
});

const recipe = v.strictObject({
  version: v.optional(v.literal(1), 1),
  weights: v.optional(weights, {}),
  activations: v.optional(activations, {}),
  residualBits: v.optional(bits(2, 16), defaultRecipe.residualBits),
  outputBits: v.optional(bits(8, 16), defaultRecipe.outputBits),
  edges8: v.optional(v.boolean(), defaultRecipe.edges8),
  corrections: v.optional(corrections, {}),
  layers: v.optional(v.array(layer), []),
  arithmetic: v.optional(arithmetic, {}),
  nonlinear: v.optional(nonlinear, {}),
  seed: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(4294967295)), defaultRecipe.seed),
  pruning: v.exactOptional(v.strictObject({ criterion: id, options: v.optional(options, {}) })),
  plugins: v.exactOptional(v.array(v.strictObject({ name: id, sha256: id }))),
});

/**
 * A complete recipe from JSON data. The rounding defaults to half-up, with power-of-two multipliers to
 * half-even (half-up has a bias of a quarter LSB at n = 1), with TFLite's to half-away, as gemmlowp shifts. Throws `bad-recipe`.
 */
export function parseRecipe(data: unknown, quantizers: Quantizers = builtInQuantizers): Recipe {
  const parsed = recipeForm(data);
  checkPlugins(parsed, quantizers);
  checkNames(parsed, quantizers);
  return parsed;
}

/** A complete recipe whose quantizers nobody has asked for yet. Throws `bad-recipe`. */
export function recipeForm(data: unknown): Recipe {
  const result = v.safeParse(recipe, data);
  if (!result.success) {
    const issue = result.issues[0];
    const path = v.getDotPath(issue) ?? 'the recipe';
    const told = inWords(issue);
    throw new StudioError({
      code: 'bad-recipe',
      what: `The recipe is not valid at ${path}${told.what}`,
      ...(told.expected === undefined ? {} : { expected: told.expected }),
      got: issue.received.replaceAll('"', ''),
    });
  }
  const r = result.output;
  const m = r.arithmetic.multiplier;
  const parsed: Recipe = {
    ...r,
    layers: r.layers.map(withoutUndefined),
    arithmetic: {
      rounding: r.arithmetic.rounding ?? usualRounding(m.kind),
      multiplier: m.kind === 'normalized' ? { kind: m.kind, bits: m.bits } : m,
      // one per channel is what no mention means
      ...(r.arithmetic.shift === 'layer' ? { shift: 'layer' as const } : {}),
      ...(r.arithmetic.accumulator === undefined ? {} : { accumulator: r.arithmetic.accumulator }),
    },
  };
  if (m.kind === 'pow2' && parsed.arithmetic.shift === 'layer') {
    throw new StudioError({
      code: 'bad-recipe',
      what: 'One shift per layer goes with multipliers: a power of two per layer could not tell its channels apart',
      todo: 'Choose another style of multiplier, or a shift per channel.',
    });
  }
  return parsed;
}

/** Of the last shift, where the recipe does not say. */
export function usualRounding(style: MultiplierStyle['kind']): Rounding {
  return style === 'pow2' ? 'half-even' : style === 'tflite' ? 'half-away' : 'half-up';
}

const types: Readonly<Record<string, string>> = {
  number: 'a number',
  string: 'text',
  boolean: 'true or false',
  Object: 'an object',
  Array: 'a list',
  '!0': 'text that is not empty',
};

/** What the validator means, without its notation. */
function inWords(issue: v.BaseIssue<unknown>): { readonly what: string; readonly expected?: string } {
  const { expected, message, type } = issue;
  // messages of our own say it all
  if (!message.startsWith('Invalid ')) return { what: `: ${message}` };
  if (expected === 'never') return { what: ': there is no such setting' };
  if (type === 'integer') return { what: '', expected: 'a whole number' };
  if (expected === null) return { what: '' };
  const bound = /^(>=|<=)(.+)$/.exec(expected);
  if (bound) return { what: '', expected: `${bound[1] === '>=' ? 'at least' : 'at most'} ${bound[2]}` };
  const words = expected
    .replace(/^\((.*)\)$/, '$1')
    .split(' | ')
    .map((e) => types[e] ?? e.replaceAll('"', ''));
  return { what: '', expected: words.join(' or ') };
}

function withoutUndefined(l: v.InferOutput<typeof layer>): LayerOverride {
  return {
    match: l.match,
    ...(l.weightBits === undefined ? {} : { weightBits: l.weightBits }),
    ...(l.activationBits === undefined ? {} : { activationBits: l.activationBits }),
    ...(l.weights === undefined ? {} : { weights: l.weights }),
    ...(l.activations === undefined ? {} : { activations: l.activations }),
    ...(l.keep === undefined ? {} : { keep: l.keep }),
  };
}

/** Every plugin named is here, with the same source. */
function checkPlugins(r: Recipe, { plugins = [] }: Quantizers): void {
  for (const { name, sha256 } of r.plugins ?? []) {
    if (plugins.some((p) => p.sha256 === sha256)) continue;
    const other = plugins.find((p) => p.name === name);
    throw new StudioError({
      code: 'bad-recipe',
      what: `The recipe needs the plugin ${name}, ${other ? 'and the one here has another source' : 'which is not here'}`,
      expected: `SHA-256 ${sha256}`,
      ...(other ? { got: other.sha256 } : {}),
      todo: 'Add the plugin, or take it out of the recipe.',
    });
  }
}

/** Every quantizer named exists and can do what is asked of it. */
function checkNames(r: Recipe, quantizers: Quantizers): void {
  const weightsOf = (id: string): WeightQuantizer => weightQuantizer(id, quantizers);
  const activationsOf = (id: string): ActivationQuantizer => activationQuantizer(id, quantizers);
  checkWeights(weightsOf(r.weights.algorithm), r.weights.bits);
  checkActivations(activationsOf(r.activations.algorithm), r.activations.bits, r.activations.symmetric);
  for (const l of r.layers) {
    checkWeights(weightsOf(l.weights ?? r.weights.algorithm), l.weightBits ?? r.weights.bits);
    checkActivations(
      activationsOf(l.activations ?? r.activations.algorithm),
      l.activationBits ?? r.activations.bits,
      r.activations.symmetric,
    );
  }
  const used = (target: 'weights' | 'activations'): string[] => [r[target].algorithm, ...r.layers.flatMap((l) => l[target] ?? [])];
  const weightSpecs = used('weights').flatMap((a) => weightsOf(a).options);
  const activationSpecs = used('activations').flatMap((a) => activationsOf(a).options);
  checkOptions(r.weights.options, weightSpecs, 'weights');
  checkOptions(r.activations.options, activationSpecs, 'activations');
  if (r.pruning) {
    const own = pruningCriterion(r.pruning.criterion, quantizers).options;
    checkOptions(r.pruning.options, [...own, ...pruningOptions], 'pruning');
  }
}

function checkWeights(quantizer: WeightQuantizer, b: number): void {
  const answer = quantizer.supports({ bits: b, symmetric: true, signed: true, granularity: 'channel', narrow: true });
  if (answer !== true) throw new StudioError({ code: 'bad-recipe', what: `Weights cannot be quantized so: ${answer}` });
}

function checkActivations(quantizer: ActivationQuantizer, b: number, symmetric: boolean): void {
  const answer = quantizer.supports({ bits: b, symmetric, signed: undefined, granularity: 'tensor', narrow: false });
  if (answer !== true) throw new StudioError({ code: 'bad-recipe', what: `Activations cannot be quantized so: ${answer}` });
}
