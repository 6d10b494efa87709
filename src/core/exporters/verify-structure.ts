/**
 * What must hold of a bundle's graph before any op is run: every value produced once and before it is read,
 * integers inside their ranges, clamps inside the output's type, and the accumulator proofs redone from the
 * weights that are stored.
 */
import type { IntConstant, IntegerModel, IntOp, IntTensor, IntValue, MatMulOp, QuantInfo, Requant } from '../ir/integer-model';
import { RECIPROCAL } from '../ops/lower/linear';
import { rangeOf, signedBits } from '../ir/int-tensor';
import { sameShape } from '../ir/tensor';
import { rowFactors } from '../ops/lower/tokens';
import { heldBy, productFault } from '../integer/accumulator';
import { followRowSums } from '../integer/row-sums';
import type { Fault } from './fault';
import type { Bundle } from './read-bundle';
import { checkLayerNorm, checkSoftmax } from './verify-nonlinear';

/** Integers that no op takes a zero point off. */
const PLAIN_ROLES: ReadonlySet<string> = new Set([
  'weight',
  'bias',
  'mul',
  'shift',
  'rowMul',
  'accumulator',
  'G',
  'H',
  'mask',
  'codes',
  'table',
]);

/** Kinds that hand integers on: what comes out means what went in. */
const MOVES: ReadonlySet<string> = new Set(['reshape', 'transpose', 'slice', 'expand']);

export function structureFaults(bundle: Bundle): Fault[] {
  const { model, manifest } = bundle;
  const faults: Fault[] = [];
  const fault = (tensor: string, message: string): void =>
    void faults.push({ kind: 'structure', file: manifest.tensors[tensor]?.file, tensor, message });

  for (const [name, info] of Object.entries(manifest.tensors)) {
    const tensor = bundle.tensors.get(name) ?? model.constants.get(name);
    if (!tensor) continue;
    const { min, max } = rangeOf(tensor.data);
    if (min !== BigInt(info.stats.min) || max !== BigInt(info.stats.max)) {
      fault(name, `${name} (${info.file}) spans ${min}..${max}, the manifest says ${info.stats.min}..${info.stats.max}`);
    }
    const { lo, hi } = info;
    if (lo !== undefined && hi !== undefined && (min < BigInt(lo) || max > BigInt(hi)))
      fault(name, `${name} (${info.file}) leaves its range ${lo}..${hi}`);
    if (PLAIN_ROLES.has(info.role) && info.zeroPoint !== 0)
      fault(name, `${name} (${info.file}) has the zero point ${info.zeroPoint}: it is read as it is, so 0 is meant`);
    if (lo !== undefined && hi !== undefined)
      checkQuantizer(name, { bits: info.bits, signed: info.signed, zeroPoint: info.zeroPoint, lo, hi }, fault);
    if (info.codebook) checkCodes(name, tensor, info.codebook, model, fault);
  }

  const known = new Set<string>(model.inputs);
  const rowSums = new Map<string, number>();
  const produce = (name: string): void => {
    if (known.has(name)) fault(name, `${name} is produced twice`);
    if (!model.values.has(name)) fault(name, `${name} is not among the tensors`);
    known.add(name);
  };
  for (let i = 0; i <= model.ops.length; i++) {
    for (const island of manifest.islands) if (island.before === i) produce(island.output);
    const op = model.ops[i];
    if (!op) break;
    for (const name of op.inputs) if (!known.has(name)) fault(name, `${op.name} reads ${name} before it is produced`);
    for (const name of constantNames(op)) {
      if (!model.constants.has(name) && !known.has(name))
        fault(name, `${op.name} names the constant ${name}, which is not among the tensors`);
    }
    produce(op.output);
    checkOp(op, bundle, rowSums, fault);
    followRowSums(op, (name) => model.values.get(name)?.shape ?? [], rowSums);
  }
  for (const name of model.outputs) if (!known.has(name)) fault(name, `output ${name} is never produced`);
  return faults;
}

