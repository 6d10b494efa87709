/**
 * LSQ (Esser et al. 2020) for one activation: its step, or that of every token, is learned on the outputs of the layers that read it.
 * x^ = s * clip(round(x / s), lo - z, hi - z), rounding straight through: dx^/ds = round(v) - v in range, the bound outside,
 * v = x/s. What is learned is s over its start, so that Adam's rate is relative; the rate falls to 0 along a cosine. (The
 * paper's factor on the gradient changes nothing under Adam, which divides it out.)
 * Law: where the loss on all the rows ends larger than it was, the step stays.
 */
import type { Context } from '../base/context';
import { createRng } from '../base/rng';
import type { Model, ValueName } from '../ir/model';
import type { Tensor } from '../ir/tensor';
import { int, mul, reshaped, sub } from '../ops/backward/common';
import { adamRate } from './adam';
import { GraphBuilder } from './graph-builder';
import { clamped, outputOf, type LayerOutput } from './layer-output';
import type { Rows } from './pick-rows';
import { pieces, summed } from './row-chunks';
import { floatsFrom, floatTensor, type StepRunner } from './step-runner';
import { startState, stepModel, train } from './train';

/**
 * A layer that reads the activation. Its rows are the activation before it is quantized, from the quantized layers before;
 * targets are the float layer's output before the fused clamp.
 */
export interface StepReader extends LayerOutput, Rows {
  readonly columns: number;
  /** [groups, outputs, columns], on its grid. */
  readonly weight: Float64Array;
  /** Multiplies x * w. */
  readonly factor: number;
  /** Per row: which of the scales is its own. undefined: there is one. */
  readonly tokens: Int32Array | undefined;
}

export interface StepProblem {
  readonly readers: readonly StepReader[];
  /** The step as it is, or that of every token; zero point and range stay. */
  readonly scale: Float32Array;
  /** Where learning begins if it is better there; undefined: wider steps are tried. */
  readonly start?: Float32Array;
  /** The scales that can be had, where not all can. */
  readonly possible?: (scale: Float32Array) => Float32Array;
  readonly zeroPoint: number;
  readonly lo: number;
  readonly hi: number;
  readonly seed: number;
}

export interface StepOptions {
  readonly iterations: number;
  readonly batch: number;
  /** Of the step itself. */
  readonly rate: number;
}

export interface LearnedStep {
  readonly scale: Float32Array;
  /** Squared error of the outputs over their square, summed over the readers: with the step as it was, and with this one. */
  readonly before: number;
  readonly after: number;
  readonly iterations: number;
}

const STEPS_A_RUN = 10;
/** Multiples of the step that are tried first: what clips the least of the values may clip what the layers behind live on. */
const WIDER = [1.25, 1.6, 2];

export async function learnStep(p: StepProblem, o: StepOptions, runner: StepRunner, ctx: Context): Promise<LearnedStep> {
  const total = Math.ceil(o.iterations / STEPS_A_RUN) * STEPS_A_RUN;
  const shares: number[] = [];
  for (const r of p.readers) shares.push(await shareOf(r, ctx));
  const begins = p.start ? [p.start] : WIDER.map((by) => p.scale.map((s) => s * by));
  const tried = await lossesOf(p, [p.scale, ...begins], shares, runner, ctx);
  const begin = least(tried);
  const learned = await descend(p, begin.scale, total, shares, o, runner, ctx);
  // a step that learning has driven through zero is none
  const ends = learned.every((s) => s > 0) ? await lossesOf(p, [p.possible?.(learned) ?? learned], shares, runner, ctx) : [];
  const { scale, loss } = least([begin, ...ends]);
  return { scale, before: (tried[0] as Tried).loss, after: loss, iterations: total };
}

interface Tried {
  readonly scale: Float32Array;
  readonly loss: number;
}

/** The first of the best. */
const least = (all: readonly Tried[]): Tried => all.reduce((best, one) => (one.loss < best.loss ? one : best));

/** On all rows. */
async function lossesOf(
  p: StepProblem,
  scales: readonly Float32Array[],
  shares: readonly number[],
  runner: StepRunner,
  ctx: Context,
): Promise<readonly Tried[]> {
  const losses = scales.map(() => 0);
  const given = scales.map((scale) => new Map([['step', floatTensor(shapeOfStep(p), scale)]]));
  for (const [i, r] of p.readers.entries()) {
    const tokensOf = (first: number, rows: number): (readonly [string, Tensor])[] =>
      r.tokens ? [['tokens', tokenTensor(r.tokens.slice(first, first + rows))]] : [];
    const sums = await summed(r, (rows) => wholeModel(p, r, rows), given, runner, ctx, tokensOf);
    sums.forEach((s, k) => {
      losses[k] = (losses[k] as number) + ((shares[i] as number) * (s.get('loss')?.[0] as number)) / r.rows;
    });
  }
  return scales.map((scale, k) => ({ scale, loss: losses[k] as number }));
}

