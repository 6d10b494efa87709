/**
 * The three paths side by side over a data set: the original model in ONNX Runtime, the fake-quantized one by our own
 * float rules (float64 sums; ONNX Runtime where an operator has none), the integers in the exact executor. Output 0 is taken as logits. Memory does not grow with the number of samples.
 */
import {
  decibels,
  errorPower,
  execute,
  floatExecutor,
  klOfLogits,
  quantizeInputs,
  readModel,
  StudioError,
  throwIfCancelled,
  top1,
} from '../core/index';
import type { Sample, SampleSource } from '../core/calibrate/types';
import type { IntegerModel } from '../core/ir/integer-model';
import type { EvaluationReport } from './api';
import { realOutput } from './convert';
import { feedsOf, floats, loadOriginal } from './float-run';
import type { JobContext } from './job';
import type { EnginePorts, RunnerSession } from './ports';
import type { FloatLogits, OpenModel } from './state';

export interface EvaluationInput {
  readonly model: OpenModel;
  /** The fake-quantized model as ONNX. */
  readonly qdq: Uint8Array;
  readonly integer: IntegerModel;
  readonly source: SampleSource;
  /** undefined: all. */
  readonly samples: number | undefined;
  /** Read and filled, where another recipe is to be evaluated on the same data. */
  readonly floatLogits?: FloatLogits;
}

/** Elements of FP32 logits that are kept at most: 64 MB. */
const KEPT_LOGITS = 2 ** 24;

interface Logits {
  readonly label: number | undefined;
  readonly float: Float32Array;
  readonly fake: Float32Array;
  readonly integer: Float32Array;
}

export async function evaluateModel(
  { model, qdq, integer, source, samples, floatLogits }: EvaluationInput,
  ports: Pick<EnginePorts, 'runner' | 'now' | 'team'>,
  ctx: JobContext,
): Promise<EvaluationReport> {
  const [output] = integer.outputs;
  const total = Math.min(samples ?? Infinity, source.info.samples);
  if (output === undefined || !(total >= 1)) {
    throw new StudioError({
      code: 'bad-usage',
      what: 'There is nothing to evaluate',
      got: output === undefined ? 'no output' : `${total} samples`,
    });
  }
  const began = ports.now();
  ctx.progress({ stage: 'load', done: 0, total: 2 });
  // the last float value before an output of whole numbers is no output of the file
  const own = new Set(model.summary.outputs.map((o) => o.name));
  const further = model.canonical.model.graph.outputs.filter((o) => !own.has(o.name));
  const kept = floatLogits?.source === source && floatLogits.output === output ? floatLogits.values : new Map<number, Float32Array>();
  const closing: (() => Promise<void>)[] = [];
  let float: RunnerSession | undefined;
  const floatOf = async (sample: Sample, i: number): Promise<Float32Array | undefined> => {
    const known = kept.get(i);
    if (known) return known;
    const [tensor] = await named(sample, (float as RunnerSession).run(feedsOf(sample), [output], ctx.abort)); // some are not known: loaded below
    const logits = tensor && floats(tensor);
    if (logits && floatLogits && (kept.size + 1) * logits.length <= KEPT_LOGITS) kept.set(i, logits.slice());
    return logits;
  };
  try {
    for (let i = 0; i < total && float === undefined; i++) {
      if (kept.has(i)) continue;
      float = await loadOriginal(ports.runner, model, 'wasm', ctx.abort, further);
      const session = float;
      closing.push(() => session.close());
    }
    ctx.progress({ stage: 'load', done: 1, total: 2 });
    const fake = await fakePath(qdq, ports.runner, ctx);
    closing.push(() => fake.close());
    ctx.progress({ stage: 'load', done: 2, total: 2 });

    const counts = newCounts();
    const quiet = { ...ctx, progress: () => undefined };
    ctx.progress({ stage: 'evaluate', done: 0, total });
    for (let i = 0; i < total; i++) {
      await ctx.tick();
      throwIfCancelled(ctx);
      const sample = await source.sample(i);
      const inputs = quantizeInputs(integer, sample);
      const a = await floatOf(sample, i);
      const b = await named(sample, fake.run(sample, output));
      const tensors = await named(sample, execute(integer, inputs, { keep: 'outputs', team: ports.team }, quiet));
      const c = realOutput(integer, tensors.get(output), output);
      if (!a || !b || !c) throw new StudioError({ code: 'internal', what: 'A path gave no logits', where: { sample: sample.id } });
      count(counts, { label: sample.label, float: a, fake: b, integer: c });
      ctx.progress({ stage: 'evaluate', done: i + 1, total });
    }
    return report(counts, total, Math.round(ports.now() - began));
  } finally {
    for (const close of closing.reverse()) await close();
  }
}

interface FakePath {
  run(sample: Sample, output: string): Promise<Float32Array | undefined>;
  close(): Promise<void>;
}

async function fakePath(qdq: Uint8Array, runner: EnginePorts['runner'], ctx: JobContext): Promise<FakePath> {
  const quiet = { ...ctx, progress: () => undefined };
  const model = readModel(qdq, 'model/qdq.onnx');
  const own = await floatExecutor(model, quiet);
  if (own) {
    return {
      run: async (sample, output) => {
        const results = await own.run(sample.inputs, quiet);
        const data = results[model.graph.outputs.findIndex((o) => o.name === output)]?.data;
        return data instanceof Float32Array ? data : undefined;
      },
      close: () => Promise.resolve(),
    };
  }
  const session = await runner.load(qdq, { provider: 'wasm', exact: true }, ctx.abort);
  return {
    run: async (sample, output) => {
      const [result] = await session.run(feedsOf(sample), [output], ctx.abort);
      return result && floats(result);
    },
    close: () => session.close(),
  };
}

async function named<T>(sample: Sample, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (error) {
    if (!(error instanceof StudioError)) throw error;
    throw new StudioError({ ...error.fields, where: { sample: sample.id, ...error.fields.where } });
  }
}

interface Counts {
  labelled: number;
  floatRight: number;
  fakeRight: number;
  integerRight: number;
  agree: number;
  fakeAgree: number;
  kl: number;
  signal: number;
  noise: number;
}

function newCounts(): Counts {
  return { labelled: 0, floatRight: 0, fakeRight: 0, integerRight: 0, agree: 0, fakeAgree: 0, kl: 0, signal: 0, noise: 0 };
}

function count(c: Counts, { label, float, fake, integer }: Logits): void {
  const [f, k, n] = [top1(float), top1(fake), top1(integer)];
  if (label !== undefined) {
    c.labelled++;
    c.floatRight += Number(f === label);
    c.fakeRight += Number(k === label);
    c.integerRight += Number(n === label);
  }
  c.agree += Number(f === n);
  c.fakeAgree += Number(k === n);
  c.kl += klOfLogits(float, integer);
  const { signal, noise } = errorPower(float, integer);
  c.signal += signal;
  c.noise += noise;
}

function report(c: Counts, samples: number, wallMs: number): EvaluationReport {
  const share = (right: number): number | undefined => (c.labelled > 0 ? right / c.labelled : undefined);
  return {
    samples,
    labelled: c.labelled > 0,
    fp32Top1: share(c.floatRight),
    fakeTop1: share(c.fakeRight),
    intTop1: share(c.integerRight),
    agreement: c.agree / samples,
    fakeIntAgreement: c.fakeAgree / samples,
    kl: c.kl / samples,
    logitsSqnrDb: decibels(c),
    wallMs,
  };
}
