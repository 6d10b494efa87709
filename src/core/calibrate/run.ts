/**
 * Calibration: a fold of the streaming observer over samples, one sample at a time. Memory depends on the
 * number of tensors, not of samples (save one digest a sample). Law: statistics depend on the set of
 * samples only, so shards merge to what one run gives (calibrate/merge.ts).
 */
import { throwIfCancelled, type Context } from '../base/context';
import { bytesOf, utf8Encode } from '../base/bytes';
import { CancelledError, StudioError } from '../base/errors';
import { sha256Stream } from '../base/hash';
import type { ValueName } from '../ir/model';
import { rangeHistogram, statsOf } from '../quant/observers/range-histogram';
import type { CalibrationShard, Sample, SampleSource } from './types';

export interface CalibrateOptions {
  /** At most this many samples, from the first on. */
  readonly samples: number;
  readonly provider: 'wasm' | 'webgpu';
  /** Identity of the model, kept with the result. */
  readonly model?: string;
  /** Only the i-th of n equal parts of those samples. */
  readonly shard?: { readonly index: number; readonly count: number };
  /** Milliseconds; the core has no clock of its own. Without it `wallMs` is 0. */
  readonly now?: () => number;
}

/** Runs one sample; the map must have every value asked for, as float32. */
export type SampleRunner = (sample: Sample) => Promise<ReadonlyMap<ValueName, Float32Array>>;

/**
 * Throws `bad-data`, `not-finite` (tensor and sample named), or what `run` throws with the sample added.
 * Progress: stage `calibrate`, one step a sample.
 */
export async function calibrate(
  source: SampleSource,
  run: SampleRunner,
  values: readonly ValueName[],
  options: CalibrateOptions,
  ctx: Context,
): Promise<CalibrationShard> {
  const began = options.now?.() ?? 0;
  const total = Math.min(options.samples, source.info.samples);
  const { index, count } = options.shard ?? { index: 0, count: 1 };
  const first = Math.floor((total * index) / count);
  const end = Math.floor((total * (index + 1)) / count);
  if (end <= first) {
    const got = `${options.samples} asked for, ${source.info.samples} in the data`;
    throw new StudioError({ code: 'bad-data', what: 'There is no sample to calibrate on', got, where: { file: source.info.name } });
  }
  const states = new Map(values.map((v) => [v, rangeHistogram.start()]));
  const digests: string[] = [];
  ctx.progress({ stage: 'calibrate', done: 0, total: end - first });
  for (let i = first; i < end; i++) {
    await ctx.tick();
    throwIfCancelled(ctx);
    const sample = await source.sample(i);
    digests.push(sampleDigest(sample));
    const activations = await named(sample, () => run(sample));
    throwIfCancelled(ctx);
    for (const value of values) {
      const state = states.get(value);
      const tensor = activations.get(value) ?? inputAsFloats(sample, value);
      if (state === undefined || tensor === undefined) {
        throw new StudioError({ code: 'internal', what: 'The runtime gave no such tensor', where: { value, sample: sample.id } });
      }
      await named(sample, async () => states.set(value, rangeHistogram.update(state, tensor)), value);
      await ctx.tick();
    }
    ctx.progress({ stage: 'calibrate', done: i - first + 1, total: end - first });
  }
  const kind = source.info.kind === 'npy' ? 'npz' : source.info.kind;
  return {
    samples: end - first,
    first,
    digests,
    sha256: digestOfDigests(digests),
    source: kind,
    stats: new Map([...states].map(([value, state]) => [value, statsOf(state)])),
    wallMs: Math.round((options.now?.() ?? 0) - began),
    provider: options.provider,
    model: options.model ?? '',
    preprocessing: source.info.preprocessing,
  };
}

/** SHA-256 over the sample's arrays: name, type, shape and little-endian bytes, in order of the inputs. */
export function sampleDigest(sample: Sample): string {
  const hash = sha256Stream();
  for (const [name, x] of sample.inputs) {
    hash.update(utf8Encode(`${name}\n${x.dtype}\n${x.shape.join(',')}\n`));
    hash.update(bytesOf(x.data));
  }
  return hash.hex();
}

/** The digest of a calibration set: SHA-256 over its samples' digests (hex, one a line), in order. */
export function digestOfDigests(digests: readonly string[]): string {
  const hash = sha256Stream();
  for (const d of digests) hash.update(utf8Encode(`${d}\n`));
  return hash.hex();
}

/** A float graph input is an activation too, and no runtime need hand it back. */
function inputAsFloats(sample: Sample, value: ValueName): Float32Array | undefined {
  const input = sample.inputs.get(value);
  return input?.data instanceof Float32Array ? input.data : undefined;
}

/** Adds the sample (and the tensor) to an error that does not name one. */
async function named<T>(sample: Sample, work: () => Promise<T>, value?: ValueName): Promise<T> {
  try {
    return await work();
  } catch (e) {
    if (e instanceof CancelledError) throw e;
    if (!(e instanceof StudioError)) {
      const got = e instanceof Error ? e.message : String(e);
      throw new StudioError({ code: 'runtime', what: 'The model failed on a sample', got, where: { sample: sample.id } });
    }
    const where = { ...(value === undefined ? {} : { value }), sample: sample.id, ...e.fields.where };
    throw new StudioError({ ...e.fields, where });
  }
}