/** The learning itself, from a step or those of tokens. */
async function descend(
  p: StepProblem,
  begin: Float32Array,
  total: number,
  shares: readonly number[],
  o: StepOptions,
  runner: StepRunner,
  ctx: Context,
): Promise<Float32Array> {
  const shape = shapeOfStep(p);
  const ratio = { name: 'ratio', shape };
  const rng = createRng(p.seed);
  const g = new GraphBuilder();
  const parts = p.readers.map((r, i) => ({ r, i, batch: Math.min(o.batch, r.rows), weight: weightOf(g, r), share: shares[i] as number }));
  const model = stepModel(g, [ratio], STEPS_A_RUN, ([value], k) => {
    const step = mul(g, value as ValueName, g.floats(begin, shape));
    const losses = parts.map(({ r, i, batch, weight, share }) => {
      const x = g.input(`x${i}_${k}`, [r.groups, batch, r.columns]);
      const target = g.input(`target${i}_${k}`, [r.groups, batch, r.outputs]);
      const own = stepOfRows(g, step, r.tokens && g.input(`tokens${i}_${k}`, [batch], 'int32'), batch);
      const loss = lossOf(g, r, onGrid(g, p, x, own), target, weight);
      return mul(g, loss, g.floats([share / batch]));
    });
    const loss = losses.reduce((a, b) => g.emit('Add', [a, b]));
    return { value: loss, seeds: new Map([[loss, g.floats([1])]]) };
  });
  const feed = async (t: number, k: number) => {
    const fed: (readonly [string, Tensor])[] = [
      [`ratio_rate${k}`, floatTensor([], Float32Array.of(adamRate((o.rate * (1 + cosine(t / total))) / 2, t + 1)))],
    ];
    for (const { r, i, batch } of parts) {
      const picked = Int32Array.from({ length: batch }, () => rng.int(0, r.rows - 1));
      const { x, target } = await r.take(picked);
      fed.push([`x${i}_${k}`, floatTensor([r.groups, batch, r.columns], x)]);
      fed.push([`target${i}_${k}`, floatTensor([r.groups, batch, r.outputs], target)]);
      const { tokens } = r;
      if (tokens) fed.push([`tokens${i}_${k}`, tokenTensor(picked.map((row) => tokens[row] as number))]);
    }
    return fed;
  };
  const start = startState([ratio], [new Float32Array(p.scale.length).fill(1)]);
  const state = await train(runner, { model, steps: STEPS_A_RUN, from: 0, to: total, feed }, start, ctx, (done, loss) =>
    ctx.progress({ stage: 'learn', done, total, loss }),
  );
  const ratios = floatsFrom(state.tensors, 'ratio');
  return begin.map((v, t) => v * (ratios[t] as number));
}

const tokenTensor = (data: Int32Array): Tensor => ({ dtype: 'int32', shape: [data.length], data });

function shapeOfStep({ scale }: StepProblem): readonly number[] {
  return scale.length === 1 ? [] : [scale.length];
}

/** The step as it meets [groups, rows, columns]. */
function stepOfRows(g: GraphBuilder, step: ValueName, tokens: ValueName | undefined, rows: number): ValueName {
  return tokens === undefined ? step : reshaped(g, g.emit('Gather', [step, tokens], { axis: int(0) }), [rows, 1]);
}

/** One over the mean power of a row's targets. */
async function shareOf(r: StepReader, ctx: Context): Promise<number> {
  let power = 0;
  await pieces(r, ctx, ({ target }) => {
    for (let i = 0; i < target.length; i++) power += (target[i] as number) ** 2;
  });
  return 1 / (power / r.rows || 1);
}

const weightOf = (g: GraphBuilder, r: StepReader): ValueName =>
  g.floats(
    r.weight.map((w) => w * r.factor),
    [r.groups, r.outputs, r.columns],
  );

/** x as its integers mean it. */
export function onGrid(
  g: GraphBuilder,
  { zeroPoint, lo, hi }: Pick<StepProblem, 'zeroPoint' | 'lo' | 'hi'>,
  x: ValueName,
  step: ValueName,
): ValueName {
  const inside = g.emit('Clip', [g.emit('Div', [x, step]), g.floats([lo - zeroPoint]), g.floats([hi - zeroPoint])]);
  return mul(g, g.emit('Round', [inside]), step);
}

function lossOf(g: GraphBuilder, r: StepReader, x: ValueName, target: ValueName, weight: ValueName): ValueName {
  const error = sub(g, outputOf(g, r, x, weight), clamped(g, r, target));
  return g.emit('ReduceSum', [mul(g, error, error)], { keepdims: int(0) });
}

/** The squared error on some rows, of steps that are given. */
function wholeModel(p: StepProblem, r: StepReader, rows: number): Model {
  const g = new GraphBuilder();
  const x = g.input('x', [r.groups, rows, r.columns]);
  const target = g.input('target', [r.groups, rows, r.outputs]);
  const step = stepOfRows(g, g.input('step', shapeOfStep(p)), r.tokens && g.input('tokens', [rows], 'int32'), rows);
  return g.model({ loss: lossOf(g, r, onGrid(g, p, x, step), target, weightOf(g, r)) });
}

/** cos(pi u) for u in [0, 1] by its series around 1/2: the same in every engine. */
export function cosine(u: number): number {
  const x = Math.PI * (0.5 - u);
  let [term, sum] = [x, x];
  for (let n = 1; n < 12; n++) {
    term *= (-x * x) / (2 * n * (2 * n + 1));
    sum += term;
  }
  return sum;
}
