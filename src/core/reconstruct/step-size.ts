/**
 * LSQ (Esser et al. 2020) for one activation: its step is learned on the outputs of the layers that read it.
 * x^ = s * clip(round(x / s), lo - z, hi - z), rounding straight through: dx^/ds = round(v) - v in range, the bound outside,
 * v = x/s. What is learned is s over its start, so that Adam's rate is relative; the rate falls to 0 along a cosine. (The
 * paper's factor on the gradient changes nothing under Adam, which divides it out.)
 * Law: where the loss on all the rows ends larger than it began, the step stays.
 */
import type { Context } from '../base/context';
import { createRng } from '../base/rng';
import type { Model, ValueName } from '../ir/model';
import { int, mul, sub } from '../ops/backward/common';
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
}

export interface StepProblem {
  readonly readers: readonly StepReader[];
  /** Where the step starts; zero point and range stay. */
  readonly scale: number;
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
  readonly scale: number;
  /** Squared error of the outputs over their square, summed over the readers: with the step of the start, and with this one. */
  readonly before: number;
  readonly after: number;
  readonly iterations: number;
}

const STEPS_A_RUN = 10;

export async function learnStep(p: StepProblem, o: StepOptions, runner: StepRunner, ctx: Context): Promise<LearnedStep> {
  const total = Math.ceil(o.iterations / STEPS_A_RUN) * STEPS_A_RUN;
  const ratio = { name: 'ratio', shape: [] };
  const rng = createRng(p.seed);
  const g = new GraphBuilder();
  const parts = p.readers.map((r, i) => ({ r, i, batch: Math.min(o.batch, r.rows), ...constantsOf(g, r) }));
  const model = stepModel(g, [ratio], STEPS_A_RUN, ([value], k) => {
    const step = mul(g, value as ValueName, g.floats([p.scale]));
    const losses = parts.map(({ r, i, batch, x, target, weight, share }) => {
      const picked = g.input(`rows${i}_${k}`, [batch], 'int32');
      const take = (from: ValueName): ValueName => g.emit('Gather', [from, picked], { axis: int(1) });
      const loss = lossOf(g, r, onGrid(g, p, take(x), step), take(target), weight);
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
  const start = startState([ratio], [Float32Array.of(1)]);
  const state = await train(runner, { model, steps: STEPS_A_RUN, from: 0, to: total, feed }, start, ctx, (done, loss) =>
    ctx.progress({ stage: 'learn', done, total, loss }),
  );
  const learned = Math.fround(p.scale * (floatsFrom(state.tensors, 'ratio')[0] as number));
  const session = await runner.open(wholeModel(p));
  try {
    const lossAt = async (scale: number): Promise<number> =>
      floatsFrom(await session.run(new Map([['step', floatTensor([], Float32Array.of(scale))]])), 'loss')[0] as number;
    const [before, after] = [await lossAt(p.scale), learned > 0 ? await lossAt(learned) : Infinity];
    return after < before
      ? { scale: learned, before, after, iterations: total }
      : { scale: p.scale, before, after: before, iterations: total };
  } finally {
    await session.close();
  }
}

function constantsOf(g: GraphBuilder, r: StepReader) {
  const power = r.target.reduce((sum, v) => sum + v * v, 0) / r.rows;
  return {
    x: g.tensor(floatTensor([r.groups, r.rows, r.columns], r.x)),
    target: clampedTarget(g, r),
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

/** The loss on all rows, of a step that is given. */
function wholeModel(p: StepProblem): Model {
  const g = new GraphBuilder();
  const step = g.input('step', []);
  const losses = p.readers.map((r) => {
    const { x, target, weight, share } = constantsOf(g, r);
    return mul(g, lossOf(g, r, onGrid(g, p, x, step), target, weight), g.floats([share / r.rows]));
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
