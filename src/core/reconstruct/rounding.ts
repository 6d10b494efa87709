/**
 * AdaRound (Nagel et al. 2020) for one layer: which weights are rounded up and which down, learned on the layer's output.
 * W^ = s * clamp(floor(W/s) + h(V)), h = clip(1.2 * sigmoid(V) - 0.1, 0, 1); the loss is the squared error of the output,
 * the activation function that is fused included, per output in units of s^2 * mean(x^2), plus
 * lambda * sum(1 - |2h - 1|^beta) after the warm-up, beta from 20 to 2.
 * Where nothing is fused the loss needs X^T X only, once; otherwise rows are picked in every step.
 * At the end chains of weights are exchanged (exchange.ts): behind a clamp too, where the better of both is kept.
 * Laws: an output channel that ends worse than rounding to nearest, on all the rows, keeps nearest. A weight that is exactly 0
 * stays 0.
 */
import type { Context } from '../base/context';
import { log } from '../base/math';
import { roundHalfEven } from '../base/fixed-point';
import { createRng } from '../base/rng';
import type { Model, ValueName } from '../ir/model';
import { int, mul, scaled, sub, turned } from '../ops/backward/common';
import { adamRate } from './adam';
import { exchange } from './exchange';
import { GraphBuilder } from './graph-builder';
import { clamped as behindClamp, outputOf } from './layer-output';
import type { Rows } from './pick-rows';
import { pieces, summed } from './row-chunks';
import { floatsFrom, floatTensor, type StepRunner } from './step-runner';
import { startState, stepModel, train, type Loss } from './train';

/**
 * A layer as groups of matrix products: group g has `rows` rows of `columns` inputs, which the quantized layers before give, and
 * `outputs` outputs, targets being the float layer's before the fused clamp.
 */
export interface RoundingProblem extends Rows {
  readonly groups: number;
  readonly outputs: number;
  readonly columns: number;
  /** [groups, outputs, columns] */
  readonly weight: Float64Array;
  /** [groups, outputs] */
  readonly scale: Float64Array;
  readonly lo: number;
  readonly hi: number;
  /** [groups, outputs] */
  readonly bias: Float64Array;
  readonly clamp: { readonly lo: number; readonly hi: number } | undefined;
  readonly seed: number;
}

export interface RoundingOptions {
  readonly iterations: number;
  /** Rows of one step. */
  readonly batch: number;
  readonly lr: number;
  readonly lambda: number;
  /** X^T X also where an activation function is fused, which the loss then leaves out. */
  readonly linear: boolean;
}

export interface Rounding {
  /** [groups, outputs, columns] */
  readonly integers: Int32Array;
  /** Mean squared error of the output by rounding to nearest, and by what was learned. */
  readonly before: number;
  readonly after: number;
  /** Weights that are not the nearest integer. */
  readonly moved: number;
  readonly form: 'gram' | 'rows';
  readonly iterations: number;
}

const WARM_UP = 0.2;
const BETA = { from: 20, to: 2 };
/** h reaches 0 and 1 before V reaches infinity. */
const STRETCH = { factor: 1.2, offset: -0.1 };
/** X^T X has at most so many columns: beyond, a step costs more than one on rows. */
const GRAM_COLUMNS = 1024;
/** Far below where h is clipped to 0. */
const STAYS = -20;
const STEPS_A_RUN = 10;
/** Multiplications of a step over which steps run one by one, so that a cancel is heard. */
const HEAVY = 2e8;

