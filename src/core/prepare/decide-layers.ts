/**
 * The data-driven steps, layer by layer in the order of the network: learned weights first, then the statistics of the
 * layer's output (BatchNorm re-estimation, bias correction). Each layer sees the layers before it as they were decided.
 */
import type { Context } from '../base/context';
import type { Hold } from '../base/hold';
import { log } from '../base/math';
import type { SampleSource } from '../calibrate/types';
import { multiplierForm } from '../integer/multiplier-form';
import { lower } from '../integer/lower';
import { ModelBuilder } from '../integer/model-builder';
import type { PlannedWeight, QuantPlan } from '../integer/plan';
import { exactScales, inputUnit } from '../integer/plan-weights';
import { quantizeInputs } from '../integer/quantize-inputs';
import type { IntegerModel, IntOp, QuantInfo } from '../ir/integer-model';
import type { CanonicalModel, NodeId } from '../ir/model';
import { integerRuleOf } from '../ops/lower/rules';
import { stepOf } from '../ops/lower/tokens';
import { shapeOf } from '../ops/support';
import { newStorage, smallestDType } from '../quant/affine';
import type { LayerProblem, LearnedWeight } from '../quant/quantizer';
import { weightQuantizer, type Quantizers } from '../quant/registry';
import type { Recipe } from '../recipe/recipe';
import { resolveLayer } from '../recipe/resolve';
import { biasLimit, corrected, momentsOf } from './correct';
import type { Moments } from './float-pass';
import { gram } from './gram';
import { channelsLast, fromWeightRows, layerRows, weightRows } from './layer-rows';
import { learnedOnce, type LearnedPart } from './learned-once';
import { linearLayer, withParameters, type LinearLayer } from './linear-layers';
import { sweep, type LinearOp, type Replacement, type Visit } from './sweep';
import { learnedNumbers, type Finished, type FloatRunner, type FloatSession, type LayerNote } from './types';

/** Rows per column below which a layer is learned on too little. */
const ENOUGH_ROWS = 4;

export interface DecideInput {
  /** Every layer that can change has a bias of its own. */
  readonly canonical: CanonicalModel;
  /** What layers are learned to give: another model than `canonical` where weights were pruned. */
  readonly targets: CanonicalModel;
  readonly plan: QuantPlan;
  /** Layers whose integers in the plan are learned ones. */
  readonly learned: ReadonlySet<NodeId>;
  /** As it holds for the network (integer/recipe-for.ts). */
  readonly recipe: Recipe;
  readonly quantizers: Quantizers;
  readonly source: SampleSource;
  readonly samples: number;
  /** Of the float model, for the layers whose statistics are to be corrected. */
  readonly moments: ReadonlyMap<NodeId, Moments>;
  readonly runner: FloatRunner;
  readonly finished: Finished;
  /** Where activations are put aside. */
  readonly hold: Hold;
}

export interface Decided {
  readonly weights: ReadonlyMap<NodeId, PlannedWeight>;
  readonly biases: ReadonlyMap<NodeId, Float64Array>;
  readonly notes: readonly LayerNote[];
}

