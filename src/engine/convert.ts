/**
 * From a calibrated model and a recipe to integers: plan, lower, one sample executed exactly, and the report of
 * every layer against the float model on the same sample. Changes no state.
 */
import {
  dequantizeAffine,
  execute,
  KEPT_REASON,
  layerReports,
  lower,
  planQuantization,
  prepare,
  quantizeInputs,
  recipeHash,
  refuseRevived,
  registerRefusal,
  sqnrDb,
  StudioError,
  throwIfCancelled,
  watched,
  weightBytes,
} from '../core/index';
import type { HoldOptions } from '../core/base/hold';
import type { CalibrationShard, Sample, SampleSource } from '../core/calibrate/types';
import type { IntegerModel, IntTensor } from '../core/ir/integer-model';
import type { CanonicalModel } from '../core/ir/model';
import type { Warning } from '../core/base/context';
import type { Finished } from '../core/prepare/types';
import type { Quantizers } from '../core/quant/registry';
import type { Recipe } from '../core/recipe/recipe';
import type { ConvertOptions } from './api';
import { syntheticWarning } from './calibrate';
import { floatRunner, valueSession } from './float-run';
import type { JobContext } from './job';
import { measureNonlinear } from './nonlinear';
import type { EnginePorts, Provider, Runner } from './ports';
import type { Converted, FloatRun, OpenModel } from './state';

/** Above this many multiplications the float64 recomputation behind the local SQNR is left out: it would take minutes. */
const LOCAL_MACS = 5e10;

export interface ConvertRequest extends ConvertOptions {
  readonly recipe: Recipe;
}

export async function convertModel(
  request: ConvertRequest,
  model: OpenModel,
  calibration: CalibrationShard,
  source: SampleSource,
  known: { readonly floatRun: FloatRun | undefined; readonly finished: Finished; readonly quantizers: Quantizers },
  ports: Pick<EnginePorts, 'runner' | 'team' | 'openScratch'>,
  ctx: JobContext,
): Promise<{ converted: Converted; floatRun: FloatRun }> {
  const { recipe, provider = 'wasm' } = request;
  await refuseMissing(provider, ports.runner);
  if (calibration.source === 'synthetic') ctx.warn(syntheticWarning);
  const runner = floatRunner(ports.runner, ctx.abort, provider);
  const memory = memoryOf(request.memory, ports);
  const watch = watched(known.quantizers);
  const { quantizers } = watch;
  const prepared = await prepare(
    { canonical: model.canonical, calibration, recipe, quantizers, source, runner, finished: known.finished, memory },
    ctx,
  );
  if (provider !== 'wasm' && prepared.notes.some((n) => n.step === 'learn' && n.done)) ctx.warn(otherProvider(provider));
  const { canonical, reference, stats } = prepared;
  const plan = await planQuantization(canonical, { ...calibration, stats }, recipe, ctx, prepared, quantizers);
  refuseRevived(canonical, plan.weights, prepared.masks, recipe);
  if (request.strict) refuseIslands(canonical, plan.islands);
  const integer = lower(canonical, plan, recipe, ctx);
  const refusal = registerRefusal(integer);
  if (refusal !== undefined) ctx.warn({ code: 'no-integer-onnx', message: `The bundle will hold no model/integer.onnx: ${refusal}` });
  await ctx.tick();
  throwIfCancelled(ctx);
  const sample = await source.sample(request.sampleIndex);
  const tensors = await execute(integer, quantizeInputs(integer, sample), { keep: 'all', team: ports.team }, ctx);
  const ran = known.floatRun;
  const floatRun =
    ran && ran.source === source && ran.index === request.sampleIndex && ran.reference === reference
      ? ran
      : { source, index: request.sampleIndex, reference, values: await floatValues(model, reference, sample, ports, ctx) };
  const local = model.summary.macs <= LOCAL_MACS;
  const layers = await layerReports({ canonical, model: integer, tensors, float: floatRun.values, stats, local }, ctx);
  const first = { source, index: request.sampleIndex, tensors, float: floatRun.values };
  const nonlinear = await measureNonlinear({ ...model, canonical }, integer, first, ports, ctx);
  const plugins = watch.needed(recipe);
  const converted: Converted = {
    calibration,
    canonical,
    stats,
    prepared,
    recipe: plugins.length === 0 ? recipe : { ...recipe, plugins: plugins.map(({ name, sha256 }) => ({ name, sha256 })) },
    quantizers: known.quantizers,
    plugins,
    plan,
    integer,
    sample,
    sampleIndex: request.sampleIndex,
    tensors,
    summary: {
      recipeHash: recipeHash(recipe),
      layers,
      islands: integer.islands.map((i) => ({ node: stemOf(canonical, i.node), op: i.op, reason: i.reason, output: i.output })),
      warnings: [...ctx.warnings],
      prepared: { samples: prepared.samples, notes: prepared.notes },
      weightBytes: weightBytes(integer),
      logitsSqnrDb: logitsSqnr(integer, tensors, floatRun.values),
      nonlinear,
      sampleIndex: request.sampleIndex,
    },
  };
  return { converted, floatRun };
}