export async function learnRounding(p: RoundingProblem, o: RoundingOptions, runner: StepRunner, ctx: Context): Promise<Rounding> {
  const base = p.weight.map((w, i) => Math.floor(w / (p.scale[Math.floor(i / p.columns)] as number)));
  const nearest = Int32Array.from(p.weight, (w, i) =>
    clamped(roundHalfEven(Math.fround(w / (p.scale[Math.floor(i / p.columns)] as number))), p),
  );
  const isLinear = (p.clamp === undefined || o.linear) && p.columns <= GRAM_COLUMNS;
  const form = isLinear ? 'gram' : 'rows';
  const units = await unitsOf(p, ctx);
  const sums = p.columns <= GRAM_COLUMNS ? await sumsOf(p, runner, ctx) : undefined;
  const loss = isLinear && sums ? gramLoss(p, units, sums) : rowsLoss(p, units, Math.min(o.batch, p.rows));
  const batch = Math.min(o.batch, p.rows);
  const multiplications = p.groups * p.outputs * p.columns * (isLinear ? p.columns : 2 * batch);
  const steps = multiplications > HEAVY ? 1 : STEPS_A_RUN;
  const total = Math.ceil(o.iterations / steps) * steps;
  const warm = Math.round((total * WARM_UP) / steps) * steps;
  const rng = createRng(p.seed);
  const v = { name: 'v', shape: [p.groups, p.outputs, p.columns] };
  const start = p.weight.map((w, i) => {
    // no gradient comes through the clip there: a network that was pruned stays pruned
    if (w === 0) return STAYS;
    const h = w / (p.scale[Math.floor(i / p.columns)] as number) - (base[i] as number);
    return -log(STRETCH.factor / (h - STRETCH.offset) - 1);
  });
  let state = startState([v], [Float32Array.from(start)]);
  for (const isRegular of [false, true]) {
    const g = new GraphBuilder();
    const floor = g.floats(base, v.shape);
    const scale = g.floats(p.scale, [p.groups, p.outputs, 1]);
    const output = loss.declare(g);
    const model = stepModel(g, [v], steps, ([value], k) => {
      const h = softBits(g, value as ValueName);
      const w = mul(g, g.emit('Clip', [g.emit('Add', [floor, h]), g.floats([p.lo]), g.floats([p.hi])]), scale);
      const own = output(w, k);
      if (!isRegular) return own;
      const beta = g.input(`beta${k}`, []);
      const far = g.emit('Abs', [sub(g, scaled(g, h, 2), g.floats([1]))]);
      const sum = g.emit('ReduceSum', [g.emit('Pow', [far, beta])], { keepdims: int(0) });
      return { value: own.value, seeds: new Map([...own.seeds, [sum, g.floats([-o.lambda])]]) };
    });
    const [from, to] = isRegular ? [warm, total] : [0, warm];
    const feed = async (t: number, k: number) => {
      const beta = BETA.to + (BETA.from - BETA.to) * Math.max(0, 1 - (t - warm) / Math.max(1, total - warm));
      const picked = Int32Array.from({ length: batch }, () => rng.int(0, p.rows - 1));
      const some = isLinear ? undefined : await p.take(picked);
      return [
        [`v_rate${k}`, scalar(adamRate(o.lr, t + 1))] as const,
        ...(isRegular ? [[`beta${k}`, scalar(beta)] as const] : []),
        ...(some === undefined
          ? []
          : [
              [`x${k}`, floatTensor([p.groups, batch, p.columns], some.x)] as const,
              [`target${k}`, floatTensor([p.groups, batch, p.outputs], some.target)] as const,
            ]),
      ];
    };
    state = await train(runner, { model, steps, from, to, feed }, state, ctx, (done, value) =>
      ctx.progress({ stage: 'learn', done, total, loss: value }),
    );
  }
  const learned = floatsFrom(state.tensors, 'v');
  const found = Int32Array.from(base, (b, i) => clamped(b + ((learned[i] as number) >= 0 ? 1 : 0), p));
  const candidates = [nearest, found, ...(sums ? [await exchange({ ...p, ...sums }, found, ctx)] : [])];
  const chosen = await best(p, candidates, runner, ctx);
  const moved = chosen.integers.reduce((n, q, i) => n + Number(q !== nearest[i]), 0);
  return { ...chosen, moved, form, iterations: total };
}

const scalar = (value: number) => floatTensor([], Float32Array.of(value));
const clamped = (q: number, { lo, hi }: RoundingProblem): number => Math.min(hi, Math.max(lo, q));

function softBits(g: GraphBuilder, v: ValueName): ValueName {
  const stretched = g.emit('Add', [scaled(g, g.emit('Sigmoid', [v]), STRETCH.factor), g.floats([STRETCH.offset])]);
  return g.emit('Clip', [stretched, g.floats([0]), g.floats([1])]);
}

/** Per output: what one step of one weight costs on average, s^2 * mean(x^2); the loss is counted in it. [groups, outputs] */
async function unitsOf(p: RoundingProblem, ctx: Context): Promise<Float64Array> {
  const sums = new Float64Array(p.groups);
  await pieces(p, ctx, ({ x }, rows) => {
    const size = rows * p.columns;
    for (let g = 0; g < p.groups; g++) {
      let sum = 0;
      for (let k = g * size; k < (g + 1) * size; k++) sum += (x[k] as number) ** 2;
      sums[g] = (sums[g] as number) + sum;
    }
  });
  return p.scale.map((s, i) => (s * s * (sums[Math.floor(i / p.outputs)] as number)) / (p.rows * p.columns) || 1);
}

interface OutputLoss {
  /** Declares the constants, and gives the loss of a weight in step k. */
  declare(g: GraphBuilder): (w: ValueName, k: number) => Loss;
}

function rowsLoss(p: RoundingProblem, units: Float64Array, batch: number): OutputLoss {
  return {
    declare(g) {
      const share = g.floats(
        units.map((u) => 1 / (u * batch)),
        [p.groups, 1, p.outputs],
      );
      return (w, k) => {
        const x = g.input(`x${k}`, [p.groups, batch, p.columns]);
        const target = g.input(`target${k}`, [p.groups, batch, p.outputs]);
        const error = sub(g, outputOf(g, p, x, w), behindClamp(g, p, target));
        const value = g.emit('ReduceSum', [mul(g, mul(g, error, error), share)], { keepdims: int(0) });
        return { value, seeds: new Map([[value, g.floats([1])]]) };
      };
    },
  };
}