/** Every integer is the one that its code stands for. */
function checkCodes(name: string, tensor: IntTensor, book: NonNullable<IntConstant['coded']>, model: IntegerModel, fault: Report): void {
  const [codes, table] = [model.constants.get(book.codes), model.constants.get(book.table)];
  if (!codes || !table || !sameShape(codes.shape, tensor.shape) || table.shape.length !== 1 || table.data.length > 2 ** book.bits) {
    fault(name, `${name} has a codebook whose codes or table are missing, or do not fit`);
    return;
  }
  for (let i = 0; i < tensor.data.length; i++) {
    const code = Number(codes.data[i]);
    if (Number(table.data[code] ?? NaN) === Number(tensor.data[i])) continue;
    fault(name, `${name}: element ${i} is ${tensor.data[i]}, its code ${code} stands for ${table.data[code] ?? 'nothing'}`);
    return;
  }
}

/** The range fits the bits that the manifest names, and holds the zero point. */
function checkQuantizer(name: string, q: Omit<QuantInfo, 'scale' | 'axis' | 'codebook'>, fault: Report): void {
  const least = q.signed ? -(2 ** (q.bits - 1)) : 0;
  const most = least + 2 ** q.bits - 1;
  if (q.lo < least || q.hi > most || q.lo > q.hi)
    fault(name, `${name}: the range ${q.lo}..${q.hi} is not one of ${q.bits} ${q.signed ? 'signed' : 'unsigned'} bits`);
  if (q.zeroPoint < q.lo || q.zeroPoint > q.hi)
    fault(name, `${name}: the zero point ${q.zeroPoint} is outside of the range ${q.lo}..${q.hi}`);
}

function constantNames(op: IntOp): string[] {
  const names: (string | undefined)[] = [];
  if ('weight' in op) names.push(op.weight, op.bias);
  if ('operands' in op && op.operands) names.push(...op.operands);
  if ('requant' in op && op.requant) names.push(op.requant.mul, op.requant.shift, op.requant.rowMul);
  if (op.kind === 'lut') names.push(op.lut.table);
  if (op.kind === 'pool') names.push(op.index);
  if (op.kind === 'gather') names.push(op.attrs.indices, op.table);
  if (op.kind === 'softmax') names.push(op.softmax.table, op.softmax.mask);
  if (op.kind === 'layernorm') names.push(op.layernorm.G, op.layernorm.H);
  if (op.kind === 'where') names.push(op.condition);
  return names.filter((n) => n !== undefined);
}

type Report = (tensor: string, message: string) => void;

function checkOp(op: IntOp, bundle: Bundle, rowSums: ReadonlyMap<string, number>, fault: Report): void {
  const { model } = bundle;
  const output = model.values.get(op.output);
  if (op.kind === 'softmax') checkSoftmax(op, model, fault);
  if (op.kind === 'layernorm') checkLayerNorm(op, model, fault);
  const ownClamp = op.kind === 'add' || op.kind === 'sub' ? op.add : op.kind === 'layernorm' ? op.layernorm : undefined;
  const clamp = ownClamp ?? ('requant' in op ? op.requant : undefined);
  const q = output?.quant;
  if (clamp && q && (clamp.lo < q.lo || clamp.hi > q.hi || clamp.lo > clamp.hi)) {
    fault(op.output, `${op.name} clamps to ${clamp.lo}..${clamp.hi}, outside of the output's ${q.lo}..${q.hi}`);
  }
  if (clamp && q && clamp.zeroPoint !== q.zeroPoint)
    fault(op.output, `${op.name} adds the zero point ${clamp.zeroPoint}, its output has ${q.zeroPoint}`);
  const source = MOVES.has(op.kind) ? model.values.get(op.inputs[0] ?? '')?.quant : undefined;
  if (source && q && source.zeroPoint !== q.zeroPoint)
    fault(op.output, `${op.name} hands integers on whose zero point is ${source.zeroPoint}, its output has ${q.zeroPoint}`);
  if ('requant' in op && op.requant) checkShifts(op.requant, op.name, model, fault);
  if ((op.kind === 'requant' || op.kind === 'mul') && model.arithmetic.multiplier.kind === 'tflite')
    checkProducts(op.requant, op.name, inputReach(op, model), model, fault);
  if (!('accumulator' in op) || !op.accumulator || op.requant === undefined) return;
  const bound = BigInt(op.accumulator.bound);
  const limit = model.arithmetic.accumulator;
  if (bound >= 1n << 31n && limit?.overflow !== 'wrap')
    fault(op.acc ?? op.output, `${op.name}: the accumulator's bound of ${bound} is not below 2^31, and no register wraps it`);
  const needs = signedBits({ min: -bound, max: bound });
  if (op.accumulator.boundBits < needs)
    fault(op.output, `${op.name}: a bound of ${bound} needs ${needs} bits, the manifest says ${op.accumulator.boundBits}`);
  const worst = worstCase(op, model, rowSums);
  if (worst !== undefined && worst > bound)
    fault(op.acc ?? op.output, `${op.name}: its weights let the accumulator reach ${worst}, the manifest's bound is ${bound}`);
  const divides = op.kind === 'matmul' && op.deferred === true;
  if (divides) checkDeferred(op, model, fault);
  const total = divides
    ? dividedReach(op, model)
    : op.requant.rowMul === undefined
      ? heldBy(limit, bound)
      : rowBound(op, bound, model, fault);
  checkProducts(op.requant, op.name, total, model, fault);
}

