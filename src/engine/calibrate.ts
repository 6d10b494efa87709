/**
 * Calibration of the open model on its data: the core's fold, fed by a runtime session of the original file
 * with every observed tensor as an extra output. Changes no state.
 */
import { calibrate, observedValues, StudioError, wholeInputCheck } from '../core/index';
import type { CalibrationShard, Sample, SampleSource } from '../core/calibrate/types';
import type { Warning } from '../core/base/context';
import type { CalibrationSummary } from './api';
import { valueSession } from './float-run';
import type { JobContext } from './job';
import type { EnginePorts, Provider } from './ports';
import type { Calibrated, OpenModel } from './state';

export interface CalibrateRequest {
  readonly samples: number;
  readonly provider: Provider;
  readonly shard?: { readonly index: number; readonly count: number };
}

export async function calibrateModel(
  request: CalibrateRequest,
  model: OpenModel,
  source: SampleSource,
  ports: Pick<EnginePorts, 'runner' | 'now'>,
  ctx: JobContext,
): Promise<Calibrated> {
  if (!Number.isInteger(request.samples) || request.samples < 1) {
    throw new StudioError({
      code: 'bad-usage',
      what: 'The number of samples is not usable',
      expected: 'a whole number above 0',
      got: String(request.samples),
    });
  }
  const available = await ports.runner.providers();
  if (!available.includes(request.provider)) {
    throw new StudioError({
      code: 'bad-usage',
      what: `${request.provider} is not available here`,
      expected: available.join(' or '),
      todo: 'Choose another provider.',
    });
  }
  if (request.samples > source.info.samples) {
    ctx.warn({ code: 'few-samples', message: `${request.samples} samples were asked for, the data have ${source.info.samples}` });
  }
  const values = observedValues(model.canonical);
  ctx.progress({ stage: 'load', done: 0, total: 1 });
  const session = await valueSession(ports.runner, model, values, request.provider, ctx.abort);
  try {
    ctx.progress({ stage: 'load', done: 1, total: 1 });
    const { samples, provider, shard } = request;
    const options = { samples, provider, model: model.identity, now: () => ports.now(), ...(shard ? { shard } : {}) };
    const check = wholeInputCheck(model.canonical);
    const run = async (sample: Sample) => {
      check(sample);
      return session.run(sample);
    };
    const result = await calibrate(source, run, values, options, ctx);
    return { shard: result, summary: calibrationSummary(result, session.threads, ctx.warnings) };
  } finally {
    await session.close();
  }
}

export function calibrationSummary(shard: CalibrationShard, threads: number, warnings: readonly Warning[]): CalibrationSummary {
  const { samples, source, sha256, provider, wallMs, stats } = shard;
  return {
    samples,
    source,
    sha256,
    provider,
    threads,
    wallMs,
    tensors: stats.size,
    warnings: [...(source === 'synthetic' ? [syntheticWarning] : []), ...warnings],
  };
}

/** Said at every step that builds on made-up data. */
export const syntheticWarning: Warning = {
  code: 'synthetic-data',
  message:
    'Calibrated on SYNTHETIC data: ranges and accuracy say nothing about real inputs. Calibrate on real samples before you trust a result.',
};
