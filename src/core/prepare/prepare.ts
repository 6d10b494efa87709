/**
 * The stage between calibration and plan: what a recipe asks for beyond ranges. In this order: equalization and smoothing
 * (the same float function with other parameters), new statistics, then layer by layer learned weights and corrected
 * statistics. A recipe that asks for none of it costs nothing. Pure; the same samples and seed give the same result.
 */
import type { Context } from '../base/context';
import { Hold, type HoldOptions } from '../base/hold';
import type { Calibration, SampleSource } from '../calibrate/types';
import { planQuantization } from '../integer/make-plan';
import type { PlannedWeight, QuantPlan } from '../integer/plan';
import { recipeFor } from '../integer/recipe-for';
import { takesTokens, TOKEN_AXIS } from '../integer/token-wise';
import type { QuantInfo } from '../ir/integer-model';
import type { CanonicalModel, NodeId, ValueName } from '../ir/model';
import { shapeOf } from '../ops/support';
import { numberOption } from '../quant/clipped-range';
import { alphaOption } from '../quant/quantizers/smooth';
import { activationQuantizer, builtInQuantizers, weightQuantizer, type Quantizers } from '../quant/registry';
import type { Recipe } from '../recipe/recipe';
import { resolveLayer } from '../recipe/resolve';
import { decideBlocks } from './decide-blocks';
import { decideLayers } from './decide-layers';
import { decideSteps } from './decide-steps';
import { equalize } from './equalize';
import { floatPass } from './float-pass';
import { linearLayers, withParameters, type LinearLayer, type Parameters } from './linear-layers';
import { observe, observes } from './observe';
import { prune } from './prune';
import { smooth, smoothSpots } from './smooth';
import type { Finished, FloatRunner, LayerNote, Prepared } from './types';

export interface PrepareInput {
  readonly canonical: CanonicalModel;
  readonly calibration: Calibration;
  readonly recipe: Recipe;
  /** Those that the recipe may name; the built-in ones by default. */
  readonly quantizers?: Quantizers;
  /** The calibration data. */
  readonly source: SampleSource;
  readonly runner: FloatRunner;
  /** Filled as layers are done; what is in it already is not learned again. */
  readonly finished?: Finished;
  /** Law: what is learned does not depend on it where a scratch file is lent. */
  readonly memory?: Partial<HoldOptions> | undefined;
}

/**
 * Bytes of activations that are kept in memory at a time, all samples together. What is more lies in a scratch file; without one,
 * samples that do not fit are left out, and it is said.
 */
export const LEARNING_MEMORY = 512 * 2 ** 20;

export async function prepare(input: PrepareInput, ctx: Context): Promise<Prepared> {
  const { budget = LEARNING_MEMORY, scratch } = input.memory ?? {};
  const hold = new Hold({ budget, scratch });
  try {
    return await prepareIn(hold, input, ctx);
  } finally {
    await hold.close();
  }
}