/** A product that divides by the sum of its left rows needs two activations, the left ones from 0 up. */
function checkDeferred(op: MatMulOp, model: IntegerModel, fault: Report): void {
  const left = model.values.get(op.inputs[0] ?? '')?.quant;
  if (op.weight !== undefined || op.bias !== undefined || op.inputs.length !== 2)
    fault(op.output, `${op.name}: only a product of two activations divides for a softmax`);
  if (left && (left.lo !== 0 || left.zeroPoint !== 0))
    fault(
      op.inputs[0] ?? '',
      `${op.name} divides by sums of integers from ${left.lo} up, with zero point ${left.zeroPoint}: both must be 0`,
    );
}

/** Largest |x - zx|, or the product of two of them. */
function inputReach(op: IntOp, model: IntegerModel): bigint {
  const names: readonly string[] = op.kind === 'mul' ? op.operands : op.inputs.slice(0, 1);
  return names.reduce((all, name) => all * (reach(model.values.get(name) ?? model.constants.get(name)) ?? 1n), 1n);
}

/** |acc * R| <= 2^30 * max|v| */
function dividedReach(op: MatMulOp, model: IntegerModel): bigint {
  return BigInt(RECIPROCAL) * (reach(model.values.get(op.inputs[1] ?? '')) ?? 0n);
}

/** Largest |acc * T + B|, which is what is multiplied where tokens have scales of their own. T is that of the input's scales. */
function rowBound(op: IntOp, bound: bigint, model: IntegerModel, fault: Report): bigint {
  if (!('weight' in op) || op.requant.rowMul === undefined) return bound;
  const name = op.requant.rowMul;
  const rows = model.constants.get(name);
  const q = model.values.get(op.inputs[0] ?? '')?.quant;
  const expected = q && rowFactors(q);
  if (!rows || !expected || op.kind === 'conv' || op.weight === undefined) {
    fault(name, `${op.name} has row factors, but no weight, or an input without a scale per token`);
    return bound;
  }
  if (rows.data.length !== expected.length || expected.some((t, i) => t !== Number(rows.data[i])))
    fault(name, `${op.name}: the row factors are not the scales of its input's tokens`);
  const largest = (data: ArrayLike<number | bigint>): bigint =>
    Array.from(data, BigInt).reduce((most, v) => (v > most ? v : -v > most ? -v : most), 0n);
  const bias = op.bias === undefined ? undefined : model.constants.get(op.bias);
  const total = bound * largest(rows.data) + (bias ? largest(bias.data) : 0n);
  if (total >= 1n << 53n) fault(name, `${op.name}: an accumulator times its row factor could leave 53 bits`);
  return total;
}

