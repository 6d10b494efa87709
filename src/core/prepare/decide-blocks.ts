/**
 * Block by block in the order of the network (blocks.ts): the steps of a block's activations, and with them the rounding of
 * those of its weights that can be learned so, on the block's output (core/reconstruct/block.ts). Inputs come from the
 * fake-quantized model with what was decided before, and from the float model; targets are the float model's.
 * Memory: inputs and targets lie in the hold (block-samples.ts); and as many samples a step as leave the tensors of its forward and
 * backward pass about 512 MB, and its forward pass 10^9 multiplications: a step is a second at most, or that of one sample.
 */
import { throwIfCancelled, type Context } from '../base/context';
import { StudioError } from '../base/errors';
import type { PlannedWeight, QuantPlan } from '../integer/plan';
import type { QuantInfo } from '../ir/integer-model';
import type { CanonicalModel, NodeId, ValueName } from '../ir/model';
import { sizeOf, type DType } from '../ir/tensor';
import { backwardRules } from '../ops/backward/rules';
import { familyOf } from '../ops/registry';
import { isFloatValue, shapeOf } from '../ops/support';
import { newStorage, smallestDType } from '../quant/affine';
import type { ActivationQuantizer } from '../quant/quantizer';
import { tokenQuantizer } from '../quant/quantizers/minmax-token';
import { activationQuantizer, weightQuantizer } from '../quant/registry';
import type { BlockProblem, BlockSamples, LearnedBlock } from '../reconstruct/block';
import type { SoftWeight } from '../reconstruct/soft-rounding';
import { resolveLayer } from '../recipe/resolve';
import { blockEmitter, blockModel, planIn, scaleShape } from './block-graph';
import { blockSamples } from './block-samples';
import { quantizersOf, withQuantizer, type BlockQuantizer } from './block-steps';
import { blocksOf, singles, type Block } from './blocks';
import { learnedOnce } from './learned-once';
import { linearLayer, type LinearLayer } from './linear-layers';
import { learnedNumbers, type Finished, type LearnFrom, type LayerNote } from './types';

export interface BlocksInput extends LearnFrom {
  readonly finished: Finished;
}

export interface DecidedBlocks {
  /** By `stepKey`. */
  readonly steps: ReadonlyMap<string, QuantInfo>;
  /** Of values whose tokens have scales of their own: the largest magnitude that each learned scale reaches. */
  readonly tokens: ReadonlyMap<ValueName, Float64Array>;
  /** Integers of the layers that were learned. */
  readonly weights: ReadonlyMap<NodeId, PlannedWeight['data']>;
  readonly notes: readonly LayerNote[];
}

const STEP_MEMORY = 512 * 2 ** 20;
const STEP_MULTIPLICATIONS = 1e9;
/** Tensors of a step for each one of the block: the forward pass, its quantizers, and the way back. */
const COPIES = 24;

export async function decideBlocks(input: BlocksInput, ctx: Context): Promise<DecidedBlocks> {
  const { canonical, recipe, finished } = input;
  const quiet = { ...ctx, progress: () => undefined, warn: () => undefined };
  const steps = new Map<string, QuantInfo>();
  const tokens = new Map<ValueName, Float64Array>();
  const weights = new Map<NodeId, PlannedWeight['data']>();
  const notes: LayerNote[] = [];
  let { plan } = input;
  const blocks = blocksOf(canonical).flatMap((b) => (isDifferentiable(b, input) ? [b] : singles(canonical, b)));
  const quantizers = quantizersOf(canonical, plan, blocks);
  const work = blocks.flatMap((block) => {
    const parts = partsOf(block, quantizers.get(block.output) ?? [], input);
    return parts ? [{ block, parts }] : [];
  });
  for (const [i, { block, parts }] of work.entries()) {
    const at = { place: i, count: work.length, stage: 'blocks', done: i, total: work.length };
    const part = { kind: 'blocks', key: block.output, layer: block.name, ...at } as const;
    try {
      const result = await learnedOnce(finished.blocks, part, finished, ctx, async (own) => {
        const samples = await blockSamples(block, parts.quantizers, { ...input, plan }, quiet);
        try {
          const problem = problemOf(block, parts, { ...input, plan }, samples, recipe.seed + i);
          return await parts.learn(problem, recipe.activations.options, input.runner.steps, own);
        } finally {
          samples.drop();
        }
      });
      plan = applied(plan, parts, result, { steps, tokens, weights });
      notes.push({ step: 'learn', layer: block.name, done: true, text: textOf(parts, result), learned: learnedNumbers('blocks', result) });
    } catch (error) {
      if (!(error instanceof StudioError) || error.code !== 'unsupported-operator') throw error;
      notes.push({ step: 'learn', layer: block.name, done: false, text: error.message });
    }
    await ctx.tick();
    throwIfCancelled(ctx);
  }
  return { steps, tokens, weights, notes };
}

