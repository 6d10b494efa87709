/**
 * `gptq` (Frantar et al. 2023): weights per output channel; the integers are chosen one column after the other, and what a
 * column loses the columns after it make up for, along the Cholesky factor of the inverse of H = X^T X (damped by 1 % of its
 * mean diagonal, columns of the strongest inputs first). Scales are those of `minmax_channel`, as in the
 * paper, or of `mse_channel`, which clips the largest weights.
 * Laws: no channel ends with a larger loss on the calibration data than nearest rounding; there nearest is kept. A weight that is
 * exactly 0 stays 0.
 */
import { throwIfCancelled, type Context } from '../../base/context';
import { StudioError } from '../../base/errors';
import { roundHalfEven } from '../../base/fixed-point';
import { dequantizeAffine, fakeQuantizeAffine, quantizeAffine } from '../affine';
import { inverseUpperFactor } from '../cholesky';
import { numberOption } from '../clipped-range';
import type { LayerProblem, LearnedWeight, OptionSpec, LocalWeightQuantizer } from '../quantizer';
import { fitGrid, gridOption } from '../scale-grid';
import { supportsWeights } from '../weight-channels';

const damping: OptionSpec = {
  id: 'damping',
  title: 'Damping',
  help: 'Share of the mean diagonal of X^T X that is added to it, so that inputs seen rarely do not decide.',
  kind: { type: 'number', min: 0.01, max: 100, step: 0.1, unit: '%' },
  fallback: 1,
};
const grid = gridOption('minmax');

export const gptq: LocalWeightQuantizer = {
  id: 'gptq',
  title: 'GPTQ',
  target: 'weights',
  options: [damping, grid],
  supports: supportsWeights,
  fit: fitGrid(grid),
  async learn(problem, options, ctx): Promise<LearnedWeight> {
    const { outputs, columns, groups } = problem;
    const integers = new Int32Array(outputs * columns);
    const grams = await problem.gram();
    const perGroup = outputs / groups;
    let [before, after, moved] = [0, 0, 0];
    for (let g = 0; g < groups; g++) {
      const h = grams[g] as Float64Array;
      const order = columnOrder(h, columns);
      const factor = await factorOf(h, order, columns, numberOption(damping, options) / 100, problem.stem, ctx);
      for (let o = g * perGroup; o < (g + 1) * perGroup; o++) {
        const nearest = nearestRow(problem, o);
        const found = factor ? compensatedRow(problem, o, order, factor) : nearest;
        const [a, b] = [rowLoss(problem, o, nearest, h), rowLoss(problem, o, found, h)];
        const kept = b < a ? found : nearest;
        before += a;
        after += Math.min(a, b);
        moved += kept.reduce((n, q, k) => n + Number(q !== nearest[k]), 0);
        integers.set(kept, o * columns);
        await ctx.tick();
        throwIfCancelled(ctx);
      }
    }
    return { integers, before, after, moved };
  },
  fakeQuantize: (w, shape, q) => fakeQuantizeAffine(w, q, shape),
  quantize: (w, shape, q) => quantizeAffine(w, q, shape),
  dequantize: (wi, shape, q) => dequantizeAffine(wi, q, shape),
};

/** Columns of the largest diagonal first; equal ones in their order. */
function columnOrder(h: Float64Array, n: number): number[] {
  const at = (k: number): number => h[k * n + k] as number;
  return Array.from({ length: n }, (_, k) => k).sort((a, b) => at(b) - at(a) || a - b);
}

/** Upper factor of the inverse of the damped H in that order; undefined: no input was ever active. */
async function factorOf(
  h: Float64Array,
  order: readonly number[],
  n: number,
  share: number,
  stem: string,
  ctx: Context,
): Promise<Float64Array | undefined> {
  let trace = 0;
  for (let k = 0; k < n; k++) trace += h[k * n + k] as number;
  if (trace === 0) return undefined;
  const damp = (share * trace) / n;
  const ordered = new Float64Array(n * n);
  order.forEach((from, i) => {
    for (let j = 0; j < n; j++) ordered[i * n + j] = h[from * n + (order[j] as number)] as number;
    ordered[i * n + i] = (ordered[i * n + i] as number) + damp;
  });
  const factor = await inverseUpperFactor(ordered, n, ctx);
  if (factor) return factor;
  throw new StudioError({
    code: 'out-of-range',
    what: 'The inputs of a layer are too dependent for GPTQ',
    where: { node: stem },
    todo: 'Raise the damping',
  });
}

function rounded(v: number, scale: number, { lo, hi }: LayerProblem): number {
  return Math.min(hi, Math.max(lo, roundHalfEven(Math.fround(Math.fround(v) / scale))));
}

function nearestRow(p: LayerProblem, o: number): Int32Array {
  return Int32Array.from({ length: p.columns }, (_, k) => rounded(p.weight[o * p.columns + k] as number, p.scale[o] as number, p));
}

function compensatedRow(p: LayerProblem, o: number, order: readonly number[], u: Float64Array): Int32Array {
  const n = p.columns;
  const s = p.scale[o] as number;
  const w = Float64Array.from(order, (k) => p.weight[o * n + k] as number);
  const out = new Int32Array(n);
  for (let i = 0; i < n; i++) {
    // what is 0 stays so: a network that was pruned stays pruned
    const isGone = p.weight[o * n + (order[i] as number)] === 0;
    const q = isGone ? 0 : rounded(w[i] as number, s, p);
    out[order[i] as number] = q;
    const error = ((w[i] as number) - q * s) / (u[i * n + i] as number);
    if (error === 0) continue;
    for (let j = i + 1; j < n; j++) w[j] = (w[j] as number) - error * (u[i * n + j] as number);
  }
  return out;
}

/** e H e^T of the error of one row. */
function rowLoss(p: LayerProblem, o: number, q: Int32Array, h: Float64Array): number {
  const n = p.columns;
  const e = Float64Array.from(q, (v, k) => (p.weight[o * n + k] as number) - v * (p.scale[o] as number));
  let sum = 0;
  for (let i = 0; i < n; i++) {
    let s = 0;
    for (let j = 0, at = i * n; j < n; j++, at++) s += (h[at] as number) * (e[j] as number);
    sum += (e[i] as number) * s;
  }
  return sum;
}
