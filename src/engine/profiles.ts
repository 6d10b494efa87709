/**
 * Requantization profiles side by side: the converted model planned and lowered again under each, with the same calibration and
 * the same learned weights, and run on calibration samples. Changes no state. A profile that cannot be lowered says why.
 */
import {
  lower,
  OWN_PROFILE,
  planQuantization,
  profileCost,
  type Profile,
  quantizeInputs,
  StudioError,
  throwIfCancelled,
} from '../core/index';
import type { ProfileSample } from '../core/analysis/profile-cost';
import type { Context } from '../core/base/context';
import type { SampleSource } from '../core/calibrate/types';
import type { Arithmetic, IntegerModel } from '../core/ir/integer-model';
import type { ProfileReport, ProfileResult } from './api';
import { floatValues } from './convert';
import type { JobContext } from './job';
import type { EnginePorts } from './ports';
import type { Converted, FloatRun, OpenModel } from './state';

const MOST_SAMPLES = 4;
/** Multiplications that all executions together may take for further samples. */
const QUICK_MACS = 2e9;

export interface ProfilesRequest {
  /** Samples to run; undefined: one, more while the model is small. */
  readonly samples: number | undefined;
  /** Ids of profiles; undefined: all. */
  readonly profiles: readonly string[] | undefined;
  /** All there are. */
  readonly known: readonly Profile[];
}

export async function compareProfiles(
  request: ProfilesRequest,
  model: OpenModel,
  converted: Converted,
  floatRun: FloatRun,
  source: SampleSource,
  ports: Pick<EnginePorts, 'runner'>,
  ctx: JobContext,
): Promise<ProfileReport> {
  const own = converted.recipe.arithmetic;
  const wanted = chosen(request.profiles, own, request.known);
  const samples = await samplesOf(request.samples, wanted.length + 1, model, converted, floatRun, source, ports, ctx);
  const results: ProfileResult[] = [];
  const all = [{ id: OWN_PROFILE, title: 'As in the recipe', arithmetic: own }, ...wanted];
  for (const profile of all) {
    ctx.progress({ stage: 'profiles', done: results.length, total: all.length });
    const inputs = (integer: IntegerModel): ProfileSample[] =>
      samples.map((s) => ({ inputs: quantizeInputs(integer, s.sample), float: s.float }));
    try {
      const integer = profile.id === OWN_PROFILE ? converted.integer : await lowered(profile.arithmetic, converted, ctx);
      results.push({ ...profile, problem: undefined, cost: await profileCost(integer, inputs(integer), quiet(ctx)) });
    } catch (error) {
      if (!(error instanceof StudioError) || (error.code !== 'out-of-range' && error.code !== 'accumulator-overflow')) throw error;
      results.push({ ...profile, problem: error.message, cost: undefined });
    }
    await ctx.tick();
    throwIfCancelled(ctx);
  }
  ctx.progress({ stage: 'profiles', done: all.length, total: all.length });
  return { recipeHash: converted.summary.recipeHash, samples: samples.map((s) => s.index), profiles: results };
}

/** What the profiles warn of is told by the conversion that uses one. */
function quiet(ctx: JobContext): Context {
  return { ...ctx, progress: () => undefined, warn: () => undefined };
}

function chosen(ids: readonly string[] | undefined, own: Arithmetic, known: readonly Profile[]): readonly Profile[] {
  const unknown = ids?.find((id) => !known.some((p) => p.id === id));
  if (unknown !== undefined)
    throw new StudioError({
      code: 'bad-usage',
      what: 'There is no such profile',
      expected: known.map((p) => p.id).join(', '),
      got: unknown,
    });
  if (ids) return known.filter((p) => ids.includes(p.id));
  return known.filter((p) => !sameArithmetic(p.arithmetic, own));
}

/** By content: both are plain data with few keys. */
function sameArithmetic(a: Arithmetic, b: Arithmetic): boolean {
  const text = ({ rounding, multiplier, shift, accumulator }: Arithmetic): string =>
    JSON.stringify([rounding, Object.entries(multiplier).sort(), shift, accumulator && [accumulator.bits, accumulator.overflow]]);
  return text(a) === text(b);
}

async function lowered(
  arithmetic: Arithmetic,
  { recipe, quantizers, canonical, calibration, stats, prepared }: Converted,
  ctx: JobContext,
): Promise<IntegerModel> {
  const other = { ...recipe, arithmetic };
  const plan = await planQuantization(canonical, { ...calibration, stats }, other, quiet(ctx), prepared, quantizers);
  return lower(canonical, plan, other, quiet(ctx));
}

async function samplesOf(
  asked: number | undefined,
  runs: number,
  model: OpenModel,
  converted: Converted,
  floatRun: FloatRun,
  source: SampleSource,
  ports: Pick<EnginePorts, 'runner'>,
  ctx: JobContext,
) {
  const all = source.info.samples;
  const quick = Math.floor(QUICK_MACS / Math.max(1, model.summary.macs * runs));
  const count = Math.max(1, Math.min(asked ?? Math.min(MOST_SAMPLES, quick), all));
  const made = [];
  for (let i = 0; i < count; i++) {
    const index = (converted.sampleIndex + i) % all;
    const sample = i === 0 ? converted.sample : await source.sample(index);
    const known = floatRun.source === source && floatRun.index === index && floatRun.reference === converted.prepared.reference;
    const float = known ? floatRun.values : await floatValues(model, converted.prepared.reference, sample, ports, ctx);
    made.push({ index, sample, float });
    throwIfCancelled(ctx);
  }
  return made;
}
