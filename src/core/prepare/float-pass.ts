/**
 * One pass of the float model over the calibration samples, streaming: ranges of all activations, largest magnitudes per
 * channel, mean and deviation of layers before their clamp. Memory does not grow with the samples.
 */
import { throwIfCancelled, type Context } from '../base/context';
import { StudioError } from '../base/errors';
import { observedValues } from '../calibrate/observed-values';
import type { SampleSource } from '../calibrate/types';
import type { CanonicalModel, NodeId, ValueName } from '../ir/model';
import { sizeOf } from '../ir/tensor';
import { shapeOf } from '../ops/support';
import { rangeHistogram, statsOf, type RangeHistogram } from '../quant/observers/range-histogram';
import type { ActivationStats } from '../quant/quantizer';
import type { FloatRunner } from './types';

/** Of one channel over all samples and positions. */
export interface Moments {
  readonly mean: Float64Array;
  readonly deviation: Float64Array;
}

export interface FloatPass {
  /** undefined: not asked for. */
  readonly stats: ReadonlyMap<ValueName, ActivationStats> | undefined;
  readonly maxima: ReadonlyMap<ValueName, Float64Array>;
  readonly moments: ReadonlyMap<NodeId, Moments>;
}

export interface FloatPassRequest {
  readonly stats: boolean;
  /** Values, with the axis of their channels. */
  readonly maxima: ReadonlyMap<ValueName, number>;
  /** Layers, with the axis of their outputs' channels. */
  readonly moments: ReadonlyMap<NodeId, number>;
}

export async function floatPass(
  c: CanonicalModel,
  request: FloatPassRequest,
  source: SampleSource,
  samples: number,
  runner: FloatRunner,
  ctx: Context,
): Promise<FloatPass> {
  const observed = request.stats ? observedValues(c) : [];
  const values = [...new Set([...observed, ...request.maxima.keys()])];
  const inputs = new Set<string>(c.model.graph.inputs.map((i) => i.name));
  const outputs = new Map(c.model.graph.nodes.map((n) => [n.id, n.outputs[0] as ValueName]));
  const states = new Map<ValueName, RangeHistogram>(observed.map((v) => [v, rangeHistogram.start()]));
  const maxima = new Map([...request.maxima].map(([v, axis]) => [v, new Float64Array(shapeOf(c, v)[axis] as number)]));
  const sums = new Map([...request.moments].map(([id, axis]) => [id, new MomentSums(shapeOf(c, outputs.get(id) as ValueName), axis)]));
  const session = await runner.open(
    c,
    values.filter((v) => !inputs.has(v)),
    [...request.moments.keys()],
  );
  try {
    for (let i = 0; i < samples; i++) {
      const sample = await source.sample(i);
      const tensors = await session.run(sample);
      throwIfCancelled(ctx);
      const tensor = (name: ValueName): Float32Array => {
        const given = tensors.values.get(name) ?? sample.inputs.get(name)?.data;
        if (given instanceof Float32Array) return given;
        throw new StudioError({ code: 'internal', what: 'The runtime gave no such tensor', where: { value: name, sample: sample.id } });
      };
      for (const [v, state] of states) states.set(v, rangeHistogram.update(state, tensor(v)));
      for (const [v, axis] of request.maxima) raise(maxima.get(v) as Float64Array, tensor(v), shapeOf(c, v), axis);
      for (const [id, sum] of sums) {
        const raw = tensors.raw.get(id);
        if (raw) sum.add(raw);
      }
      ctx.progress({ stage: 'prepare', done: i + 1, total: samples });
      await ctx.tick();
    }
  } finally {
    await session.close();
  }
  return {
    stats: request.stats ? new Map([...states].map(([v, s]) => [v, statsOf(s)])) : undefined,
    maxima,
    moments: new Map([...sums].map(([id, s]) => [id, s.moments()])),
  };
}

function raise(most: Float64Array, x: Float32Array, shape: readonly number[], axis: number): void {
  const inner = sizeOf(shape.slice(axis + 1));
  for (let at = 0, c = 0; at < x.length; at += inner, c = c + 1 === most.length ? 0 : c + 1) {
    for (let i = at; i < at + inner; i++) most[c] = Math.max(most[c] as number, Math.abs(x[i] as number));
  }
}

/** Sums per channel: exact where the elements are integers of an accumulator (below 2^53). */
export class MomentSums {
  private count = 0;
  private readonly sum: Float64Array;
  private readonly squares: Float64Array;
  private readonly inner: number;

  constructor(shape: readonly number[], axis: number) {
    const channels = shape[axis] as number;
    this.sum = new Float64Array(channels);
    this.squares = new Float64Array(channels);
    this.inner = sizeOf(shape.slice(axis + 1));
  }

  add(x: ArrayLike<number>): void {
    const { sum, squares, inner } = this;
    const channels = sum.length;
    for (let at = 0, c = 0; at < x.length; at += inner, c = c + 1 === channels ? 0 : c + 1) {
      let s = 0;
      let q = 0;
      for (let i = at; i < at + inner; i++) {
        const v = x[i] as number;
        s += v;
        q += v * v;
      }
      sum[c] = (sum[c] as number) + s;
      squares[c] = (squares[c] as number) + q;
    }
    this.count += x.length / channels;
  }

  moments(): Moments {
    const n = Math.max(1, this.count);
    const mean = this.sum.map((s) => s / n);
    return { mean, deviation: this.squares.map((q, c) => Math.sqrt(Math.max(0, q / n - (mean[c] as number) ** 2))) };
  }
}
