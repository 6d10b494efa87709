/**
 * QDrop (Wei et al. 2022) for one block: the steps of its activations, and with them which of its weights are rounded up, learned
 * on the block's output. In a step of learning every element of an activation is quantized with a probability and left as it is
 * otherwise; so is every element of the block's input, which is the quantized model's or the float model's. Rounding goes
 * straight through as in step-size.ts, weights are those of rounding.ts; gradients are real ones through the whole block.
 * The samples of a batch go through copies of the block, whatever it does to its axes.
 * Law: of the steps and the roundings, each is kept as it was where, all quantized and rounded, the error would be larger.
 */
import { throwIfCancelled, type Context } from '../base/context';
import { createRng, type Rng } from '../base/rng';
import type { ValueName } from '../ir/model';
import { sizeOf, type DType, type Tensor } from '../ir/tensor';
import { int, mul, scaled, sub } from '../ops/backward/common';
import { adamRate } from './adam';
import { dropped } from './dropped';
import { GraphBuilder } from './graph-builder';
import { hardIntegers, meant, nearestIntegers, roundedWeight, softStart, type SoftWeight } from './soft-rounding';
import { floatsFrom, floatTensor, type StepRunner } from './step-runner';
import { cosine, onGrid } from './step-size';
import { startState, stepModel, train } from './train';

/** What is asked of the block's surroundings while one sample's copy of it is emitted. */
export interface BlockSurroundings {
  /** x on the grid of step `index`. */
  quantized(index: number, x: ValueName): ValueName;
  /** The weight `index` on its grid. */
  weight(index: number): ValueName;
}

export interface BlockStep {
  /** One, or one for each index of an axis; `shape` broadcasts. */
  readonly scale: Float32Array;
  readonly shape: readonly number[];
  readonly zeroPoint: number;
  readonly lo: number;
  readonly hi: number;
}

export interface BlockSample {
  /** Block inputs from the quantized layers before, and from the float model; what is no float is the same in both. */
  readonly quantized: readonly Tensor[];
  readonly float: readonly Tensor[];
  /** The float model's output of the block. */
  readonly target: Float32Array;
}

export interface BlockSamples {
  readonly count: number;
  take(index: number): Promise<BlockSample>;
}

export interface BlockProblem {
  readonly opset: number;
  readonly inputs: readonly { readonly dtype: DType; readonly shape: readonly number[] }[];
  /** Emits copies of the block into one graph, constants shared: from its inputs to its output. */
  emitter(g: GraphBuilder): (x: readonly ValueName[], around: BlockSurroundings) => ValueName;
  readonly steps: readonly BlockStep[];
  readonly weights: readonly SoftWeight[];
  /** How the weights are learned; undefined where there are none. */
  readonly rounding: RoundingRates | undefined;
  readonly samples: BlockSamples;
  /** Samples that memory allows in one step. */
  readonly mostAtOnce: number;
  readonly seed: number;
}

/** Adam's rate for the rounding variables, and the weight of what drives them to whole numbers, in units of what one step of a weight costs. */
export interface RoundingRates {
  readonly rate: number;
  readonly lambda: number;
}

export interface BlockOptions {
  readonly iterations: number;
  /** Samples of one step. */
  readonly batch: number;
  /** Of an element to be quantized. */
  readonly probability: number;
  /** Of a step, as a share of it. */
  readonly rate: number;
}

export interface LearnedBlock {
  /** Per step: its scales. */
  readonly scales: readonly Float32Array[];
  /** Per weight: its integers, in the layout of the weight. */
  readonly integers: readonly Int32Array[];
  /** Squared error of the block's output over its square, all quantized: as it was, and now. */
  readonly before: number;
  readonly after: number;
  readonly iterations: number;
  /** Weights that are not the nearest integer. */
  readonly moved: number;
  /** Which of the two were kept as they were because learning had made them worse. */
  readonly kept: { readonly steps: boolean; readonly roundings: boolean };
}

const WARM_UP = 0.2;
const BETA = { from: 20, to: 2 };
/** Steps of learning between two points of the curve. */
const TOLD = 10;

