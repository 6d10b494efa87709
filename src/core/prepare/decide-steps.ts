/**
 * Learned steps of activations, in the order of the network: each on the outputs of the layers that read the tensor, its
 * values from the fake-quantized model with the steps decided before, its targets from the float model. A tensor that
 * something else reads too under the same quantizer (a sum, a product of two activations) keeps its step.
 */
import { throwIfCancelled, type Context } from '../base/context';
import { lower } from '../integer/lower';
import { stepKey, type PlannedWeight, type QuantPlan } from '../integer/plan';
import type { IntegerModel, QuantInfo } from '../ir/integer-model';
import type { CanonicalModel, Node, ValueName } from '../ir/model';
import { familyOf } from '../ops/registry';
import { shapeOf } from '../ops/support';
import { dequantizeAffine } from '../quant/affine';
import type { ActivationQuantizer } from '../quant/quantizer';
import { activationQuantizer } from '../quant/registry';
import { pickRows } from '../reconstruct/pick-rows';
import type { LearnedStep, StepReader } from '../reconstruct/step-size';
import { resolveLayer } from '../recipe/resolve';
import { channelsLast, layerRows, weightRows } from './layer-rows';
import { learnedOnce } from './learned-once';
import { linearLayers, type LinearLayer } from './linear-layers';
import type { LinearOp } from './sweep';
import { learnedNumbers, type Finished, type LearnFrom, type FloatSession, type LayerNote } from './types';

export interface StepsInput extends LearnFrom {
  readonly finished: Finished;
}

export interface DecidedSteps {
  /** By `stepKey`. */
  readonly steps: ReadonlyMap<string, QuantInfo>;
  /** Of values whose tokens have scales of their own: the largest magnitude that each learned scale reaches. */
  readonly tokens: ReadonlyMap<ValueName, Float64Array>;
  readonly notes: readonly LayerNote[];
}

/** One quantizer that layers read through: of a tensor and what is only moved from it, or of their operands with fewer bits. */
interface Spot {
  readonly key: string;
  /** Where tokens have scales of their own, the value that layers read. */
  readonly root: ValueName;
  readonly q: QuantInfo;
  readonly narrow: boolean;
  readonly layers: LinearLayer[];
  other: string | undefined;
}

/** Of rows of all readers, where memory is the only place. */
const MEMORY = 64 * 2 ** 20;