export async function decideLayers(input: DecideInput, ctx: Context): Promise<Decided> {
  const { canonical, plan, recipe, source, samples } = input;
  const quiet = { ...ctx, progress: () => undefined, warn: () => undefined };
  const lowered = lower(canonical, plan, recipe, quiet);
  const layers = new Map<string, LinearLayer>();
  for (const node of canonical.model.graph.nodes) {
    const layer = plan.weights.has(node.id) ? linearLayer(canonical, node) : undefined;
    if (layer) layers.set(layer.stem, layer);
  }
  const isLayer = (op: IntOp): op is LinearOp =>
    (op.kind === 'conv' || op.kind === 'gemm' || op.kind === 'matmul') && op.weight !== undefined && layers.has(op.name);
  const weights = new Map<NodeId, PlannedWeight>();
  const biases = new Map<NodeId, Float64Array>();
  const notes: LayerNote[] = [];
  const ops = lowered.ops.filter(isLayer);
  const isLearned = (op: LinearOp): boolean => input.learned.has((layers.get(op.name) as LinearLayer).node.id); // isLayer has looked
  const learning = ops.filter(
    (op) => !isLearned(op) && weightQuantizer(resolveLayer(recipe, op.name).weights.algorithm, input.quantizers).learn !== undefined,
  ).length;
  const total = ops.length;
  let index = 0;
  let learns = 0;

  await sweep(
    { lowered, samples, inputsOf: async (s) => quantizeInputs(lowered, await source.sample(s)), isLayer, hold: input.hold },
    async (visit) => {
      const layer = layers.get(visit.op.name) as LinearLayer; // isLayer has looked
      const { node } = layer;
      const done = index++;
      const seed = recipe.seed + done;
      let weight = plan.weights.get(node.id) as PlannedWeight;
      const at = { done, total, place: learns, count: learning };
      const learned = isLearned(visit.op) ? undefined : await learn(layer, weight, visit, seed, input, at, ctx);
      if (learned) {
        learns++;
        weight = learned.weight;
        weights.set(node.id, weight);
        notes.push(learned.note);
      }
      const target = input.moments.get(node.id);
      if (target) {
        const axis = layer.node.op === 'Conv' ? 1 : shapeOf(canonical, layer.output).length - 1;
        const now = replacementOf(canonical, plan, recipe, layer, weight, layer.bias, visit.op, quiet);
        const seen = await momentsOf(visit, now, axis, unitsOf(layer, weight.q, visit));
        const step = recipe.corrections.batchNorm && layer.node.op === 'Conv' ? 'batchNorm' : recipe.corrections.bias ? 'bias' : undefined;
        const result =
          step &&
          corrected(layer, weight, seen, target, unitsOf(layer, weight.q, visit), step, biasLimit(now.op.requant.rowMul !== undefined));
        if (result && step) {
          weight = { ...weight, q: exactFor(layer, result.q, weight.raised, visit, recipe) };
          // what a scale gained by being made exact is a part in 2^13: the mean is held for the scale that is used
          const bias = result.biasFor(weight.q);
          weights.set(node.id, weight);
          biases.set(node.id, bias);
          notes.push({ step, layer: layer.stem, done: true, text: result.text });
        }
      }
      if (!weights.has(node.id)) return undefined;
      return replacementOf(canonical, plan, recipe, layer, weight, biases.get(node.id) ?? layer.bias, visit.op, quiet);
    },
    { ...ctx, warn: () => undefined },
  );
  return { weights, biases, notes };
}

/** What one unit of the layer's input rows (prepare/layer-rows.ts) is worth. */
function inputStep(op: LinearOp, model: IntegerModel): number {
  const q = model.values.get(op.inputs[0] as string)?.quant;
  return q ? stepOf(q) : 1;
}

/** What one unit of the accumulator is worth in each output channel. */
function unitsOf(layer: LinearLayer, q: QuantInfo, { op, model }: Visit): Float64Array {
  const sx = inputStep(op, model);
  return Float64Array.from(
    { length: layer.outputs },
    (_, o) => sx * ((q.axis === undefined ? q.scale[0] : q.scale[o]) as number) * layer.factor,
  );
}

function exactFor(layer: LinearLayer, q: QuantInfo, raised: readonly number[], { op, model }: Visit, recipe: Recipe): QuantInfo {
  const qx = model.values.get(op.inputs[0] as string)?.quant;
  const qy = model.values.get(op.output)?.quant;
  if (!qx || !qy) return q;
  return exactScales(
    q,
    raised,
    inputUnit(layer.node, qx) / (qy.scale[0] as number),
    multiplierForm(recipe, qy),
    recipe.arithmetic.shift === 'layer',
  );
}