interface Parts {
  readonly learn: NonNullable<ActivationQuantizer['learnBlock']>;
  readonly quantizers: readonly BlockQuantizer[];
  /** Those whose rounding is learned with the steps. */
  readonly layers: readonly LinearLayer[];
}

/** undefined: no activation of the block is learned block by block. */
function partsOf(
  block: Block,
  all: readonly BlockQuantizer[],
  { canonical, plan, recipe, quantizers: known }: BlocksInput,
): Parts | undefined {
  const quantizerOf = ({ stem }: BlockQuantizer): ActivationQuantizer =>
    activationQuantizer(resolveLayer(recipe, stem).activations.algorithm, known);
  const quantizers = all.filter((q) => quantizerOf(q).learnBlock !== undefined);
  const [first] = quantizers;
  const learner = first && quantizerOf(first);
  const learn = learner?.learnBlock?.bind(learner);
  if (!learn) return undefined;
  const layers = canonical.model.graph.nodes.flatMap((node) => {
    const layer = block.layers.includes(node.id) && plan.weights.has(node.id) ? linearLayer(canonical, node) : undefined;
    return layer && weightQuantizer(resolveLayer(recipe, layer.stem).weights.algorithm, known).rounding ? [layer] : [];
  });
  return { learn, quantizers, layers };
}

/** Does a gradient pass every operator that the block's activations go through? */
function isDifferentiable(block: Block, { canonical, plan, runner }: BlocksInput): boolean {
  const reached = new Set<ValueName>(block.inputs.filter((v) => isFloatValue(canonical, v)));
  return runner.fakeGraph(blockModel(canonical, block), plan).nodes.every((node) => {
    if (!node.inputs.some((v) => v !== undefined && reached.has(v))) return true;
    for (const output of node.outputs) reached.add(output);
    return backwardRules.has(node.op) && node.domain === '';
  });
}

/** Throws `unsupported-operator`. */
function problemOf(block: Block, parts: Parts, input: BlocksInput, samples: BlockSamples, seed: number): BlockProblem {
  const { canonical, plan, recipe, runner } = input;
  const { quantizers, layers } = parts;
  const bytes = block.nodes.flatMap((n) => n.outputs).reduce((sum, v) => sum + 4 * sizeOf(shapeOf(canonical, v)), 0);
  const [layer] = layers;
  const rounding =
    layer && weightQuantizer(resolveLayer(recipe, layer.stem).weights.algorithm, input.quantizers).rounding?.(recipe.weights.options);
  return {
    opset: Math.max(17, canonical.model.opsets[''] ?? 1),
    inputs: block.inputs.map((v) => ({ dtype: typeOf(canonical, v), shape: shapeOf(canonical, v) })),
    emitter: blockEmitter(runner.fakeGraph(blockModel(canonical, block), planIn(block, quantizers, canonical, plan)), block, {
      step: (q) => indexOf(quantizers, (known) => known.quantizers.includes(q)),
      weight: (id) => indexOf(layers, (known) => known.node.id === id),
    }),
    steps: quantizers.map(({ root, quantizers: [q] }) => {
      const { scale, zeroPoint, lo, hi } = q as QuantInfo; // there is one at least
      return { scale, zeroPoint, lo, hi, shape: scaleShape(q as QuantInfo, shapeOf(canonical, root).length) };
    }),
    weights: layers.map(({ node, weight, shape }): SoftWeight => {
      const { scale, axis, lo, hi } = (plan.weights.get(node.id) as PlannedWeight).q; // partsOf has looked
      return { weight, shape, scale, axis, lo, hi };
    }),
    rounding,
    samples,
    mostAtOnce: Math.max(1, Math.floor(Math.min(STEP_MEMORY / (COPIES * bytes), STEP_MULTIPLICATIONS / macsOf(canonical, block)))),
    seed,
  };
}

