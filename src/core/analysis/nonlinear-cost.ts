/**
 * What the integer form of each non-linear operator costs in accuracy, on calibration samples. Three numbers of an op,
 * all against the float function of the op's own integers:
 *   `integerDb`: SQNR of the op's integer output; `floatDb`: SQNR of the float function's value under the output's
 *   quantizer, which is what a float island gives; `costDb` = floatDb - integerDb, what the integer form alone costs.
 * A softmax that defers its division counts as its reader divides it. Powers are summed over samples. A kind has the mean noise-to-signal ratio of its ops, and the SQNR of the logits (against
 * FP32) were all ops of the kind run in float between the same quantizers.
 */
import { throwIfCancelled, type Context } from '../base/context';
import { log } from '../base/math';
import { execute } from '../integer/execute';
import { islandFloats } from '../integer/execute/island';
import type { FloatIsland, IntegerModel, IntOp, IntTensor, QuantInfo } from '../ir/integer-model';
import type { CanonicalModel, Node } from '../ir/model';
import { scalarFunction } from '../ops/lower/functions';
import { dequantizeAffine, fakeQuantizeAffine } from '../quant/affine';
import { asRead, floatForm, nodesByStem, withFloatForms } from './float-form';
import { decibels, errorPower, type ErrorPower } from './metrics';
import type { NonlinearKind, NonlinearReport } from './types';

export interface CostSample {
  readonly index: number;
  readonly inputs: ReadonlyMap<string, IntTensor>;
  /** Every activation of the sample, where it was executed before. */
  readonly tensors: ReadonlyMap<string, IntTensor> | undefined;
  /** FP32 values of output 0. */
  readonly logits: Float32Array | undefined;
}

interface Measured {
  readonly op: IntOp;
  readonly kind: string;
  readonly q: QuantInfo;
  readonly form: FloatIsland;
  integer: ErrorPower;
  float: ErrorPower;
}

const names: Readonly<Record<string, string>> = {
  LayerNormalization: 'LayerNorm',
  RMSNormalization: 'RMSNorm',
  SimplifiedLayerNormalization: 'RMSNorm',
  Gelu: 'GELU',
  Silu: 'SiLU',
  Swish: 'SiLU',
  PRelu: 'PReLU',
  LeakyRelu: 'LeakyReLU',
};

/** How the cost table calls the node's function; undefined: it is no function that an integer form approximates. */
function kindOf(op: IntOp, node: Node): string | undefined {
  if (op.kind !== 'softmax' && op.kind !== 'layernorm' && op.kind !== 'lut') return undefined;
  const known = op.kind !== 'lut' || scalarFunction(node) !== undefined || node.op === 'PRelu' || node.op === 'Pow';
  return known ? (names[node.op] ?? node.op) : undefined;
}

function measurable(c: CanonicalModel, model: IntegerModel): Measured[] {
  const nodes = nodesByStem(c);
  return model.ops.flatMap((op, at): Measured[] => {
    const node = nodes.get(op.name);
    const kind = node && kindOf(op, node);
    const q = model.values.get(op.output)?.quant;
    const form = kind !== undefined && q ? floatForm(op, node as Node, c, model, at) : undefined;
    const none = { signal: 0, noise: 0 };
    return kind !== undefined && q && form ? [{ op, kind, q, form, integer: none, float: none }] : [];
  });
}

/** Kinds of non-linear operators that the model has: each costs one more execution a sample to measure its effect. */
export function nonlinearKinds(c: CanonicalModel, model: IntegerModel): number {
  return new Set(measurable(c, model).map((m) => m.kind)).size;
}

