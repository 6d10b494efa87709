/**
 * What a requantization profile costs, layer by layer, on samples: how many outputs differ from the float-scale reference (the
 * hard-rounded float path from the same integers and the exact sum) by 1 LSB and by more, how many sums its accumulator did
 * not hold, and what the SQNR against the float network loses by that; and the SQNR of the network's first output.
 */
import { throwIfCancelled, type Context } from '../base/context';
import { execute } from '../integer/execute';
import { floatReference } from '../integer/float-reference';
import { lawBound } from '../integer/profile-bound';
import type { IntegerModel, IntOp, IntTensor, QuantInfo } from '../ir/integer-model';
import { dequantizeAffine } from '../quant/affine';
import { overflows, withExactSum } from './exact-sum';
import { asRead } from './float-form';
import { decibels, errorPower, type ErrorPower } from './metrics';
import type { ProfileCost, ProfileLayer } from './types';

export interface ProfileSample {
  readonly inputs: ReadonlyMap<string, IntTensor>;
  /** Float activations by name; of samples without them only the first output may be known. */
  readonly float: ReadonlyMap<string, Float32Array>;
}

interface Measured {
  readonly op: IntOp;
  outputs: number;
  offByOne: number;
  offByMore: number;
  maxLsb: number;
  overflows: number;
  /** undefined: some sum was beyond 32 bits. */
  known: boolean;
  integer: ErrorPower;
  reference: ErrorPower;
}

export async function profileCost(model: IntegerModel, samples: readonly ProfileSample[], ctx: Context): Promise<ProfileCost> {
  const layers = new Map<string, Measured>();
  let logits: ErrorPower | undefined;
  for (const sample of samples) {
    const tensors = await execute(model, sample.inputs, { keep: 'all' }, { ...ctx, progress: () => undefined });
    for (const op of model.ops) {
      await measure(op, tensors, model, sample, layers, ctx);
      await ctx.tick();
      throwIfCancelled(ctx);
    }
    const [name = ''] = model.outputs;
    const [want, got] = [sample.float.get(name), realOf(tensors.get(name), model.values.get(name)?.quant)];
    if (want && got && want.length === got.length) logits = plus(logits, errorPower(want, got));
  }
  const made = [...layers.values()].map((m) => layerOf(m, model));
  const sum = (f: (l: ProfileLayer) => number): number => made.reduce((a, l) => a + f(l), 0);
  const outputs = sum((l) => l.outputs);
  const share = (count: number): number => (outputs === 0 ? 0 : count / outputs);
  return {
    logitsSqnrDb: db(logits),
    offByOneShare: share(sum((l) => l.offByOneShare * l.outputs)),
    offByMoreShare: share(sum((l) => l.offByMoreShare * l.outputs)),
    maxLsb: made.reduce((a, l) => Math.max(a, l.maxLsb ?? 0), 0),
    overflows: sum((l) => l.overflows),
    layers: made,
  };
}

async function measure(
  op: IntOp,
  tensors: ReadonlyMap<string, IntTensor>,
  model: IntegerModel,
  sample: ProfileSample,
  layers: Map<string, Measured>,
  ctx: Context,
): Promise<void> {
  const out = tensors.get(op.output);
  const q = model.values.get(op.output)?.quant;
  if (!out || !q || out.data instanceof BigInt64Array) return;
  const exact = await withExactSum(op, tensors, model, ctx);
  const reference = exact && floatReference(op, exact, model);
  if (exact && !reference) return;
  const m = layers.get(op.name) ?? newMeasured(op);
  layers.set(op.name, m);
  m.outputs += out.data.length;
  if (!exact || !reference) {
    m.known = false;
    return;
  }
  for (let i = 0; i < reference.length; i++) {
    const d = Math.abs((out.data[i] as number) - (reference[i] as number));
    if (d === 1) m.offByOne++;
    else if (d > 1) m.offByMore++;
    if (d > m.maxLsb) m.maxLsb = d;
  }
  m.overflows += overflows(op, exact, tensors);
  const float = sample.float.get(op.output);
  // a softmax that leaves its division to a product gives no probabilities
  if (float?.length !== out.data.length || (op.kind === 'softmax' && op.softmax.mode === 'deferred')) return;
  const read = (data: Int32Array | IntTensor['data']): Float32Array =>
    asRead(op, dequantizeAffine(data as Int32Array, q, out.shape), out.shape);
  m.integer = plus(m.integer, errorPower(float, read(out.data)));
  m.reference = plus(m.reference, errorPower(float, read(reference)));
}

function newMeasured(op: IntOp): Measured {
  const none = { signal: 0, noise: 0 };
  return { op, outputs: 0, offByOne: 0, offByMore: 0, maxLsb: 0, overflows: 0, known: true, integer: none, reference: none };
}

function layerOf(m: Measured, model: IntegerModel): ProfileLayer {
  const [sqnrDb, referenceDb] = [db(m.integer), db(m.reference)];
  return {
    id: m.op.name,
    kind: m.op.kind,
    outputs: m.outputs,
    offByOneShare: m.outputs === 0 ? 0 : m.offByOne / m.outputs,
    offByMoreShare: m.outputs === 0 ? 0 : m.offByMore / m.outputs,
    maxLsb: m.known ? m.maxLsb : undefined,
    lawLsb: lawBound(m.op, model),
    overflows: m.overflows,
    sqnrDb,
    changeDb: sqnrDb === undefined || referenceDb === undefined ? undefined : Math.round((sqnrDb - referenceDb) * 100) / 100,
  };
}

function realOf(t: IntTensor | undefined, q: QuantInfo | undefined): Float32Array | undefined {
  return t && q && !(t.data instanceof BigInt64Array) ? dequantizeAffine(t.data, q, t.shape) : undefined;
}

function plus(a: ErrorPower | undefined, b: ErrorPower): ErrorPower {
  return a ? { signal: a.signal + b.signal, noise: a.noise + b.noise } : b;
}

/** Hundredths. undefined: no signal, or no noise at all. */
function db(power: ErrorPower | undefined): number | undefined {
  if (!power || power.signal === 0 || power.noise === 0) return undefined;
  return Math.round(decibels(power) * 100) / 100;
}
