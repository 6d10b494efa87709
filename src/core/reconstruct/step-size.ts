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
import { int, mul, reshaped, sub } from '../ops/backward/common';
import { adamRate } from './adam';
import { GraphBuilder } from './graph-builder';
import { clampedTarget, outputOf, type LayerOutput } from './layer-output';
import { floatsFrom, floatTensor, type StepRunner } from './step-runner';
import { startState, stepModel, train } from './train';

/** A layer that reads the activation. */
export interface StepReader extends LayerOutput {
  readonly columns: number;
  /** [groups, outputs, columns], on its grid. */
  readonly weight: Float64Array;
  /** [groups, rows, columns]: the activation before it is quantized, from the quantized layers before. */
  readonly x: Float32Array;
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
  const shape = shapeOfStep(p);
  const whole = await runner.open(wholeModel(p));
  const lossAt = async (scale: Float32Array): Promise<number> =>
    floatsFrom(await whole.run(new Map([['step', floatTensor(shape, scale)]])), 'loss')[0] as number;
  try {
    const before = await lossAt(p.scale);
    let best = { scale: p.scale, after: before };
    const offer = async (scale: Float32Array): Promise<void> => {
      const after = await lossAt(scale);
      if (after < best.after) best = { scale, after };
    };
    if (p.start) await offer(p.start);
    else for (const by of WIDER) await offer(p.scale.map((s) => s * by));
    const learned = await descend(p, best.scale, total, o, runner, ctx);
    // a step that learning has driven through zero is none
    if (learned.every((s) => s > 0)) await offer(p.possible?.(learned) ?? learned);
    return { ...best, before, iterations: total };
  } finally {
    await whole.close();
  }
}

/** The learning itself, from a step or those of tokens. */
async function descend(
  p: StepProblem,
  begin: Float32Array,
  total: number,
  o: StepOptions,
  runner: StepRunner,
  ctx: Context,
): Promise<Float32Array> {
  const shape = shapeOfStep(p);
  const ratio = { name: 'ratio', shape };
  const rng = createRng(p.seed);
  const g = new GraphBuilder();
  const parts = p.readers.map((r, i) => ({ r, i, batch: Math.min(o.batch, r.rows), ...constantsOf(g, r) }));
  const model = stepModel(g, [ratio], STEPS_A_RUN, ([value], k) => {
    const step = mul(g, value as ValueName, g.floats(begin, shape));
    const losses = parts.map(({ r, i, batch, x, target, weight, tokens, share }) => {
      const picked = g.input(`rows${i}_${k}`, [batch], 'int32');
      const take = (from: ValueName, axis = 1): ValueName => g.emit('Gather', [from, picked], { axis: int(axis) });
      const own = stepOfRows(g, step, tokens === undefined ? undefined : take(tokens, 0), batch);
      const loss = lossOf(g, r, onGrid(g, p, take(x), own), take(target), weight);
      return mul(g, loss, g.floats([share / batch]));
    });
    const loss = losses.reduce((a, b) => g.emit('Add', [a, b]));
    return { value: loss, seeds: new Map([[loss, g.floats([1])]]) };
  });
  const feed = (t: number, k: number) => [
    [`ratio_rate${k}`, floatTensor([], Float32Array.of(adamRate((o.rate * (1 + cosine(t / total))) / 2, t + 1)))] as const,
    ...parts.map(({ r, i, batch }) => {
      const data = Int32Array.from({ length: batch }, () => rng.int(0, r.rows - 1));
      return [`rows${i}_${k}`, { dtype: 'int32', shape: [batch], data }] as const;
    }),
  ];
  const start = startState([ratio], [new Float32Array(p.scale.length).fill(1)]);
  const state = await train(runner, { model, steps: STEPS_A_RUN, from: 0, to: total, feed }, start, ctx, (done, loss) =>
    ctx.progress({ stage: 'learn', done, total, loss }),
  );
  const ratios = floatsFrom(state.tensors, 'ratio');
  return begin.map((v, t) => v * (ratios[t] as number));
}

function shapeOfStep({ scale }: StepProblem): readonly number[] {
  return scale.length === 1 ? [] : [scale.length];
}

/** The step as it meets [groups, rows, columns]. */
function stepOfRows(g: GraphBuilder, step: ValueName, tokens: ValueName | undefined, rows: number): ValueName {
  return tokens === undefined ? step : reshaped(g, g.emit('Gather', [step, tokens], { axis: int(0) }), [rows, 1]);
}

function constantsOf(g: GraphBuilder, r: StepReader) {
  const power = r.target.reduce((sum, v) => sum + v * v, 0) / r.rows;
  return {
    x: g.tensor(floatTensor([r.groups, r.rows, r.columns], r.x)),
    target: clampedTarget(g, r),
    tokens: r.tokens && g.tensor({ dtype: 'int32', shape: [r.rows], data: r.tokens }),
    weight: g.floats(
      r.weight.map((w) => w * r.factor),
      [r.groups, r.outputs, r.columns],
    ),
    share: 1 / (power || 1),
  };
}

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
  const error = sub(g, outputOf(g, r, x, weight), target);
  return g.emit('ReduceSum', [mul(g, error, error)], { keepdims: int(0) });
}

/** The loss on all rows, of steps that are given. */
function wholeModel(p: StepProblem): Model {
  const g = new GraphBuilder();
  const step = g.input('step', shapeOfStep(p));
  const losses = p.readers.map((r) => {
    const { x, target, weight, tokens, share } = constantsOf(g, r);
    return mul(g, lossOf(g, r, onGrid(g, p, x, stepOfRows(g, step, tokens, r.rows)), target, weight), g.floats([share / r.rows]));
  });
  return g.model({ loss: losses.reduce((a, b) => g.emit('Add', [a, b])) });
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
