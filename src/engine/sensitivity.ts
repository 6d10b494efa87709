/**
 * The sensitivity sweep on the open model and its calibration samples. The network is prepared as the recipe says, without what
 * is learned; logits of the original come from the float runtime. Points that were measured stay for the next sweep of the same kind.
 */
import { prepare, recipeEstimate, recipeHash, StudioError, sweep, sweepRecipe, tensorErrors, throwIfCancelled } from '../core/index';
import type { RecipeEstimate, SensitivityReport } from '../core/analysis/sensitivity/types';
import type { SweepSample } from '../core/analysis/sensitivity/sweep';
import type { TensorErrors } from '../core/analysis/sensitivity/tensor-errors';
import type { CalibrationShard, SampleSource } from '../core/calibrate/types';
import type { Quantizers } from '../core/quant/registry';
import type { Recipe } from '../core/recipe/recipe';
import { feedsOf, floatRunner, floats, loadOriginal } from './float-run';
import type { JobContext } from './job';
import type { EnginePorts } from './ports';
import type { SensitivityRequest } from './sensitivity-api';
import type { OpenModel, Swept } from './state';

const MOST_SAMPLES = 8;
/** Multiplications that a sweep may take by default: from seconds to few minutes. */
const QUICK_MACS = 2e11;

export interface SweepRequest extends SensitivityRequest {
  readonly quantizers: Quantizers;
  readonly before: Swept | undefined;
}

export async function sweepModel(
  request: SweepRequest,
  model: OpenModel,
  calibration: CalibrationShard,
  source: SampleSource,
  ports: Pick<EnginePorts, 'runner'>,
  keep: (swept: Swept) => void,
  ctx: JobContext,
): Promise<SensitivityReport> {
  const { weightBits, activationBits } = request;
  const wrong = [...weightBits, ...activationBits].find((b) => !Number.isInteger(b) || b < 2 || b > 7);
  if (wrong !== undefined || weightBits.length + activationBits.length === 0) {
    throw new StudioError({
      code: 'bad-usage',
      what: 'There are no bits to try',
      expected: 'whole numbers from 2 to 7: what is compared with has 8',
      got: String(wrong ?? 'none'),
    });
  }
  const { quantizers } = request;
  const under = sweepRecipe(request.recipe, quantizers);
  const count = samplesFor(request, model, source);
  const of = [model, calibration, source, quantizers, recipeHash(under.recipe), count];
  const swept = request.before && of.every((x, i) => x === request.before?.of[i]) ? request.before : { of, known: new Map() };
  keep(swept);
  const quiet = { ...ctx, warn: () => undefined };
  const runner = floatRunner(ports.runner, ctx.abort);
  const decided = await prepare({ canonical: model.canonical, calibration, recipe: under.recipe, quantizers, source, runner }, quiet);
  const { canonical, stats } = decided;
  const samples = await logitsOf(count, model, source, ports, ctx);
  return sweep(
    {
      canonical,
      calibration: { ...calibration, stats },
      under,
      decided,
      quantizers,
      samples,
      weightBits,
      activationBits,
      known: swept.known,
    },
    quiet,
  );
}

/** As many as a default sweep can run in reasonable time. */
function samplesFor({ samples, weightBits, activationBits }: SensitivityRequest, model: OpenModel, source: SampleSource): number {
  const layers = model.graph.cards.filter((c) => c.macs > 0).length;
  const runs = Math.max(1, layers * (weightBits.length + activationBits.length) * model.summary.macs);
  const wanted = samples ?? Math.min(MOST_SAMPLES, Math.floor(QUICK_MACS / runs));
  return Math.max(1, Math.min(wanted, source.info.samples));
}

async function logitsOf(
  count: number,
  model: OpenModel,
  source: SampleSource,
  ports: Pick<EnginePorts, 'runner'>,
  ctx: JobContext,
): Promise<SweepSample[]> {
  const [output] = model.canonical.model.graph.outputs;
  if (!output) throw new StudioError({ code: 'bad-usage', what: 'The model has no output to compare' });
  const own = model.summary.outputs.some((o) => o.name === output.name);
  const session = await loadOriginal(ports.runner, model, 'wasm', ctx.abort, own ? [] : [output]);
  try {
    const made: SweepSample[] = [];
    ctx.progress({ stage: 'float', done: 0, total: count });
    for (let index = 0; index < count; index++) {
      const sample = await source.sample(index);
      const [logits] = await session.run(feedsOf(sample), [output.name], ctx.abort);
      if (!logits) throw new StudioError({ code: 'internal', what: 'The model gave no logits', where: { sample: sample.id } });
      made.push({ index, sample, logits: floats(logits).slice() });
      ctx.progress({ stage: 'float', done: index + 1, total: count });
      throwIfCancelled(ctx);
    }
    return made;
  } finally {
    await session.close();
  }
}

/** Errors of tensors, kept as long as model and calibration are. */
const errorsOf = new WeakMap<object, { readonly quantizers: Quantizers; readonly errors: TensorErrors }>();

export async function estimateRecipe(
  recipe: Recipe,
  quantizers: Quantizers,
  report: SensitivityReport | undefined,
  model: OpenModel,
  calibration: CalibrationShard | undefined,
): Promise<RecipeEstimate> {
  const { canonical } = model;
  const key = calibration ?? model;
  const known = errorsOf.get(key);
  const errors = known?.quantizers === quantizers ? known.errors : tensorErrors(canonical, calibration ?? { stats: new Map() }, quantizers);
  errorsOf.set(key, { quantizers, errors });
  return recipeEstimate({ canonical, recipe, sweep: report, errors, quantizers });
}
