/**
 * The sweep: the network with 8 bits everywhere, then with other bits in one layer at a time, run exactly on samples; only what
 * comes after the change is run again. Points that are known already are not measured again. A layer that cannot be lowered with
 * some bits is told and left out. Some points of every frontier are run with all their bits at once, so that the sums can be judged.
 */
import { throwIfCancelled, type Context } from '../../base/context';
import { StudioError } from '../../base/errors';
import type { Calibration, Sample } from '../../calibrate/types';
import { execute } from '../../integer/execute';
import { lower } from '../../integer/lower';
import { planQuantization } from '../../integer/make-plan';
import type { Decided } from '../../integer/plan';
import { quantizeInputs } from '../../integer/quantize-inputs';
import { replan } from '../../integer/replan';
import { firstChange, tailInputs, tailOf } from '../../integer/tail';
import type { IntegerModel, IntTensor } from '../../ir/integer-model';
import type { CanonicalModel, NodeId } from '../../ir/model';
import { dequantizeAffine } from '../../quant/affine';
import { builtInQuantizers, type Quantizers } from '../../quant/registry';
import { withWidths, type LayerWidths } from '../../recipe/bit-widths';
import { errorPower, klOfLogits } from '../metrics';
import { widthsAfter } from './apply';
import { frontierOf } from './frontier';
import { sweptLayers, type SweptLayer } from './layers';
import type { SweepRecipe } from './sweep-recipe';
import type { Frontier, FrontierMove, LogitsLoss, SensitivityLayer, SensitivityReport, SweepPoint, SweptKind } from './types';

export interface SweepSample {
  readonly index: number;
  readonly sample: Sample;
  /** Of the float model. */
  readonly logits: Float32Array;
}

export interface SweepInput {
  readonly canonical: CanonicalModel;
  readonly calibration: Calibration;
  readonly under: SweepRecipe;
  readonly decided: Decided;
  /** The built-in ones by default. */
  readonly quantizers?: Quantizers;
  readonly samples: readonly SweepSample[];
  readonly weightBits: readonly number[];
  readonly activationBits: readonly number[];
  /** Filled as points are measured; what is in it is not measured again. */
  readonly known: Map<string, LogitsLoss | string>;
}

/** Points of a frontier that are measured besides its ends. */
const JUDGED = 4;
/** Bytes of activations that are kept of the reference, so that only tails are run. */
const MEMORY = 256 * 2 ** 20;

export async function sweep(input: SweepInput, ctx: Context): Promise<SensitivityReport> {
  const { under, samples, known } = input;
  const quiet: Context = { ...ctx, progress: () => undefined, warn: () => undefined };
  const bench = await newBench(input, quiet);
  const plan = pointsOf(bench.layers, input);
  ctx.progress({ stage: 'sweep', done: 0, total: plan.length });
  const points = new Map<string, SweepPoint[]>();
  const refused: SensitivityReport['refused'][number][] = [];
  for (const [done, { layer, kind, bits }] of plan.entries()) {
    const loss = await once(known, `${layer.id}/${kind}/${bits}`, () =>
      bench.measure(new Map([[layer.id, kind === 'weights' ? { weightBits: bits } : { activationBits: bits }]]), new Set([layer.node])),
    );
    if (typeof loss === 'string') refused.push({ layer: layer.id, kind, bits, why: loss });
    else points.set(layer.id, [...(points.get(layer.id) ?? []), { kind, bits, ...loss }]);
    ctx.progress({ stage: 'sweep', done: done + 1, total: plan.length, layer: layer.id });
    await ctx.tick();
    throwIfCancelled(ctx);
  }
  const layers = bench.layers.map(({ id, op, macs, weights }): SensitivityLayer => ({
    id,
    op,
    macs,
    weights,
    points: points.get(id) ?? [],
  }));
  const frontiers = (['bytes', 'bops'] as const).flatMap((cost) =>
    (['kl', 'noise'] as const).map((loss) => frontierOf(layers, bench.reference, cost, loss)),
  );
  return {
    recipe: under.recipe,
    samples: samples.map((s) => s.index),
    weightBits: input.weightBits,
    activationBits: input.activationBits,
    signal: samples.reduce((sum, s) => sum + errorPower(s.logits, s.logits).signal, 0),
    reference: bench.reference,
    layers,
    refused,
    frontiers: await judged(frontiers, bench, known, ctx),
    leftOut: under.leftOut,
  };

  /** Evenly along the moves, and the last. */
  async function judged(all: readonly Frontier[], on: Bench, memory: SweepInput['known'], told: Context): Promise<Frontier[]> {
    const places = all.map(({ moves }) => {
      const at = Array.from({ length: JUDGED + 1 }, (_, i) => Math.round((moves.length * (i + 1)) / (JUDGED + 1)));
      return [...new Set(at)].filter((i) => i > 0);
    });
    const total = places.flat().length;
    let done = 0;
    if (total > 0) told.progress({ stage: 'frontier', done, total });
    const made: Frontier[] = [];
    for (const [f, frontier] of all.entries()) {
      const marks = new Map<number, LogitsLoss>();
      for (const at of places[f] ?? []) {
        const widths = widthsAfter(frontier.moves.slice(0, at));
        const nodes = new Set(on.layers.filter((l) => widths.has(l.id)).map((l) => l.node));
        const loss = await once(memory, JSON.stringify([...widths].sort(([a], [b]) => (a < b ? -1 : 1))), () => on.measure(widths, nodes));
        if (typeof loss !== 'string') marks.set(at, loss);
        told.progress({ stage: 'frontier', done: ++done, total });
        await told.tick();
        throwIfCancelled(told);
      }
      made.push({
        ...frontier,
        points: frontier.points.map((p, i) => {
          const measured = i === 0 ? on.reference : marks.get(i);
          return measured ? { ...p, measured } : p;
        }),
      });
    }
    return made;
  }
}