function macsOf(c: CanonicalModel, { nodes }: Block): number {
  const typed = (v: ValueName) => ({ dtype: typeOf(c, v), shape: shapeOf(c, v) });
  return nodes.reduce((sum, n) => {
    const inputs = n.inputs.flatMap((v) => (v === undefined ? [] : [typed(v)]));
    return sum + (familyOf(n.op, n.domain)?.macs?.(n, inputs, n.outputs.map(typed)) ?? 0);
  }, 1);
}

function indexOf<T>(list: readonly T[], test: (item: T) => boolean): number | undefined {
  const i = list.findIndex(test);
  return i < 0 ? undefined : i;
}

function typeOf(c: CanonicalModel, name: ValueName): DType {
  return c.model.graph.inputs.find((i) => i.name === name)?.dtype ?? c.model.graph.values.get(name)?.dtype ?? 'float32';
}

interface Learned {
  readonly steps: Map<string, QuantInfo>;
  readonly tokens: Map<ValueName, Float64Array>;
  readonly weights: Map<NodeId, PlannedWeight['data']>;
}

/** The plan with what was learned, which is written down as well. */
function applied(
  plan: QuantPlan,
  { quantizers, layers }: Parts,
  { scales, integers }: LearnedBlock,
  { steps, tokens, weights }: Learned,
): QuantPlan {
  let next = plan;
  for (const [i, known] of quantizers.entries()) {
    const [before] = known.quantizers as readonly [QuantInfo];
    const scale = scales[i] as Float32Array;
    if (before.axis === undefined) {
      const q = { ...before, scale };
      steps.set(known.key, q);
      next = withQuantizer(next, known, q);
    } else {
      const maxima = Float64Array.from(scale, (s) => s * before.hi);
      tokens.set(known.root, maxima);
      next = withQuantizer(next, known, tokenQuantizer(maxima, before.axis, before.bits));
    }
  }
  const decided = new Map(next.weights);
  for (const [i, { node }] of layers.entries()) {
    const planned = decided.get(node.id) as PlannedWeight;
    const data = newStorage(smallestDType(planned.q.lo, planned.q.hi), planned.data.length) as Int8Array; // 2 to 8 signed bits
    data.set(integers[i] as Int32Array);
    weights.set(node.id, data);
    decided.set(node.id, { ...planned, data });
  }
  return { ...next, weights: decided };
}

function textOf({ quantizers, layers }: Parts, result: LearnedBlock): string {
  const { before, after, kept, iterations, moved } = result;
  const ratios = quantizers.flatMap(({ quantizers: [q] }, i) =>
    Array.from(result.scales[i] as Float32Array, (s, k) => s / (q?.scale[k] as number)),
  );
  const [least, most] = [Math.min(...ratios), Math.max(...ratios)].map((r) => r.toFixed(3));
  const steps = kept.steps ? 'steps as they were' : `steps times ${least === most ? least : `${least} to ${most}`}`;
  const total = layers.reduce((n, l) => n + l.weight.length, 0);
  const roundings = total === 0 ? '' : `, ${moved} of ${total} weights not the nearest integer`;
  const db = after > 0 ? `${(10 * Math.log10(before / after)).toFixed(2)} dB less error of the block's output` : 'no error';
  return `${steps}${roundings}: ${db} (${before.toPrecision(3)} to ${after.toPrecision(3)} of its power) after ${iterations} steps`;
}
