/**
 * Which samples the cost of the non-linear operators is measured on: the converted one, and its next neighbours in the
 * calibration data while the model is small. Measuring what a kind does to the logits takes an execution more per kind
 * and sample; models too large for that have the costs of their ops only.
 */
import { nonlinearCost, nonlinearKinds, quantizeInputs, throwIfCancelled, type CostSample } from '../core/index';
import type { SampleSource } from '../core/calibrate/types';
import type { NonlinearReport } from '../core/analysis/types';
import type { IntegerModel, IntTensor } from '../core/ir/integer-model';
import type { JobContext } from './job';
import { feedsOf, floats, loadOriginal } from './float-run';
import type { EnginePorts } from './ports';
import type { OpenModel } from './state';

const MOST_SAMPLES = 4;
/** Multiplications that all executions together may take for further samples, and at all. */
const QUICK_MACS = 2e9;
const MOST_MACS = 3e10;

export interface ConvertedSample {
  readonly source: SampleSource;
  readonly index: number;
  readonly tensors: ReadonlyMap<string, IntTensor>;
  readonly float: ReadonlyMap<string, Float32Array>;
}

export async function measureNonlinear(
  model: OpenModel,
  integer: IntegerModel,
  first: ConvertedSample,
  ports: Pick<EnginePorts, 'runner'>,
  ctx: JobContext,
): Promise<NonlinearReport | undefined> {
  const kinds = nonlinearKinds(model.canonical, integer);
  if (kinds === 0) return undefined;
  const macs = model.summary.macs * (kinds + 1);
  const count = Math.max(1, Math.min(MOST_SAMPLES, first.source.info.samples, Math.floor(QUICK_MACS / Math.max(1, macs))));
  const [output] = integer.outputs;
  const samples: CostSample[] = [];
  for (let i = 0; i < count; i++) {
    const index = (first.index + i) % first.source.info.samples;
    const inputs = quantizeInputs(integer, await first.source.sample(index));
    const logits = i === 0 && output !== undefined ? first.float.get(output) : undefined;
    samples.push({ index, inputs, tensors: i === 0 ? first.tensors : undefined, logits });
  }
  const known = count === 1 || output === undefined ? samples : await withLogits(model, samples, output, first.source, ports, ctx);
  return nonlinearCost(model.canonical, integer, known, macs <= MOST_MACS, ctx);
}

async function withLogits(
  model: OpenModel,
  samples: readonly CostSample[],
  output: string,
  source: SampleSource,
  ports: Pick<EnginePorts, 'runner'>,
  ctx: JobContext,
): Promise<CostSample[]> {
  // the last float value before an output of whole numbers is no output of the file
  if (!model.summary.outputs.some((o) => o.name === output)) return [...samples];
  const session = await loadOriginal(ports.runner, model, 'wasm', ctx.abort);
  try {
    const known: CostSample[] = [];
    for (const sample of samples) {
      throwIfCancelled(ctx);
      if (sample.logits) known.push(sample);
      else {
        const [logits] = await session.run(feedsOf(await source.sample(sample.index)), [output], ctx.abort);
        known.push({ ...sample, logits: logits && floats(logits) });
      }
    }
    return known;
  } finally {
    await session.close();
  }
}
