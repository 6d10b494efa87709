/**
 * Softmax with integers: a table of exp(-s*d) in 16 bits, one sum and one division (SoftmaxOp in ir/integer-model.ts).
 * Forms: ONNX Softmax (from opset 13 along one axis; before, over everything from `axis` on), and `t2c:Softmax(x, mask, out,
 * kept)` with attributes `axis` and `keep` (ir/model.ts): a masked element has no part in the maximum and the sum and gets 0,
 * which no large negative number added to the scores could give.
 * Bound of a row's sum, for both modes: each p is at most e*F/S + 1/2, so that a row of N has at most F + N/2.
 */
import { exp } from '../../base/math';
import { powerOfTwo, roundHalfEven } from '../../base/fixed-point';
import type { Node, ValueName } from '../../ir/model';
import { sizeOf } from '../../ir/tensor';
import { intAttr } from '../family';
import type { IntegerRule, LowerContext, NodeView } from '../lowering';
import { constantInput, inputOf, isActivation, numbers, opBase, outputOf, scaleOf } from './common';

/** Largest entry of the table of exp. */
const TOP = 65535;
/** The same where the exponentials themselves are the output. */
export const DEFERRED_TOP = 255;

/** round(top * exp(-s*d)) for d = 0, 1, ..., up to the first 0 or the widest difference of `bits` bits. */
export function expTable(s: number, bits: number, top = TOP): number[] {
  const entries: number[] = [];
  for (let d = 0; d < powerOfTwo(bits); d++) {
    const e = roundHalfEven(top * exp(-s * d));
    entries.push(e);
    if (e === 0) break;
  }
  return entries;
}

/** The run that one softmax covers: axes from `axis` to `end`, exclusive. */
function run(node: Node, view: NodeView): { axis: number; end: number } {
  const rank = view.shape(inputOf(node, 0)).length;
  const single = node.domain === 't2c' || view.opset >= 13;
  const named = intAttr(node, 'axis', single ? -1 : 1);
  const axis = named < 0 ? named + rank : named;
  return { axis, end: single ? axis + 1 : rank };
}

function rowLength(node: Node, view: NodeView): number {
  const { axis, end } = run(node, view);
  return sizeOf(view.shape(inputOf(node, 0)).slice(axis, end));
}

export const softmaxRule: IntegerRule = {
  operands: 'logits',
  refuse(node, view) {
    if (!isActivation(node, 0, view)) return 'its input is a constant';
    const mask = node.inputs[1];
    if (mask === undefined) return undefined;
    const others = node.inputs.slice(2).flatMap((n) => (n === undefined ? [] : [view.constant(n)]));
    if (others.some((t) => !t || numbers(t).some((v) => v !== 0 && v !== 1))) return 'a mask beside its mask is no constant of 0 and 1';
    const fixed = view.constant(mask);
    if (fixed && others.length > 0) return 'it has two constant masks';
    if (!fixed) return view.whole(mask) ? undefined : 'its mask is computed from activations';
    return numbers(fixed).every((v) => v === 0 || v === 1) ? undefined : 'its mask holds other numbers than 0 and 1';
  },
  whole: (node) => (node.inputs[1] === undefined ? [] : [{ input: 1, lo: 0, hi: 1 }]),
  fixed(node, view) {
    const row = rowLength(node, view);
    const { axis } = run(node, view);
    return { kind: 'probabilities', row, lastAxis: sizeOf(view.shape(inputOf(node, 0)).slice(axis)) === row };
  },
  lower(node, ctx) {
    const x = ctx.operand(node, 0);
    const shape = ctx.shape(x);
    const { axis, end } = run(node, ctx);
    // as one axis, where the run is several: their elements lie side by side
    const flat = sizeOf(shape.slice(axis, end)) !== shape[axis];
    if (!flat) {
      emitSoftmax(node, ctx, x, axis, outputOf(node), ctx.stem(node));
      return;
    }
    const stem = ctx.stem(node);
    const line = [...shape.slice(0, axis), sizeOf(shape.slice(axis))];
    const rows = ctx.addActivation(`${stem}.rows`, line, ctx.quant(x)) as ValueName; // a value of the integer model from here on
    ctx.emit({ name: rows, source: node.sources, inputs: [x], output: rows, macs: 0, kind: 'reshape', attrs: {} });
    const made = ctx.addActivation(`${stem}.p`, line, ctx.quant(outputOf(node)));
    emitSoftmax(node, ctx, rows, axis, made, stem);
    ctx.emit({ name: made, source: node.sources, inputs: [made], output: outputOf(node), macs: 0, kind: 'reshape', attrs: {} });
  },
};