export async function decideSteps(input: StepsInput, ctx: Context): Promise<DecidedSteps> {
  const { canonical, recipe, runner } = input;
  const quiet = { ...ctx, progress: () => undefined, warn: () => undefined };
  const stems = new Map(canonical.model.graph.nodes.flatMap((n) => n.outputs.map((o) => [o, canonical.stems.get(n.id) ?? n.id] as const)));
  // whose algorithm it is: that of the layer that makes the tensor, or of one that takes it token by token
  const ownerOf = ({ root, q, layers }: Spot): string => (q.axis === undefined ? undefined : layers[0]?.stem) ?? stems.get(root) ?? root;
  const quantizerOf = (spot: Spot): ActivationQuantizer =>
    activationQuantizer(resolveLayer(recipe, ownerOf(spot)).activations.algorithm, input.quantizers);
  const spots = spotsOf(canonical, input.plan).filter((s) => quantizerOf(s).learn !== undefined);
  const lowered = lower(canonical, input.plan, recipe, quiet);
  const steps = new Map<string, QuantInfo>();
  const tokens = new Map<ValueName, Float64Array>();
  const count = spots.filter((s) => s.other === undefined).length;
  let place = 0;
  const notes: LayerNote[] = [];
  let { plan } = input;
  for (const [i, spot] of spots.entries()) {
    const layer = stems.get(spot.root) ?? spot.root;
    if (spot.other !== undefined) {
      notes.push({ step: 'learn', layer, done: false, text: `${spot.other} reads it too: its step is that of the mean error` });
      continue;
    }
    const quantizer = quantizerOf(spot);
    const { q, key } = spot;
    const learnFrom = quantizer.learn?.bind(quantizer);
    if (!learnFrom) continue;
    const { finished } = input;
    const part = { kind: 'steps', key, layer, place: place++, count, stage: 'steps', done: i, total: spots.length } as const;
    const result = await learnedOnce(finished.steps, part, finished, ctx, async (own): Promise<LearnedStep> => {
      const readers: DroppableReader[] = [];
      try {
        await readInto(readers, spot, { ...input, plan }, lowered, recipe.seed + i, quiet);
        const problem = { readers, scale: q.scale, zeroPoint: q.zeroPoint, lo: q.lo, hi: q.hi, seed: recipe.seed + i };
        return await learnFrom(problem, recipe.activations.options, runner.steps, own);
      } finally {
        for (const reader of readers) reader.drop();
      }
    });
    const learned = { ...q, scale: result.scale };
    if (q.axis === undefined) steps.set(key, learned);
    else
      tokens.set(
        spot.root,
        Float64Array.from(result.scale, (s) => s * q.hi),
      );
    plan = withStep(plan, spot, learned);
    const ratios = result.scale.map((s, t) => s / (q.scale[t] as number));
    const [least, most] = [Math.min(...ratios), Math.max(...ratios)].map((r) => r.toFixed(3));
    const db = result.after > 0 ? `${(10 * Math.log10(result.before / result.after)).toFixed(2)} dB less error of the output` : 'no error';
    const text = `${q.axis === undefined ? 'step' : 'steps of tokens'} times ${least === most ? least : `${least} to ${most}`}: ${db} after ${result.iterations} steps`;
    notes.push({ step: 'learn', layer, done: true, text, learned: learnedNumbers('steps', result) });
    await ctx.tick();
    throwIfCancelled(ctx);
  }
  return { steps, tokens, notes };
}

/** Every quantizer of at most 8 bits that a layer with a constant weight reads through, with everyone who does. */
function spotsOf(c: CanonicalModel, plan: QuantPlan): Spot[] {
  const { graph } = c.model;
  const layers = new Map(linearLayers(c).map((l) => [l.node.id, l]));
  const producers = new Map(graph.nodes.flatMap((n) => n.outputs.map((o) => [o, n] as const)));
  const outputs = new Set<ValueName>(graph.outputs.map((o) => o.name));
  const rootOf = (value: ValueName): ValueName => {
    const node = producers.get(value);
    const from = node?.inputs[0];
    return node && from !== undefined && isMove(node) && plan.activations.get(from) === plan.activations.get(value) ? rootOf(from) : value;
  };
  const isMove = (node: Node): boolean => !plan.islands.has(node.id) && familyOf(node.op, node.domain)?.quantizer === 'pass';
  const spots = new Map<string, Spot>();
  for (const node of graph.nodes) {
    for (const [i, value] of node.inputs.entries()) {
      const own = value === undefined ? undefined : plan.activations.get(value);
      if (value === undefined || !own) continue;
      const taken = plan.operands.get(node.id)?.[i];
      const q = taken ?? own;
      if (isMove(node) && i === 0 && !taken && node.outputs.every((o) => plan.activations.get(o) === own)) continue;
      const root = q.axis === undefined ? rootOf(value) : value;
      const key = q.axis === undefined ? stepKey(root, q.bits) : `tokens ${root}`;
      const spot = spots.get(key) ?? { key, root, q, narrow: taken !== undefined, layers: [], other: undefined };
      spots.set(key, spot);
      // a layer that stays in float reads no integers
      const layer = plan.islands.has(node.id) ? undefined : layers.get(node.id);
      if (layer && i === 0 && q.bits <= 8 && q.bits === spot.q.bits) spot.layers.push(layer);
      else spot.other ??= q.bits === spot.q.bits ? node.op : `a layer of ${q.bits} bits`;
    }
  }
  for (const output of outputs) {
    const q = plan.activations.get(output);
    const spot = q && spots.get(stepKey(rootOf(output), q.bits));
    if (spot) spot.other ??= 'the output of the model';
  }
  return [...spots.values()].filter((s) => s.layers.length > 0 && producers.get(s.root) !== undefined);
}

