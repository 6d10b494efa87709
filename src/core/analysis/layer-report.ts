/**
 * One row per integer op: widths, cost, and how far the integers are from the float model on one sample.
 * Cumulative SQNR compares with the FP32 activation; local SQNR with the op's float rule fed with the op's own
 * dequantized inputs, so that it shows what this op adds; LSB differences with the hard-rounded float path.
 */
import { throwIfCancelled, type Context } from '../base/context';
import { islandFloats } from '../integer/execute/island';
import { floatReference } from '../integer/float-reference';
import { softmaxWarnings } from '../integer/softmax-report';
import type { IntConstant, IntegerModel, IntOp, IntTensor, QuantInfo } from '../ir/integer-model';
import { isSigned, rangeOf, signedBits, storageBits } from '../ir/int-tensor';
import type { CanonicalModel, Node, ValueName } from '../ir/model';
import { sameShape, sizeOf, type Tensor } from '../ir/tensor';
import { familyOf } from '../ops/registry';
import { dequantizeAffine } from '../quant/affine';
import type { ActivationStats } from '../quant/quantizer';
import { clippedShare, clippedShareOfStats } from './distribution';
import { withExactSum } from './exact-sum';
import { asRead, floatForm, nodesByStem } from './float-form';
import { sqnrDb } from './metrics';
import type { LayerReport } from './types';

export interface LayerReportInput {
  readonly canonical: CanonicalModel;
  readonly model: IntegerModel;
  /** Every activation and accumulator of the sample. */
  readonly tensors: ReadonlyMap<string, IntTensor>;
  /** FP32 activations of the same sample, by value name; those that are missing have no cumulative SQNR. */
  readonly float: ReadonlyMap<string, Float32Array>;
  readonly stats: ReadonlyMap<ValueName, ActivationStats> | undefined;
  /** Recompute every op in float64 for the local SQNR: slow on large models. */
  readonly local: boolean;
}

export async function layerReports(input: LayerReportInput, ctx: Context): Promise<LayerReport[]> {
  const nodes = nodesByStem(input.canonical);
  const reports: LayerReport[] = [];
  for (const op of input.model.ops) {
    const exact = await withExactSum(op, input.tensors, input.model, ctx);
    reports.push(reportOf(op, nodes.get(op.name), input, exact));
    if (op.kind === 'softmax') for (const w of softmaxWarnings(op, input.tensors, input.model)) ctx.warn(w);
    ctx.progress({ stage: 'report', done: reports.length, total: input.model.ops.length });
    await ctx.tick();
    throwIfCancelled(ctx);
  }
  return reports;
}

/** Packed bytes of all weights at their widths: embeddings, constant operands and the gains of layer norms among them. Biases have their type. */
export function weightBytes(model: IntegerModel): number {
  let bytes = 0;
  const seen = new Set<string>();
  for (const op of model.ops) {
    for (const name of learned(op)) {
      const c = name === undefined || seen.has(name) ? undefined : model.constants.get(name);
      if (!c || name === undefined) continue;
      seen.add(name);
      bytes += Math.ceil((c.data.length * (c.coded?.bits ?? c.quant?.bits ?? storageBits(c.dtype))) / 8);
    }
  }
  return bytes;
}

/** Constants that were trained. Multipliers, shifts and tables are made by the converter. */
function learned(op: IntOp): readonly (string | undefined)[] {
  if ('weight' in op) return [op.weight, op.bias];
  if (op.kind === 'layernorm') return [op.layernorm.G, op.layernorm.H];
  if (op.kind === 'gather') return [op.table];
  return 'operands' in op ? (op.operands ?? []) : [];
}

/** `exact`: the tensors with the exact sum in the place of what a register kept; undefined where nobody knows it. */
function reportOf(
  op: IntOp,
  node: Node | undefined,
  input: LayerReportInput,
  exact: ReadonlyMap<string, IntTensor> | undefined,
): LayerReport {
  const { model, tensors } = input;
  const weight = 'weight' in op && op.weight !== undefined ? model.constants.get(op.weight) : undefined;
  const q = model.values.get(op.output)?.quant;
  const out = tensors.get(op.output);
  const plain = q && out ? dequantized(out, q) : undefined;
  const real = plain && out ? asRead(op, plain, out.shape) : undefined;
  const float = input.float.get(op.output);
  const acc = 'acc' in op && op.acc !== undefined ? tensors.get(op.acc) : undefined;
  return {
    id: op.name,
    kind: op.kind,
    main: op.kind === 'conv' || op.kind === 'gemm' || op.kind === 'matmul',
    weightBits: weight && (weight.coded?.bits ?? weight.quant?.bits ?? storageBits(weight.dtype)),
    inputBits: Math.max(...op.inputs.map((name) => model.values.get(name)?.quant?.bits ?? 0), 0),
    outputBits: q?.bits ?? 0,
    macs: op.macs,
    dtypes: dtypesOf(weight, q),
    sqnrLocalDb: real && input.local ? finite(localSqnr(op, node, real, input)) : undefined,
    // a softmax whose division is deferred gives no probabilities
    sqnrDb:
      real && float?.length === real.length && !(op.kind === 'softmax' && op.softmax.mode === 'deferred')
        ? finite(sqnrDb(float, real))
        : undefined,
    ...differences(op, out, input.model, exact),
    clippedShare: q && clipped(op, q, input),
    accumulator:
      'accumulator' in op && op.accumulator && acc
        ? { boundBits: op.accumulator.boundBits, seenBits: signedBits(rangeOf(acc.data)) }
        : undefined,
  };
}