function emitSoftmax(node: Node, ctx: LowerContext, x: ValueName, axis: number, output: string, stem: string): void {
  const q = ctx.quant(x);
  const wanted = ctx.nonlinear.softmax;
  const mode = wanted !== 'deferred' || ctx.deferred(node) ? wanted : 'divide';
  const entries = expTable(scaleOf(q), q.bits, mode === 'deferred' ? DEFERRED_TOP : TOP);
  const table = ctx.addTable(`${stem}_lut`, [entries.length], entries, undefined);
  const mask = maskOf(node, ctx, axis - ctx.shape(x).length);
  ctx.emit({
    ...opBase(node, ctx, mask?.value === undefined ? [x] : [x, mask.value]),
    output,
    kind: 'softmax',
    softmax: { axis, table, pb: ctx.quant(outputOf(node)).bits, mode, mask: mask?.name },
  });
}

/** The mask in the op's sense (1 takes out); `value` where it is no constant. `fromEnd`: the axis, counted from the last as -1. */
function maskOf(node: Node, ctx: LowerContext, fromEnd: number): { name: string; value: string | undefined } | undefined {
  const given = node.inputs[1];
  if (given === undefined) return undefined;
  const keep = intAttr(node, 'keep', 0) === 1;
  const fixed = constantInput(node, 1, ctx);
  if (!fixed) {
    const value = joined(node, ctx, keep ? ctx.inverted(given, node) : given);
    return { name: value, value };
  }
  const bits = numbers(fixed).map((v) => ((v !== 0) !== keep ? 1 : 0));
  warnMaskedRows(node, ctx, bits, fixed.shape, fromEnd);
  return { name: ctx.addTable(`${ctx.stem(node)}_mask`, fixed.shape, bits, undefined), value: undefined };
}

/** The computed mask where no constant says otherwise. */
function joined(node: Node, ctx: LowerContext, mask: string): string {
  const stem = ctx.stem(node);
  let name = mask as ValueName; // a value of the integer model
  for (const [i, label, bit] of [
    [3, 'kept', 0],
    [2, 'out', 1],
  ] as const) {
    const constant = constantInput(node, i, ctx);
    if (!constant) continue;
    const quant = ctx.quant(name);
    const [own, other] = [ctx.shape(name), constant.shape];
    const rank = Math.max(own.length, other.length);
    const extent = (s: readonly number[], axis: number): number => s[axis - rank + s.length] ?? 1;
    const shape = Array.from({ length: rank }, (_, axis) => Math.max(extent(own, axis), extent(other, axis)));
    const condition = ctx.addTable(`${stem}_${label}`, other, numbers(constant), undefined);
    const fixed = ctx.addTable(`${stem}_${label}_bit`, [], [bit], quant);
    const to = ctx.addActivation(`${stem}.${label}`, shape, quant);
    const base = { name: to, source: node.sources, inputs: [name], output: to, macs: 0 };
    ctx.emit({ ...base, kind: 'where', condition, operands: [fixed, name] });
    name = to as ValueName; // declared above
  }
  return name;
}

function warnMaskedRows(node: Node, ctx: LowerContext, bits: readonly number[], shape: readonly number[], fromEnd: number): void {
  const axis = shape.length + fromEnd;
  const length = shape[axis] ?? 1;
  const inner = sizeOf(shape.slice(axis + 1));
  const rows = bits.length / length;
  let masked = 0;
  for (let r = 0; r < rows; r++) {
    const first = Math.floor(r / inner) * inner * length + (r % inner);
    let all = true;
    for (let i = 0; i < length; i++) all &&= bits[first + i * inner] === 1;
    if (all) masked++;
  }
  if (masked > 0)
    ctx.warn('fully-masked-rows', `${masked} of ${rows} rows of the mask leave no element: their probabilities are all 0`, node);
}