/** `budget`: bytes; undefined: the core's own. */
export const memoryOf = (budget: number | undefined, { openScratch }: Pick<EnginePorts, 'openScratch'>): Partial<HoldOptions> => ({
  scratch: openScratch,
  ...(budget === undefined ? {} : { budget }),
});

async function refuseMissing(provider: Provider, runner: Pick<Runner, 'providers'>): Promise<void> {
  if (provider === 'wasm') return;
  const available = await runner.providers();
  if (available.includes(provider)) return;
  throw new StudioError({
    code: 'bad-usage',
    what: `${provider} is not available here`,
    expected: available.join(' or '),
    todo: 'Learn on another provider.',
  });
}

const otherProvider = (provider: Provider): Warning => ({
  code: 'not-reproducible',
  message: `Learned on ${provider}: another device may learn other integers. Learn on wasm for a bundle that can be made again.`,
});

function refuseIslands(canonical: CanonicalModel, islands: ReadonlyMap<string, string>): void {
  for (const [id, reason] of islands) {
    const op = canonical.model.graph.nodes.find((n) => n.id === id)?.op;
    throw new StudioError({
      code: 'unsupported-operator',
      what: `${islands.size === 1 ? 'One operator' : `${islands.size} operators`} would run in float: ${reason}`,
      where: { node: stemOf(canonical, id), ...(op === undefined ? {} : { op }) },
      todo:
        reason === KEPT_REASON
          ? 'Strict allows no float island, asked for or not: leave out strict, or take keep=float out of the recipe.'
          : 'Leave out strict to let it run as a float island.',
    });
  }
}

function stemOf(canonical: CanonicalModel, id: string): string {
  for (const [node, stem] of canonical.stems) if (node === id) return stem;
  return id;
}

/** Every float tensor of the canonical graph for one sample, its inputs included. */
export async function floatValues(
  model: OpenModel,
  reference: CanonicalModel,
  sample: Sample,
  ports: Pick<EnginePorts, 'runner'>,
  ctx: JobContext,
): Promise<ReadonlyMap<string, Float32Array>> {
  const { graph } = model.canonical.model;
  const wanted = graph.nodes.flatMap((n) => n.outputs).filter((v) => graph.values.get(v)?.dtype === 'float32');
  const values = new Map<string, Float32Array>(await (reference === model.canonical ? ofFile() : ofReference()));
  for (const [name, input] of sample.inputs) if (input.data instanceof Float32Array) values.set(name, input.data);
  return values;

  async function ofFile(): Promise<ReadonlyMap<string, Float32Array>> {
    const session = await valueSession(ports.runner, model, wanted, 'wasm', ctx.abort);
    try {
      return await session.run(sample);
    } finally {
      await session.close();
    }
  }

  /** Equalization and smoothing give inner tensors other units than the file has. */
  async function ofReference(): Promise<ReadonlyMap<string, Float32Array>> {
    const session = await floatRunner(ports.runner, ctx.abort).open(reference, wanted, []);
    try {
      return (await session.run(sample)).values;
    } finally {
      await session.close();
    }
  }
}

function logitsSqnr(
  integer: IntegerModel,
  tensors: ReadonlyMap<string, IntTensor>,
  float: ReadonlyMap<string, Float32Array>,
): number | undefined {
  const [name] = integer.outputs;
  const reference = name === undefined ? undefined : float.get(name);
  const logits = name === undefined ? undefined : realOutput(integer, tensors.get(name), name);
  const db = reference && logits ? sqnrDb(reference, logits) : undefined;
  return db !== undefined && Number.isFinite(db) ? db : undefined;
}

/** An output of the integer model in real units. */
export function realOutput(integer: IntegerModel, tensor: IntTensor | undefined, name: string): Float32Array | undefined {
  const q = integer.values.get(name)?.quant;
  return tensor && q && !(tensor.data instanceof BigInt64Array) ? dequantizeAffine(tensor.data, q) : undefined;
}