/** A shift by more than 62 means another number to every reader; a layer's one shift is one. */
function checkShifts(r: Requant, op: string, model: IntegerModel, fault: Report): void {
  const shifts = Array.from((model.constants.get(r.shift)?.data ?? []) as ArrayLike<number>);
  const i = shifts.findIndex((n) => n > 62);
  if (i >= 0) fault(r.shift, `${op}: the shift of channel ${i} is ${shifts[i]}, more than 62`);
  if (model.arithmetic.shift === 'layer' && shifts.some((n) => n !== shifts[0]))
    fault(r.shift, `${op}: the manifest says that a layer has one shift, this one has several`);
}

/** Every channel's product is proved: below 2^63, with `tflite` from 32 bits. */
function checkProducts(r: Requant, op: string, bound: bigint, model: IntegerModel, fault: Report): void {
  const mul = model.constants.get(r.mul);
  const shift = model.constants.get(r.shift);
  if (!mul || !shift) return;
  if (mul.data.length !== shift.data.length) fault(r.mul, `${op}: ${mul.data.length} multipliers, ${shift.data.length} shifts`);
  for (let i = 0; i < mul.data.length; i++) {
    const n = Number(shift.data[i] ?? 0);
    const wrong = n > 62 ? undefined : productFault(bound, Number(mul.data[i]), n, model.arithmetic.multiplier);
    if (wrong) fault(r.mul, `${op}: channel ${i}: ${wrong.what}`);
  }
}

/** Largest |q - zero point| that the quantizer allows. */
function reach(v: IntValue | undefined): bigint | undefined {
  const q = v?.quant;
  return q && BigInt(Math.max(q.hi - q.zeroPoint, q.zeroPoint - q.lo));
}

/** Without a weight: K products of the largest operands, or the left rows' largest sum times the largest right element. */
function worstProduct(op: IntOp, model: IntegerModel, rowSums: ReadonlyMap<string, number>): bigint | undefined {
  const [a, b] = op.inputs.map((name) => model.values.get(name));
  const [left, right] = [reach(a), reach(b)];
  const k = a?.shape.at(-1);
  if (left === undefined || right === undefined || k === undefined) return undefined;
  const sum = rowSums.get(op.inputs[0] ?? '');
  const all = BigInt(k) * left;
  return (sum === undefined || BigInt(sum) > all ? all : BigInt(sum)) * right;
}

/** max over o of sum_k max|x - zx| * |w[k, o]| + |B[o]|, from the integers that are stored. */
function worstCase(op: IntOp, model: IntegerModel, rowSums: ReadonlyMap<string, number>): bigint | undefined {
  if (op.kind !== 'conv' && op.kind !== 'gemm' && op.kind !== 'matmul') return undefined;
  if (op.weight === undefined) return worstProduct(op, model, rowSums);
  const weight = model.constants.get(op.weight);
  const x = reach(model.values.get(op.inputs[0] ?? ''));
  if (!weight || x === undefined) return undefined;
  const channelAxis = op.kind === 'conv' ? 0 : 1 - op.attrs.transB;
  const sums = channelSums(weight, channelAxis);
  // with row factors the accumulator is without bias
  const bias: IntTensor | undefined = op.bias === undefined || op.requant.rowMul !== undefined ? undefined : model.constants.get(op.bias);
  let worst = 0n;
  sums.forEach((s, o) => {
    const b = BigInt(bias?.data[o] ?? 0);
    const total = BigInt(s) * x + (b < 0n ? -b : b);
    if (total > worst) worst = total;
  });
  return worst;
}

/** sum |w| per index of `axis`. Exact: fewer than 2^31 weights of at most 31 bits. */
function channelSums(weight: IntConstant, axis: number): Float64Array {
  const channels = weight.shape[axis] ?? 1;
  const inner = weight.shape.slice(axis + 1).reduce((a, b) => a * b, 1);
  const sums = new Float64Array(channels);
  const zero = weight.quant?.zeroPoint ?? 0;
  for (let i = 0; i < weight.data.length; i++) {
    const o = Math.floor(i / inner) % channels;
    sums[o] = (sums[o] as number) + Math.abs(Number(weight.data[i]) - zero);
  }
  return sums;
}
