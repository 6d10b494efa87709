/**
 * One recipe of a comparison: to integers, and over the test data beside the float model. Keeps nothing of the integer model:
 * no reports of layers, no tensors. Changes no state but what it is handed to fill: learned layers and FP32 logits.
 */
import { lower, planQuantization, prepare, qdqModel, refuseRevived, weightBytes } from '../core/index';
import type { CalibrationShard, SampleSource } from '../core/calibrate/types';
import type { Finished } from '../core/prepare/types';
import type { Quantizers } from '../core/quant/registry';
import type { Recipe } from '../core/recipe/recipe';
import type { RecipeResult } from '../core/recipe/recipe-table';
import { syntheticWarning } from './calibrate';
import { memoryOf } from './convert';
import { evaluateModel } from './evaluate';
import { floatRunner } from './float-run';
import type { JobContext } from './job';
import type { EnginePorts } from './ports';
import type { FloatLogits, OpenModel } from './state';

export interface TryRequest {
  readonly recipe: Recipe;
  readonly quantizers: Quantizers;
  /** Of the test data; undefined: all. */
  readonly samples: number | undefined;
  /** Bytes of activations that learning keeps in memory; undefined: the core's own. */
  readonly memory: number | undefined;
  readonly model: OpenModel;
  readonly calibration: CalibrationShard;
  /** The calibration data. */
  readonly source: SampleSource;
  /** The test data. */
  readonly data: SampleSource;
  readonly finished: Finished;
  readonly floatLogits: FloatLogits;
}

export async function tryRecipe(
  { recipe, quantizers, samples, memory: budget, model, calibration, source, data, finished, floatLogits }: TryRequest,
  ports: Pick<EnginePorts, 'runner' | 'now' | 'team' | 'openScratch'>,
  ctx: JobContext,
): Promise<RecipeResult> {
  const began = ports.now();
  if (calibration.source === 'synthetic') ctx.warn(syntheticWarning);
  const before = finished.weights.size + finished.steps.size + finished.blocks.size;
  if (before > 0)
    ctx.warn({ code: 'learned-before', message: 'What an earlier run has learned was taken over: the time to convert leaves it out' });
  const runner = floatRunner(ports.runner, ctx.abort, 'wasm');
  const memory = memoryOf(budget, ports);
  const prepared = await prepare({ canonical: model.canonical, calibration, recipe, quantizers, source, runner, finished, memory }, ctx);
  const { canonical, stats } = prepared;
  const plan = await planQuantization(canonical, { ...calibration, stats }, recipe, ctx, prepared, quantizers);
  refuseRevived(canonical, plan.weights, prepared.masks, recipe);
  const integer = lower(canonical, plan, recipe, ctx);
  const qdq = qdqModel(canonical, plan, recipe);
  const convertMs = Math.round(ports.now() - began);
  const report = await evaluateModel({ model, qdq, integer, source: data, samples, floatLogits }, ports, ctx);
  const { fp32Top1, fakeTop1, intTop1, agreement, fakeIntAgreement, kl, logitsSqnrDb } = report;
  return {
    samples: report.samples,
    fp32Top1,
    fakeTop1,
    intTop1,
    agreement,
    fakeIntAgreement,
    kl,
    logitsSqnrDb,
    weightBytes: weightBytes(integer),
    islands: integer.islands.length,
    convertMs,
    evaluateMs: report.wallMs,
    warnings: [...new Set(ctx.warnings.map((w) => w.message))],
  };
}