/**
 * With D = W^ - W and E = target - (W x + b): sum |D x - E|^2 = tr(D X^T X D^T) - 2 tr(D X^T E) + |E|^2. One product a step:
 * the gradient 2 (D X^T X - E^T X) is the loss's own inner part.
 */
function gramLoss(p: RoundingProblem, units: Float64Array, { square, cross, left }: Sums): OutputLoss {
  return {
    declare(g) {
      const shape = [p.groups, p.outputs, p.columns];
      const a = g.floats(square, [p.groups, p.columns, p.columns]);
      const c = g.floats(cross, shape);
      const weight = g.floats(p.weight, shape);
      const share = g.floats(
        units.map((u) => 1 / u),
        [p.groups, p.outputs, 1],
      );
      const rest = left.reduce((sum, l, i) => sum + l / (units[i] as number), 0);
      return (w) => {
        const d = sub(g, w, weight);
        const inner = mul(g, sub(g, g.emit('MatMul', [d, a]), c), share);
        const outer = sub(g, inner, mul(g, c, share));
        const sum = g.emit('ReduceSum', [mul(g, d, outer)], { keepdims: int(0) });
        return { value: g.emit('Add', [sum, g.floats([rest])]), seeds: new Map([[d, scaled(g, inner, 2)]]) };
      };
    },
  };
}

interface Sums {
  readonly square: Float64Array;
  readonly cross: Float64Array;
  readonly left: Float64Array;
}

/** Divided by the rows. */
async function sumsOf(p: RoundingProblem, runner: StepRunner, ctx: Context): Promise<Sums> {
  const [sums] = await summed(p, (rows) => sumsModel(p, rows), [new Map()], runner, ctx);
  const meanOf = (name: keyof Sums): Float64Array => (sums?.get(name) ?? new Float64Array()).map((v) => v / p.rows);
  return { square: meanOf('square'), cross: meanOf('cross'), left: meanOf('left') };
}

/** X^T X, E^T X and |E|^2 per output. */
function sumsModel(p: RoundingProblem, rows: number): Model {
  const g = new GraphBuilder();
  const x = g.input('x', [p.groups, rows, p.columns]);
  const target = g.input('target', [p.groups, rows, p.outputs]);
  const w = g.floats(p.weight, [p.groups, p.outputs, p.columns]);
  const error = sub(g, target, outputOf(g, { ...p, clamp: undefined }, x, w));
  return g.model({
    square: g.emit('MatMul', [turned(g, x), x]),
    cross: g.emit('MatMul', [turned(g, error), x]),
    left: g.emit('ReduceSum', [mul(g, error, error), g.ints([1])], { keepdims: int(0) }),
  });
}

/** The squared error per output channel of a weight that is given. */
function errorModel(p: RoundingProblem, rows: number): Model {
  const g = new GraphBuilder();
  const x = g.input('x', [p.groups, rows, p.columns]);
  const target = behindClamp(g, p, g.input('target', [p.groups, rows, p.outputs]));
  const error = sub(g, outputOf(g, p, x, g.input('w', [p.groups, p.outputs, p.columns])), target);
  return g.model({ loss: g.emit('ReduceSum', [mul(g, error, error), g.ints([1])], { keepdims: int(0) }) });
}

/** Per output channel the best of all on all rows; the first is rounding to nearest. */
async function best(
  p: RoundingProblem,
  candidates: readonly Int32Array[],
  runner: StepRunner,
  ctx: Context,
): Promise<Pick<Rounding, 'integers' | 'before' | 'after'>> {
  const given = candidates.map((q) => {
    const w = Float32Array.from(q, (v, i) => v * (p.scale[Math.floor(i / p.columns)] as number));
    return new Map([['w', floatTensor([p.groups, p.outputs, p.columns], w)]]);
  });
  const losses = (await summed(p, (rows) => errorModel(p, rows), given, runner, ctx)).map((s) => s.get('loss') ?? new Float64Array());
  const integers = new Int32Array(p.weight.length);
  let [before, after] = [0, 0];
  const channels = p.groups * p.outputs;
  for (let o = 0; o < channels; o++) {
    let least = 0;
    for (const [i, loss] of losses.entries()) if ((loss[o] as number) < (losses[least]?.[o] as number)) least = i;
    const [from, to] = [o * p.columns, (o + 1) * p.columns];
    integers.set((candidates[least] as Int32Array).subarray(from, to), from);
    before += (losses[0]?.[o] as number) / p.rows;
    after += (losses[least]?.[o] as number) / p.rows;
  }
  return { integers, before: before / channels, after: after / channels };
}