async function prepareIn(hold: Hold, input: PrepareInput, ctx: Context): Promise<Prepared> {
  const { quantizers = builtInQuantizers } = input;
  const { calibration, source, runner, finished = { weights: new Map(), steps: new Map(), blocks: new Map() } } = input;
  const recipe = recipeFor(input.canonical, input.recipe);
  const { corrections } = recipe;
  const notes: LayerNote[] = [];
  let reference = input.canonical;
  const available = Math.min(calibration.samples, source.info.samples);
  let samples = 0;

  if (corrections.equalize) {
    const { canonical, report } = equalize(reference);
    reference = canonical;
    for (const [layer, second] of report.pairs) notes.push({ step: 'equalize', layer, done: true, text: `with ${second}` });
    for (const { layer, why } of report.left) notes.push({ step: 'equalize', layer, done: false, text: why });
  }
  const { spots, notes: left } = smoothSpots(reference, (l) => resolveLayer(recipe, l.stem).weights.algorithm === 'smooth_channel');
  notes.push(...left);
  if (spots.length > 0) {
    const maxima = new Map(spots.map((s) => [s.value, s.axis]));
    const seen = await floatPass(reference, { stats: false, maxima, moments: new Map() }, source, available, runner, ctx);
    const smoothed = smooth(reference, spots, seen.maxima, numberOption(alphaOption, recipe.weights.options));
    reference = smoothed.canonical;
    notes.push(...smoothed.notes);
    samples = available;
  }

  warnIdle(notes, ctx);
  const pruned = await prune(reference, recipe, quantizers, ctx);
  const { masks } = pruned;
  notes.push(...pruned.notes);
  const layers = linearLayers(pruned.canonical);
  const learned = layers.filter((l) => weightQuantizer(resolveLayer(recipe, l.stem).weights.algorithm, quantizers).learn !== undefined);
  const moved = layers.filter((l) => corrections.bias || (corrections.batchNorm && l.node.op === 'Conv'));
  // a layer without a bias gets one that can be corrected
  const unbiased = moved.filter((l) => l.bias === undefined);
  let canonical = withParameters(
    pruned.canonical,
    new Map(unbiased.map((l): [NodeId, Parameters] => [l.node.id, { bias: new Float64Array(l.outputs) }])),
  );

  const changed = reference !== input.canonical || masks.size > 0;
  let { stats } = calibration;
  let pass;
  const tokenLayers = layers.filter((l) => takesTokens(reference, l.node, recipe, quantizers));
  if (changed || moved.length > 0 || tokenLayers.length > 0) {
    const moments = new Map(moved.map((l) => [l.node.id, channelAxis(reference, l)]));
    const tokenMaxima = new Map(tokenLayers.map((l) => [l.input, TOKEN_AXIS]));
    // what flows is what the pruned network gives; what corrections aim at is what the whole one gives
    const first = { stats: changed, maxima: tokenMaxima, moments: masks.size === 0 ? moments : new Map<NodeId, number>() };
    pass = await floatPass(pruned.canonical, first, source, available, runner, ctx);
    stats = pass.stats ?? stats;
    if (masks.size > 0 && moments.size > 0) {
      const whole = await floatPass(reference, { stats: false, maxima: new Map(), moments }, source, available, runner, ctx);
      pass = { ...pass, moments: whole.moments };
    }
    samples = available;
  }
  let tokens = pass?.maxima ?? new Map<ValueName, Float64Array>();
  const activations = [recipe.activations.algorithm, ...recipe.layers.flatMap((l) => l.activations ?? [])].map((id) =>
    activationQuantizer(id, quantizers),
  );
  if (observes(recipe, quantizers)) {
    stats = await observe({ canonical: pruned.canonical, stats, recipe, quantizers, source, samples: available, runner }, ctx);
    samples = available;
  }
  const learnsSteps = activations.some((q) => q.learn !== undefined);
  const learnsBlocks = activations.some((q) => q.learnBlock !== undefined);
  if (learned.length === 0 && moved.length === 0 && !learnsSteps && !learnsBlocks)
    return { reference, canonical, stats, weights: new Map(), tokens, steps: new Map(), masks, samples, notes };

  const quiet = { ...ctx, warn: () => undefined, progress: () => undefined };
  const planWith = (steps: ReadonlyMap<string, QuantInfo>): Promise<QuantPlan> =>
    planQuantization(canonical, { ...calibration, stats }, input.recipe, quiet, { weights: new Map(), tokens, steps }, quantizers);
  let plan = await planWith(new Map());
  let steps: ReadonlyMap<string, QuantInfo> = new Map();
  if (learnsSteps) {
    const found = await decideSteps({ canonical, plan, recipe, quantizers, source, samples: available, runner, finished, hold }, ctx);
    notes.push(...found.notes);
    steps = found.steps;
    tokens = new Map([...tokens, ...found.tokens]);
    plan = await planWith(steps);
  }
  let weights: ReadonlyMap<NodeId, PlannedWeight> = new Map();
  if (learnsBlocks) {
    const found = await decideBlocks(
      {
        canonical,
        targets: masks.size === 0 ? undefined : reference,
        plan,
        recipe,
        quantizers,
        source,
        samples: available,
        runner,
        finished,
        hold,
      },
      ctx,
    );
    notes.push(...found.notes);
    steps = new Map([...steps, ...found.steps]);
    tokens = new Map([...tokens, ...found.tokens]);
    plan = await planWith(steps);
    weights = new Map([...found.weights].map(([id, data]) => [id, { ...(plan.weights.get(id) as PlannedWeight), data }]));
    plan = { ...plan, weights: new Map([...plan.weights, ...weights]) };
  }
  if (moved.length === 0 && learned.every((l) => weights.has(l.node.id)))
    return { reference, canonical, stats, weights, tokens, steps, masks, samples: available, notes };
  const fitting = Math.max(1, Math.min(available, hold.fits(liveBytes(canonical))));
  if (fitting < available) {
    ctx.warn({
      code: 'fewer-samples',
      message: `the layers were decided on ${fitting} of ${available} samples: more do not fit into memory`,
    });
  }
  const decided = await decideLayers(
    {
      canonical,
      targets: masks.size === 0 ? canonical : reference,
      plan,
      learned: new Set(weights.keys()),
      recipe,
      quantizers,
      source,
      samples: fitting,
      moments: pass?.moments ?? new Map(),
      runner,
      finished,
      hold,
    },
    ctx,
  );
  canonical = withParameters(canonical, new Map([...decided.biases].map(([id, bias]): [NodeId, Parameters] => [id, { bias }])));
  return {
    reference,
    canonical,
    stats,
    weights: new Map([...weights, ...decided.weights]),
    tokens,
    steps,
    masks,
    samples: Math.max(samples, fitting),
    notes: [...notes, ...decided.notes],
  };
}

/** A step that was asked for and found nothing to change is said once, with the first reason. */
function warnIdle(notes: readonly LayerNote[], ctx: Context): void {
  for (const [step, name] of [
    ['equalize', 'Cross-layer equalization'],
    ['smooth', 'SmoothQuant'],
  ] as const) {
    const mine = notes.filter((n) => n.step === step);
    const [first] = mine;
    if (first && mine.every((n) => !n.done))
      ctx.warn({ code: 'idle-step', message: `${name} changes nothing in this model: ${first.layer}: ${first.text}` });
  }
}

function channelAxis(c: CanonicalModel, layer: LinearLayer): number {
  return layer.node.op === 'Conv' ? 1 : shapeOf(c, layer.output).length - 1;
}

/** Most bytes of activations that are alive at a time, one byte an element. */
function liveBytes(c: CanonicalModel): number {
  const { nodes } = c.model.graph;
  const last = new Map<string, number>();
  nodes.forEach((n, i) => n.inputs.forEach((name) => name !== undefined && last.set(name, i)));
  const size = (name: string): number => {
    const shape = c.model.graph.values.get(name as never)?.shape ?? [];
    return shape.reduce((a: number, d) => a * Number(d), 1);
  };
  let alive = c.model.graph.inputs.reduce((sum, i) => sum + size(i.name), 0);
  let most = alive;
  nodes.forEach((n, i) => {
    for (const output of n.outputs) alive += size(output);
    most = Math.max(most, alive);
    for (const name of new Set(n.inputs)) if (name !== undefined && last.get(name) === i && !c.constants(name)) alive -= size(name);
  });
  return Math.max(1, most);
}