/** The plan with another quantizer at the spot; undefined: none there. */
function withStep(plan: QuantPlan, spot: Spot, q: QuantInfo | undefined): QuantPlan {
  if (spot.narrow) {
    const nodes = new Set(spot.layers.map((l) => l.node.id));
    const operands = [...plan.operands].map(([id, taken]) => [id, nodes.has(id) ? [q, ...taken.slice(1)] : taken] as const);
    return { ...plan, operands: new Map(operands) };
  }
  const before = plan.activations.get(spot.root);
  const activations = [...plan.activations].flatMap(([value, own]) =>
    own !== before ? [[value, own] as const] : q ? [[value, q] as const] : [],
  );
  return { ...plan, activations: new Map(activations) };
}

type DroppableReader = StepReader & { readonly drop: () => void };

/** Everyone who reads through the spot, with rows that are dropped by who asked for them, also where this fails midway. */
async function readInto(
  readers: DroppableReader[],
  spot: Spot,
  input: StepsInput,
  lowered: IntegerModel,
  seed: number,
  ctx: Context,
): Promise<void> {
  const { canonical, plan, recipe, source, samples, runner, hold } = input;
  const names = [...new Set(spot.layers.map((l) => l.input))];
  const open: FloatSession[] = [];
  try {
    const fake = await runner.openFake(canonical, spot.narrow ? plan : withStep(plan, spot, undefined), recipe, names);
    open.push(fake);
    const float = await runner.open(
      canonical,
      [],
      spot.layers.map((l) => l.node.id),
    );
    open.push(float);
    for (const layer of spot.layers) {
      const op = lowered.ops.find((o): o is LinearOp => o.name === layer.stem && 'weight' in o) as LinearOp; // every layer has one
      const rows = layerRows(op, lowered, 0);
      const turned = op.kind !== 'conv' && layer.role.channelAxis === 1;
      const shape = shapeOf(canonical, layer.output);
      let known: { readonly sample: number; readonly x: ArrayLike<number> } | undefined;
      const picked = await pickRows(
        {
          ...{ outputs: layer.outputs, columns: rows.columns, groups: rows.groups, positions: rows.positions, samples, seed },
          async inputs(sample, group) {
            if (known?.sample !== sample) {
              known = { sample, x: (await fake.run(await source.sample(sample))).values.get(layer.input) ?? [] };
            }
            const { x } = known;
            const all = new Float64Array(rows.positions * rows.columns);
            for (let p = 0; p < rows.positions; p++) rows.fill(x, p, group, all, p * rows.columns);
            return Float32Array.from(all);
          },
          async target(sample) {
            const raw = (await float.run(await source.sample(sample))).raw.get(layer.node.id) ?? new Float32Array();
            return layer.node.op === 'Conv' ? channelsLast(raw, shape) : raw;
          },
        },
        hold,
        ctx,
        MEMORY / spot.layers.length,
      );
      const { q, data } = plan.weights.get(layer.node.id) as PlannedWeight; // layers with a constant weight are planned
      readers.push({
        ...{ groups: rows.groups, outputs: layer.outputs / rows.groups, columns: rows.columns },
        weight: weightRows(dequantizeAffine(data as Int8Array, q, layer.shape), layer.outputs, turned),
        bias: Float64Array.from({ length: layer.outputs }, (_, o) => layer.bias?.[o] ?? 0),
        clamp: layer.node.clamp,
        factor: layer.factor,
        tokens: spot.q.axis === undefined ? undefined : picked.places.map((p) => p % spot.q.scale.length),
        ...picked,
      });
    }
  } finally {
    for (const session of open) await session.close();
  }
}