/** Of weights and output; a code table stores codes of fewer bits than its integers have. */
function dtypesOf(weight: IntConstant | undefined, q: QuantInfo | undefined): readonly string[] {
  const name = (signed: boolean, bits: number) => `${signed ? 'int' : 'uint'}${bits}`;
  return [
    ...(weight
      ? [name(weight.quant?.signed ?? isSigned(weight.dtype), weight.coded?.bits ?? weight.quant?.bits ?? storageBits(weight.dtype))]
      : []),
    ...(q ? [name(q.signed, q.bits)] : []),
  ];
}

/** Without +Infinity: two equal tensors have no ratio to show. */
function finite(db: number | undefined): number | undefined {
  return db !== undefined && Number.isFinite(db) ? db : undefined;
}

function dequantized(t: IntTensor, q: QuantInfo): Float32Array | undefined {
  return t.data instanceof BigInt64Array ? undefined : dequantizeAffine(t.data, q, t.shape);
}

function clipped(op: IntOp, q: QuantInfo, input: LayerReportInput): number | undefined {
  // keys of the statistics are names of the float graph, as are the outputs of ops that stand for its nodes
  const stats = input.stats?.get(op.output as ValueName);
  if (stats) return clippedShareOfStats(stats, q);
  const float = input.float.get(op.output);
  return float && clippedShare(float, q);
}

function differences(
  op: IntOp,
  out: IntTensor | undefined,
  model: IntegerModel,
  exact: ReadonlyMap<string, IntTensor> | undefined,
): { maxLsb: number | undefined; differing: number | undefined } {
  const reference = out && exact && floatReference(op, exact, model);
  if (!reference) return { maxLsb: undefined, differing: undefined };
  let maxLsb = 0;
  let differing = 0;
  for (let i = 0; i < reference.length; i++) {
    const d = Math.abs(Number(out.data[i]) - (reference[i] as number));
    if (d === 0) continue;
    differing++;
    if (d > maxLsb) maxLsb = d;
  }
  return { maxLsb, differing };
}

/** Ops that round: for the others (moves, maxima) the local SQNR says nothing. */
const rounding: readonly IntOp['kind'][] = ['conv', 'gemm', 'matmul', 'add', 'sub', 'mul', 'lut', 'reduce', 'requant'];

function localSqnr(op: IntOp, node: Node | undefined, real: Float32Array, input: LayerReportInput): number | undefined {
  if (op.kind === 'softmax' || op.kind === 'layernorm') {
    const form = node && floatForm(op, node, input.canonical, input.model, 0);
    return form && sqnrDb(islandFloats(form, input.tensors, input.model), real);
  }
  const averages = op.kind === 'pool' && op.pool.kind === 'avg';
  if (!averages && !rounding.includes(op.kind)) return undefined;
  if (!node) return op.kind === 'requant' ? requantSqnr(op, real, input) : undefined;
  const family = familyOf(node.op, node.domain);
  if (!family?.evaluate) return undefined;
  const inputs = floatOperands(op, node, input);
  if (!inputs) return undefined;
  const shape = input.model.values.get(op.output)?.shape ?? [];
  const outputs = node.outputs.map(() => ({ dtype: 'float32' as const, shape }));
  const opset = input.canonical.model.opsets[node.domain === 't2c' ? '' : node.domain] ?? input.canonical.model.opsets[''] ?? 1;
  const result = family.evaluate({ node, opset, inputs, outputs })[node.outputs.findIndex((name) => name === op.output)];
  if (!(result?.data instanceof Float32Array) || result.data.length !== real.length) return undefined;
  const clamp = node.clamp;
  return sqnrDb(clamp ? result.data.map((v) => Math.min(clamp.hi, Math.max(clamp.lo, v))) : result.data, real);
}

/** A change of quantizer that stands for no node: its own input is the reference. */
function requantSqnr(op: IntOp, real: Float32Array, input: LayerReportInput): number | undefined {
  const x = activation(op.inputs[0] ?? '', input);
  return x && sqnrDb(x.data, real);
}

function activation(name: string, input: LayerReportInput): Tensor<'float32'> | undefined {
  const t = input.tensors.get(name);
  const q = input.model.values.get(name)?.quant;
  const data = t && q && dequantized(t, q);
  return t && data && { dtype: 'float32', shape: t.shape, data };
}

/** Every row over its sum: what a product that divides for a softmax stands for. */
function shares(x: Tensor<'float32'>): Tensor<'float32'> {
  const length = x.shape.at(-1) ?? 1;
  const data = x.data.slice();
  for (let from = 0; from < data.length; from += length) {
    const row = data.subarray(from, from + length);
    const sum = row.reduce((a, b) => a + b, 0);
    if (sum > 0) for (let i = 0; i < length; i++) row[i] = (row[i] as number) / sum;
  }
  return { ...x, data };
}

/** The node's inputs: its float constants, and its activations as the op reads them (after any requant). */
function floatOperands(op: IntOp, node: Node, input: LayerReportInput): (Tensor | undefined)[] | undefined {
  const { graph } = input.canonical.model;
  const read = [...op.inputs];
  const out: (Tensor | undefined)[] = [];
  for (const name of node.inputs) {
    const constant = name === undefined ? undefined : input.canonical.constants(name);
    if (name === undefined || constant) {
      out.push(constant);
      continue;
    }
    const declared = graph.values.get(name)?.shape;
    const operand = activation(read.shift() ?? name, input);
    // an op may read its operand transposed or reshaped by an op before it: then the node's own input is meant
    const fits = operand && declared && sameShape(operand.shape, declared.map(Number)) && operand.data.length === sizeOf(operand.shape);
    const x = fits ? operand : activation(name, input);
    if (!x) return undefined;
    out.push(op.kind === 'matmul' && op.deferred && out.length === 0 ? shares(x) : x);
  }
  return out;
}