/** All points in the order of the network; products of two activations have no bits of weights. */
function pointsOf(layers: readonly SweptLayer[], { weightBits, activationBits }: Pick<SweepInput, 'weightBits' | 'activationBits'>) {
  return layers.flatMap((layer) => {
    const of = (kind: SweptKind, all: readonly number[]): (Omit<FrontierMove, 'layer'> & { readonly layer: SweptLayer })[] =>
      [...new Set(all)].sort((a, b) => b - a).map((bits) => ({ layer, kind, bits }));
    return [...(layer.weight ? of('weights', weightBits) : []), ...of('activations', activationBits)];
  });
}

async function once(known: SweepInput['known'], key: string, make: () => Promise<LogitsLoss | string>): Promise<LogitsLoss | string> {
  const found = known.get(key) ?? (await make());
  known.set(key, found);
  return found;
}

interface Bench {
  readonly layers: readonly SweptLayer[];
  readonly reference: LogitsLoss;
  /** As text: why the network cannot be lowered so. */
  measure(widths: ReadonlyMap<string, LayerWidths>, changed: ReadonlySet<NodeId>): Promise<LogitsLoss | string>;
}

/** The reference: planned, lowered and run, its activations kept as far as memory goes. */
async function newBench(
  { canonical, calibration, under, decided, quantizers = builtInQuantizers, samples }: SweepInput,
  ctx: Context,
): Promise<Bench> {
  const plan = await planQuantization(canonical, calibration, under.recipe, ctx, decided, quantizers);
  const model = lower(canonical, plan, under.recipe, ctx);
  const kept: (ReadonlyMap<string, IntTensor> | undefined)[] = [];
  const outputs = new Set([...model.ops.map((op) => op.output), ...model.islands.map((i) => i.output), ...model.inputs]);
  let bytes = 0;
  const total = newLoss();
  for (const { sample, logits } of samples) {
    const wanted = bytes < MEMORY;
    const tensors = await execute(model, quantizeInputs(model, sample), { keep: wanted ? 'all' : 'outputs' }, ctx);
    const activations = wanted ? new Map([...tensors].filter(([name]) => outputs.has(name))) : undefined;
    for (const t of activations?.values() ?? []) bytes += t.data.byteLength;
    kept.push(activations);
    addLoss(total, model, tensors, logits);
  }
  return {
    layers: sweptLayers(canonical, plan.islands),
    reference: meanOf(total),
    async measure(widths, changed) {
      const recipe = withWidths(under.recipe, widths);
      let other: IntegerModel;
      try {
        other = lower(canonical, await replan(canonical, calibration, recipe, { plan, decided }, changed, ctx, quantizers), recipe, ctx);
      } catch (error) {
        if (error instanceof StudioError && (error.code === 'out-of-range' || error.code === 'accumulator-overflow')) return error.message;
        throw error;
      }
      const tail = tailOf(other, firstChange(model, other));
      const loss = newLoss();
      for (const [i, { sample, logits }] of samples.entries()) {
        const before = kept[i];
        const inputs = before && tailInputs(tail, new Map([...before, ...quantizeInputs(other, sample)]));
        const tensors = inputs
          ? await execute(tail, inputs, { keep: 'outputs' }, ctx)
          : await execute(other, quantizeInputs(other, sample), { keep: 'outputs' }, ctx);
        addLoss(loss, other, tensors, logits);
      }
      return meanOf(loss);
    },
  };
}

interface Sum {
  noise: number;
  kl: number;
  count: number;
}

const newLoss = (): Sum => ({ noise: 0, kl: 0, count: 0 });

function addLoss(sum: Sum, model: IntegerModel, tensors: ReadonlyMap<string, IntTensor>, logits: Float32Array): void {
  const [output = ''] = model.outputs;
  const t = tensors.get(output);
  const q = model.values.get(output)?.quant;
  if (!t || !q || t.data instanceof BigInt64Array || t.data.length !== logits.length) {
    throw new StudioError({ code: 'internal', what: 'The integer model gave no logits', where: { value: output } });
  }
  const real = dequantizeAffine(t.data, q, t.shape);
  sum.noise += errorPower(logits, real).noise;
  sum.kl += klOfLogits(logits, real);
  sum.count += 1;
}

const meanOf = ({ noise, kl, count }: Sum): LogitsLoss => ({ noise, kl: count === 0 ? 0 : kl / count });
