/**
 * The loop of reconstruction for a plugin's rounding optimiser: the error of the layer's output over the calibration rows is
 * E H E^T with H = X^T X and E = W - W^; its gradient by h is what the plugin steps along. Deterministic float64.
 * Law: no channel ends with a larger loss than nearest rounding; there nearest is kept.
 */
import { throwIfCancelled, type Context } from '../base/context';
import { dequantizeAffine, fakeQuantizeAffine, quantizeAffine } from '../quant/affine';
import { numberOption } from '../quant/clipped-range';
import type { LayerProblem, LearnedWeight, OptionSpec, OptionValues, WeightQuantizer } from '../quant/quantizer';
import { fitGrid, gridOption } from '../quant/scale-grid';
import { roundHalfEven } from '../base/fixed-point';
import { checkedFloats } from './checks';
import { kit } from './kit';
import { bitsRefusal, called, withFallbacks } from './quantizers';
import type { RoundingLayer, RoundingPlugin } from './sdk';

const iterations: OptionSpec = {
  id: 'iterations',
  title: 'Iterations',
  help: 'Steps of learning for every layer.',
  kind: { type: 'number', min: 1, max: 20_000, step: 10 },
  fallback: 100,
};
const grid = gridOption('mse');

export function pluginRounding(p: RoundingPlugin): WeightQuantizer {
  const own = p.options ?? [];
  const specs = [...own, ...[iterations, grid].filter((s) => own.every((o) => o.id !== s.id))];
  return {
    id: p.id,
    title: p.title,
    target: 'weights',
    options: specs,
    supports: (scheme) =>
      !scheme.symmetric || scheme.signed === false ? 'weights are signed and symmetric' : bitsRefusal(scheme, p.bits ?? [2, 8], p.id),
    fit: fitGrid(grid),
    learn: (problem, options, ctx) => learn(p, problem, options, ctx),
    fakeQuantize: (w, shape, q) => fakeQuantizeAffine(w, q, shape),
    quantize: (w, shape, q) => quantizeAffine(w, q, shape),
    dequantize: (wi, shape, q) => dequantizeAffine(wi, q, shape),
  };
}

async function learn(p: RoundingPlugin, problem: LayerProblem, options: OptionValues, ctx: Context): Promise<LearnedWeight> {
  const { outputs, columns, groups, weight, scale, lo, hi } = problem;
  const grams = await problem.gram();
  const perGroup = outputs / groups;
  const steps = numberOption(p.options?.find((o) => o.id === iterations.id) ?? iterations, options);
  const own = withFallbacks(p.options ?? [], options);
  const integers = new Int32Array(outputs * columns);
  let [before, after, moved, done] = [0, 0, 0, 0];
  for (let g = 0; g < groups; g++) {
    const h = grams[g] as Float64Array;
    const scales = scale.slice(g * perGroup, (g + 1) * perGroup);
    const w = weight.slice(g * perGroup * columns, (g + 1) * perGroup * columns);
    const unit = w.map((v, i) => v / (scales[Math.floor(i / columns)] as number));
    const layer: RoundingLayer = { floor: unit.map(Math.floor), rest: unit.map((u) => u - Math.floor(u)), outputs: perGroup, columns };
    const clamped = (v: number): number => Math.min(hi, Math.max(lo, v));
    const soften = async (learned: Float64Array, progress: number): Promise<Float64Array> => {
      const name = `${p.id}.soft`;
      const soft = await called(name, () => p.soft(learned.slice(), copyOf(layer), progress, own, kit));
      return checkedFloats(soft, name, w.length, Float64Array).map((v, i) =>
        // what was pruned stays so
        w[i] === 0 ? 0 : Math.min(1, Math.max(0, v)),
      );
    };
    const state = await called(`${p.id}.start`, () => p.start(copyOf(layer), own, kit));
    let learned = checkedFloats(state, `${p.id}.start`, lengthOf(state), Float64Array);
    for (let step = 0; step < steps; step++) {
      const progress = step / steps;
      const soft = await soften(learned, progress);
      const gradient = gradientOf(layer, soft, unit, scales, h, { lo, hi });
      const next = await called(`${p.id}.step`, () => p.step(learned.slice(), gradient, copyOf(layer), progress, own, kit));
      learned = checkedFloats(next, `${p.id}.step`, learned.length, Float64Array);
      ctx.progress({ stage: 'learn', done: ++done, total: steps * groups });
      await ctx.tick();
      throwIfCancelled(ctx);
    }
    const soft = await soften(learned, 1);
    for (let o = 0; o < perGroup; o++) {
      const at = o * columns;
      const nearest = Int32Array.from({ length: columns }, (_, k) => clamped(roundHalfEven(Math.fround(unit[at + k] as number))));
      const found = Int32Array.from({ length: columns }, (_, k) =>
        clamped((layer.floor[at + k] as number) + ((soft[at + k] as number) >= 0.5 ? 1 : 0)),
      );
      const [a, b] = [nearest, found].map((q) => rowLoss(q, unit.subarray(at, at + columns), scales[o] as number, h)) as [number, number];
      const kept = b < a ? found : nearest;
      before += a;
      after += Math.min(a, b);
      moved += kept.reduce((n, q, k) => n + Number(q !== nearest[k]), 0);
      integers.set(kept, g * perGroup * columns + at);
    }
  }
  return { integers, before, after, moved, iterations: steps };
}

const copyOf = (l: RoundingLayer): RoundingLayer => ({ ...l, floor: l.floor.slice(), rest: l.rest.slice() });

/** Whatever it is that a plugin wants to learn, at least one number. */
function lengthOf(state: unknown): number {
  return state instanceof Float64Array ? Math.max(1, state.length) : 1;
}

/** dL/dh of L = sum over outputs of s^2 * e H e^T, e = u - clamp(floor + h); 0 where the clamp holds the integer. */
function gradientOf(
  { floor, outputs, columns }: RoundingLayer,
  soft: Float64Array,
  unit: Float64Array,
  scales: Float64Array,
  h: Float64Array,
  { lo, hi }: { readonly lo: number; readonly hi: number },
): Float64Array {
  const out = new Float64Array(soft.length);
  const e = new Float64Array(columns);
  for (let o = 0; o < outputs; o++) {
    const at = o * columns;
    for (let k = 0; k < columns; k++) {
      const q = (floor[at + k] as number) + (soft[at + k] as number);
      e[k] = (unit[at + k] as number) - (q < lo ? lo : q > hi ? hi : q);
    }
    const factor = -2 * (scales[o] as number) ** 2;
    for (let i = 0; i < columns; i++) {
      const q = (floor[at + i] as number) + (soft[at + i] as number);
      if (q < lo || q > hi) continue;
      let sum = 0;
      for (let k = 0, row = i * columns; k < columns; k++) sum += (h[row + k] as number) * (e[k] as number);
      out[at + i] = factor * sum;
    }
  }
  return out;
}

function rowLoss(q: Int32Array, unit: Float64Array, scale: number, h: Float64Array): number {
  const e = Float64Array.from(q, (v, k) => ((unit[k] as number) - v) * scale);
  let sum = 0;
  for (let i = 0, at = 0; i < e.length; i++) {
    let s = 0;
    for (let j = 0; j < e.length; j++, at++) s += (h[at] as number) * (e[j] as number);
    sum += (e[i] as number) * s;
  }
  return sum;
}