export async function learnBlock(p: BlockProblem, o: BlockOptions, runner: StepRunner, ctx: Context): Promise<LearnedBlock> {
  let sum = 0;
  for (let i = 0; i < p.samples.count; i++) sum += (await p.samples.take(i)).target.reduce((t, v) => t + v * v, 0);
  const power = sum / p.samples.count || 1;
  const nearest = p.weights.map(nearestIntegers);
  const plain = p.steps.map((s) => s.scale);
  // what one step of one weight costs on average: rounding moves a weight by a twelfth of that, squared
  const count = p.weights.reduce((n, w) => n + w.weight.length, 0);
  const [alone = 0] = count === 0 ? [] : await errors(p, [{ scales: undefined, integers: nearest }], runner, ctx);
  const unit = (12 * alone) / Math.max(1, count) || power;
  const { scales, integers } = await descend(p, o, { unit, power }, runner, ctx);
  const choices = [
    { scales: plain, integers: nearest },
    { scales, integers },
    ...(count === 0
      ? []
      : [
          { scales, integers: nearest },
          { scales: plain, integers },
        ]),
  ];
  const found = await errors(p, choices, runner, ctx);
  const best = found.reduce((b, e, i) => (e < (found[b] as number) ? i : b), 0);
  const chosen = choices[best] as (typeof choices)[number];
  return {
    ...chosen,
    before: (found[0] as number) / power,
    after: (found[best] as number) / power,
    iterations: o.iterations,
    moved: chosen.integers.reduce((n, q, i) => n + q.reduce((m, v, k) => m + Number(v !== nearest[i]?.[k]), 0), 0),
    kept: { steps: chosen.scales === plain, roundings: chosen.integers === nearest },
  };
}

/** The learning itself. */
async function descend(
  p: BlockProblem,
  o: BlockOptions,
  { unit, power }: { readonly unit: number; readonly power: number },
  runner: StepRunner,
  ctx: Context,
): Promise<Pick<LearnedBlock, 'scales' | 'integers'>> {
  const total = o.iterations;
  const rng = createRng(p.seed);
  const batch = Math.min(o.batch, p.samples.count, p.mostAtOnce);
  const rounding = p.rounding ?? { rate: 0, lambda: 0 };
  const ratios = p.steps.map((s, i) => ({ name: `ratio${i}`, shape: s.shape }));
  const soft = p.weights.map((w, i) => ({ name: `soft${i}`, shape: w.shape }));
  const masks: { readonly name: string; readonly shape: readonly number[] }[] = [];
  let outputShape: readonly number[] = [];
  const g = new GraphBuilder(p.opset);
  const emit = p.emitter(g);
  const model = stepModel(g, [...ratios, ...soft], 1, (values) => {
    const rounded = p.weights.map((w, i) => roundedWeight(g, w, values[ratios.length + i] as ValueName));
    const steps = p.steps.map((s, i) => mul(g, values[i] as ValueName, g.floats(s.scale, s.shape)));
    const losses = Array.from({ length: batch }, (_, b) => {
      const x = p.inputs.map(({ shape, dtype }, i) => g.input(`x${b}_${i}`, shape, dtype));
      const y = emit(x, {
        quantized(i, from) {
          const mask = { name: `mask${masks.length}`, shape: g.shape(from) };
          masks.push(mask);
          return dropped(g, p.steps[i] as BlockStep, from, steps[i] as ValueName, g.input(mask.name, mask.shape, 'bool'));
        },
        weight: (i) => rounded[i]?.weight as ValueName,
      });
      outputShape = g.shape(y);
      return squaredError(g, y, g.input(`target${b}`, outputShape));
    });
    const loss = scaled(
      g,
      losses.reduce((a, b) => g.emit('Add', [a, b])),
      1 / batch,
    );
    const seeds = new Map([[loss, g.floats([1 / unit])]]);
    const beta = p.weights.length === 0 ? undefined : g.input('beta', []);
    const push = p.weights.length === 0 ? undefined : g.input('push', []);
    for (const { bits } of rounded) {
      const far = g.emit('Abs', [sub(g, scaled(g, bits, 2), g.floats([1]))]);
      const sum = summed(g, g.emit('Pow', [far, beta]));
      seeds.set(sum, push as ValueName);
    }
    return { value: scaled(g, loss, 1 / power), seeds };
  });
  const warm = Math.round(total * WARM_UP);
  const feed = async (t: number) => {
    const fed = new Map<string, Tensor>();
    const rate = adamRate((o.rate * (1 + cosine(t / total))) / 2, t + 1);
    for (const { name } of ratios) fed.set(`${name}_rate0`, scalar(rate));
    for (const { name } of soft) fed.set(`${name}_rate0`, scalar(adamRate(rounding.rate, t + 1)));
    if (soft.length > 0) {
      fed.set('beta', scalar(BETA.to + (BETA.from - BETA.to) * Math.max(0, 1 - (t - warm) / Math.max(1, total - warm))));
      fed.set('push', scalar(t < warm ? 0 : -rounding.lambda));
    }
    for (let b = 0; b < batch; b++) {
      const s = await p.samples.take(rng.int(0, p.samples.count - 1));
      s.quantized.forEach((q, i) => fed.set(`x${b}_${i}`, mixed(q, s.float[i] as Tensor, o.probability, rng)));
      fed.set(`target${b}`, floatTensor(outputShape, s.target));
    }
    for (const { name, shape } of masks) fed.set(name, { dtype: 'bool', shape, data: drawn(sizeOf(shape), o.probability, rng) });
    return fed;
  };
  const start = startState(
    [...ratios, ...soft],
    [...p.steps.map((s) => new Float32Array(s.scale.length).fill(1)), ...p.weights.map(softStart)],
  );
  let sum = 0;
  const state = await train(runner, { model, steps: 1, from: 0, to: total, feed }, start, ctx, (done, loss) => {
    // a few samples with other elements dropped in every step: only their mean says something
    sum += loss;
    if (done % TOLD !== 0 && done !== total) return;
    ctx.progress({ stage: 'learn', done, total, loss: sum / (done % TOLD || TOLD) });
    sum = 0;
  });
  return {
    scales: p.steps.map((s, i) => {
      const ratio = floatsFrom(state.tensors, `ratio${i}`);
      // a step that learning has driven through zero is none
      return s.scale.map((v, k) => Math.fround(v * Math.max(1e-3, ratio[k] as number)));
    }),
    integers: p.weights.map((w, i) => hardIntegers(w, floatsFrom(state.tensors, `soft${i}`))),
  };
}

