/**
 * Corrections of a layer's output statistics, in closed form from what the accumulators gave and what the float layer gives.
 *   bias:      b' = b + (mean of float - mean of quantized)                 (Nagel et al. 2019, empirical)
 *   batchNorm: as if the batch normalization behind the layer were estimated again with quantized weights and inputs and its
 *              trained deviation kept: the channel is scaled by deviation of float / deviation of quantized, then its mean
 *              moved. The integers of the weight stay; their scale takes the factor, so that it costs nothing at run time.
 * Both sides are seen on the same samples: what few samples get wrong falls out. Channels that never vary keep their scale.
 */
import { roundHalfEven } from '../base/fixed-point';
import { totalOf } from '../integer/execute/token-rows';
import { TOKEN_BITS } from '../ops/lower/tokens';
import type { PlannedWeight } from '../integer/plan';
import type { QuantInfo } from '../ir/integer-model';
import { MomentSums, type Moments } from './float-pass';
import type { LinearLayer } from './linear-layers';
import type { Replacement, Visit } from './sweep';

/** A larger factor says that the channel is nearly dead, not that its weights were rounded. */
const LARGEST_FACTOR = 2;
/** Largest bias in units of the accumulator; finer units where tokens have scales of their own. */
export const biasLimit = (tokenWise: boolean): number => (tokenWise ? 2 ** (30 + TOKEN_BITS) : 2 ** 30);

/** Mean and deviation of the layer before its clamp, in real units. */
export async function momentsOf(visit: Visit, now: Replacement, axis: number, units: Float64Array): Promise<Moments> {
  const shape = visit.model.values.get(now.op.acc)?.shape ?? [];
  const sums = new MomentSums(shape, axis);
  await visit.accumulators(now, (acc) =>
    sums.add(totalOf(now.op, acc.data as Int32Array, shape.at(-1) ?? 1, { ...visit.model, constants: now.constants })),
  ); // accumulators have 32 bits
  const { mean, deviation } = sums.moments();
  return { mean: mean.map((m, o) => m * (units[o] as number)), deviation: deviation.map((d, o) => d * Math.abs(units[o] as number)) };
}

export interface Corrected {
  readonly q: QuantInfo;
  /** The bias that goes with the scales as they are used. */
  biasFor(q: QuantInfo): Float64Array;
  readonly text: string;
}

export function corrected(
  layer: LinearLayer,
  weight: PlannedWeight,
  seen: Moments,
  target: Moments,
  units: Float64Array,
  step: 'batchNorm' | 'bias',
  limit: number,
): Corrected {
  const { q } = weight;
  const bias = Float64Array.from({ length: layer.outputs }, (_, o) => layer.bias?.[o] ?? 0);
  const isFree = step === 'batchNorm' && q.axis !== undefined;
  const scale = q.scale.map((s, o) => {
    const [now, wanted] = [seen.deviation[o] as number, target.deviation[o] as number];
    const factor = wanted / now;
    const isUsable = isFree && !weight.raised.includes(o) && now > 0 && factor < LARGEST_FACTOR && factor > 1 / LARGEST_FACTOR;
    return isUsable ? s * factor : s;
  });
  const biasFor = (used: QuantInfo): Float64Array =>
    bias.map((b, o) => {
      const i = q.axis === undefined ? 0 : o;
      const factor = (used.scale[i] as number) / (q.scale[i] as number);
      const unit = units[o] as number;
      // what was seen has the bias in whole units
      const next = (target.mean[o] as number) - factor * ((seen.mean[o] as number) - roundHalfEven(b / unit) * unit);
      return Math.abs(next) / (Math.abs(unit) * factor) <= limit ? next : b;
    });
  const factors = [...scale].map((s, o) => s / (q.scale[o] as number));
  const shift = rms(target.mean.map((m, o) => (m - (seen.mean[o] as number)) / ((target.deviation[o] as number) || 1)));
  const means = `means were off by ${(shift * 100).toPrecision(2)} % of a deviation`;
  const text = isFree ? `channels scaled by ${Math.min(...factors).toFixed(3)} to ${Math.max(...factors).toFixed(3)}, ${means}` : means;
  return { q: { ...q, scale }, biasFor, text };
}

function rms(x: Float64Array): number {
  return Math.sqrt(x.reduce((s, v) => s + v * v, 0) / Math.max(1, x.length));
}