async function learn(
  layer: LinearLayer,
  planned: PlannedWeight,
  visit: Visit,
  seed: number,
  { canonical, targets, recipe, quantizers, source, runner, finished, hold }: DecideInput,
  at: Pick<LearnedPart, 'done' | 'total' | 'place' | 'count'>,
  ctx: Context,
): Promise<{ readonly weight: PlannedWeight; readonly note: LayerNote } | undefined> {
  const scheme = resolveLayer(recipe, layer.stem).weights;
  const quantizer = weightQuantizer(scheme.algorithm, quantizers);
  const learnFrom = quantizer.learn?.bind(quantizer);
  if (!learnFrom) return undefined;
  const { op, model, samples } = visit;
  const rows = layerRows(op, model);
  const turned = op.kind !== 'conv' && layer.role.channelAxis === 1;
  const name = op.inputs[0] as string;
  const sx = inputStep(op, model);
  const inputs = async (sample: number): Promise<ArrayLike<number>> => (await visit.tensor(sample, name)).data as Int32Array; // operands have at most 16 bits
  const { columns, positions } = rows;
  const shape = shapeOf(canonical, layer.output);
  const held: { session: Promise<FloatSession> | undefined; rows: number | undefined } = { session: undefined, rows: undefined };
  const problem: LayerProblem = {
    stem: layer.stem,
    weight: weightRows(layer.weight, layer.outputs, turned),
    outputs: layer.outputs,
    columns,
    groups: rows.groups,
    scale: Float64Array.from(
      { length: layer.outputs },
      (_, o) => (planned.q.axis === undefined ? planned.q.scale[0] : planned.q.scale[o]) as number,
    ),
    lo: planned.q.lo,
    hi: planned.q.hi,
    bias: Float64Array.from({ length: layer.outputs }, (_, o) => layer.bias?.[o] ?? 0),
    clamp: layer.node.clamp,
    samples,
    positions,
    seed,
    steps: runner.steps,
    hold,
    async gram() {
      const made = await gram(rows, samples, inputs, seed, ctx);
      held.rows = made.rows;
      return made.groups;
    },
    async inputs(sample, group) {
      const whole = new Float64Array(positions * columns);
      const x = await inputs(sample);
      for (let p = 0; p < positions; p++) rows.fill(x, p, group, whole, p * columns);
      return Float32Array.from(whole, (v) => v * sx * layer.factor);
    },
    async target(sample) {
      held.session ??= runner.open(targets, [], [layer.node.id]);
      const raw = (await (await held.session).run(await source.sample(sample))).raw.get(layer.node.id) ?? new Float32Array();
      return layer.node.op === 'Conv' ? channelsLast(raw, shape) : raw;
    },
  };
  let result: LearnedWeight;
  try {
    const part = { kind: 'weights', key: layer.stem, layer: layer.stem, stage: 'prepare', ...at } as const;
    result = await learnedOnce(finished.weights, part, finished, ctx, async (own) => {
      const learned = await learnFrom(problem, recipe.weights.options, own);
      return held.rows === undefined ? learned : { ...learned, rows: held.rows };
    });
  } finally {
    await (await held.session)?.close();
  }
  const data = newStorage(smallestDType(planned.q.lo, planned.q.hi), result.integers.length) as Int8Array; // 2 to 8 signed bits
  fromWeightRows(result.integers, layer.outputs, turned, data);
  const db =
    result.after > 0
      ? `${((10 * (log(result.before) - log(result.after))) / Math.LN10).toFixed(1)} dB less error than nearest rounding`
      : 'no error';
  const few =
    result.rows !== undefined && result.rows < ENOUGH_ROWS * rows.columns
      ? `; only ${result.rows} input rows for ${rows.columns} columns: more samples help`
      : '';
  const steps = result.iterations === undefined ? '' : ` after ${result.iterations} steps`;
  const text = `${result.moved} of ${data.length} weights are not the nearest integer: ${db}${steps}${few}`;
  return {
    weight: { ...planned, data },
    note: { step: 'learn', layer: layer.stem, done: true, text, learned: learnedNumbers('weights', result) },
  };
}

/** The layer's op with another weight and bias, lowered with all its proofs; its operands are those of the whole model. */
function replacementOf(
  c: CanonicalModel,
  plan: QuantPlan,
  recipe: Recipe,
  layer: LinearLayer,
  weight: PlannedWeight,
  bias: ArrayLike<number> | undefined,
  op: LinearOp,
  ctx: Context,
): Replacement {
  const { node } = layer;
  const changed = bias ? withParameters(c, new Map([[node.id, { bias }]])) : c;
  const own = changed.model.graph.nodes.find((n) => n.id === node.id) ?? node;
  const builder = new ModelBuilder(changed, { ...plan, weights: new Map([[node.id, weight]]) }, recipe, ctx);
  builder.declare(layer.input);
  for (const output of node.outputs) builder.declare(output);
  integerRuleOf(own.op, own.domain)?.lower(own, builder);
  const made = builder.ops.find((o): o is LinearOp => o.name === op.name && o.kind === op.kind);
  return { op: { ...(made ?? op), inputs: op.inputs }, constants: builder.constants }; // a linear op stays of its kind
}