/** `effects`: run each kind in float too. undefined: the model has no such operator. */
export async function nonlinearCost(
  c: CanonicalModel,
  model: IntegerModel,
  samples: readonly CostSample[],
  effects: boolean,
  ctx: Context,
): Promise<NonlinearReport | undefined> {
  const all = measurable(c, model);
  if (all.length === 0 || samples.length === 0) return undefined;
  const kinds = [...new Set(all.map((m) => m.kind))];
  const quiet: Context = { ...ctx, progress: () => undefined };
  const inFloat = new Map(
    kinds.map(
      (kind) =>
        [
          kind,
          withFloatForms(
            model,
            all.filter((m) => m.kind === kind).map((m) => m.form),
          ),
        ] as const,
    ),
  );
  const reached = new Map<string, ErrorPower>();
  const reach = (key: string, reference: Float32Array | undefined, tensors: ReadonlyMap<string, IntTensor>): void => {
    const logits = outputOf(model, tensors);
    if (reference && logits?.length === reference.length) reached.set(key, plus(reached.get(key), errorPower(reference, logits)));
  };
  const total = samples.length * (1 + (effects ? kinds.length : 0));
  let done = 0;
  const step = async (): Promise<void> => {
    ctx.progress({ stage: 'cost', done: ++done, total });
    await ctx.tick();
    throwIfCancelled(ctx);
  };
  ctx.progress({ stage: 'cost', done, total });
  for (const sample of samples) {
    const tensors = sample.tensors ?? (await execute(model, sample.inputs, { keep: 'all' }, quiet));
    for (const m of all) measure(m, tensors, model);
    reach(INTEGER, sample.logits, tensors);
    await step();
    if (!effects) continue;
    for (const [kind, changed] of inFloat) {
      reach(kind, sample.logits, await execute(changed, sample.inputs, { keep: 'outputs' }, quiet));
      await step();
    }
  }
  const db = (power: ErrorPower | undefined): number | undefined => (power && power.signal > 0 ? rounded(decibels(power)) : undefined);
  return {
    samples: samples.map((s) => s.index),
    logitsSqnrDb: db(reached.get(INTEGER)),
    kinds: kinds.map((kind): NonlinearKind => {
      const of = all.filter((m) => m.kind === kind);
      const [integerDb, floatDb] = [meanDb(of.map((m) => m.integer)), meanDb(of.map((m) => m.float))];
      return { kind, ops: of.length, integerDb, floatDb, costDb: cost(integerDb, floatDb), logitsSqnrDb: db(reached.get(kind)) };
    }),
    ops: all.map((m) => {
      const [integerDb, floatDb] = [db(m.integer), db(m.float)];
      return { id: m.op.name, kind: m.kind, integerDb, floatDb, costDb: cost(integerDb, floatDb) };
    }),
  };
}

/** Key of the model as it is, which no operator is called. */
const INTEGER = '';

function measure(m: Measured, tensors: ReadonlyMap<string, IntTensor>, model: IntegerModel): void {
  const reference = islandFloats(m.form, tensors, model);
  const data = tensors.get(m.op.output)?.data;
  if (!data || data instanceof BigInt64Array) return;
  const shape = model.values.get(m.op.output)?.shape ?? [];
  m.integer = plus(m.integer, errorPower(reference, asRead(m.op, dequantizeAffine(data, m.q), shape)));
  m.float = plus(m.float, errorPower(reference, asRead(m.op, fakeQuantizeAffine(reference, m.q), shape)));
}

function outputOf(model: IntegerModel, tensors: ReadonlyMap<string, IntTensor>): Float32Array | undefined {
  const name = model.outputs[0] ?? '';
  const q = model.values.get(name)?.quant;
  const data = tensors.get(name)?.data;
  return q && data && !(data instanceof BigInt64Array) ? dequantizeAffine(data, q) : undefined;
}

function plus(a: ErrorPower | undefined, b: ErrorPower): ErrorPower {
  return a ? { signal: a.signal + b.signal, noise: a.noise + b.noise } : b;
}

/** Of the mean ratio of noise to signal: every op counts the same, whatever its size. */
function meanDb(powers: readonly ErrorPower[]): number | undefined {
  const heard = powers.filter((p) => p.signal > 0);
  if (heard.length === 0) return undefined;
  const ratio = heard.reduce((sum, p) => sum + p.noise / p.signal, 0) / heard.length;
  return rounded(ratio === 0 ? Infinity : (-10 * log(ratio)) / Math.LN10);
}

function cost(integerDb: number | undefined, floatDb: number | undefined): number | undefined {
  // both without any noise: the integer form is exact, and so is the quantizer
  if (integerDb === undefined && floatDb === undefined) return 0;
  return integerDb === undefined || floatDb === undefined ? undefined : rounded(floatDb - integerDb);
}

/** Hundredths: what is shown and stored. Infinity (no noise at all) is no ratio to show. */
function rounded(db: number): number | undefined {
  return Number.isFinite(db) ? Math.round(db * 100) / 100 : undefined;
}