/** Mean squared errors of the block's output over all samples; without scales activations are not quantized. */
async function errors(
  p: BlockProblem,
  choices: readonly { readonly scales: readonly Float32Array[] | undefined; readonly integers: readonly Int32Array[] }[],
  runner: StepRunner,
  ctx: Context,
): Promise<number[]> {
  const isFloat = choices.every((c) => c.scales === undefined);
  const g = new GraphBuilder(p.opset);
  const x = p.inputs.map(({ shape, dtype }, i) => g.input(`x${i}`, shape, dtype));
  const steps = isFloat ? [] : p.steps.map(({ shape }, i) => g.input(`step${i}`, shape));
  const rounded = p.weights.map((w, i) => g.input(`w${i}`, w.shape));
  const y = p.emitter(g)(x, {
    quantized: (i, from) => (isFloat ? from : onGrid(g, p.steps[i] as BlockStep, from, steps[i] as ValueName)),
    weight: (i) => rounded[i] as ValueName,
  });
  const loss = squaredError(g, y, g.input('target', g.shape(y)));
  const fixed = choices.map(({ scales, integers }) => [
    ...p.steps.flatMap(({ shape }, i) => (scales ? [[`step${i}`, floatTensor(shape, scales[i] as Float32Array)] as const] : [])),
    ...p.weights.map((w, i) => [`w${i}`, floatTensor(w.shape, meant(w, integers[i] as Int32Array))] as const),
  ]);
  const session = await runner.open(g.model({ loss }));
  const sums = choices.map(() => 0);
  try {
    for (let i = 0; i < p.samples.count; i++) {
      const s = await p.samples.take(i);
      const own = [
        ['target', floatTensor(g.shape(y), s.target)] as const,
        ...s.quantized.map((q, k) => [`x${k}`, (isFloat ? s.float[k] : undefined) ?? q] as const),
      ];
      for (const [k, given] of fixed.entries()) {
        const outputs = await session.run(new Map<string, Tensor>([...own, ...given]));
        sums[k] = (sums[k] as number) + (floatsFrom(outputs, 'loss')[0] as number);
      }
      await ctx.tick();
      throwIfCancelled(ctx);
    }
  } finally {
    await session.close();
  }
  return sums.map((sum) => sum / p.samples.count);
}

const scalar = (value: number): Tensor => floatTensor([], Float32Array.of(value));

function summed(g: GraphBuilder, x: ValueName): ValueName {
  return g.emit('ReduceSum', [x], { keepdims: int(0) });
}

function squaredError(g: GraphBuilder, y: ValueName, target: ValueName): ValueName {
  const error = sub(g, y, target);
  return summed(g, mul(g, error, error));
}

/** Elements of `quantized` with the probability, of `float` otherwise. */
function mixed(quantized: Tensor, float: Tensor, probability: number, rng: Rng): Tensor {
  if (!(quantized.data instanceof Float32Array) || !(float.data instanceof Float32Array)) return quantized;
  const [q, f] = [quantized.data, float.data];
  const bound = probability * 2 ** 32;
  const data = new Float32Array(q.length);
  for (let i = 0; i < data.length; i++) data[i] = (rng.uint32() < bound ? q[i] : f[i]) as number;
  return { ...quantized, dtype: 'float32', data };
}

function drawn(count: number, probability: number, rng: Rng): Uint8Array {
  const bound = probability * 2 ** 32;
  const bits = new Uint8Array(count);
  for (let i = 0; i < count; i++) bits[i] = rng.uint32() < bound ? 1 : 0;
  return bits;
}
