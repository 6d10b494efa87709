/**
 * The proofs of softmax and layer normalization redone from what a bundle stores: the table of exp entry by entry, the
 * meaning of the probabilities, and that nothing leaves 64 bits.
 */
import { powerOfTwo } from '../base/fixed-point';
import { DEFERRED_TOP, expTable } from '../ops/lower/softmax';
import type { IntegerModel, LayerNormOp, SoftmaxOp } from '../ir/integer-model';

type Report = (tensor: string, message: string) => void;

export function checkSoftmax(op: SoftmaxOp, model: IntegerModel, fault: Report): void {
  const { table, pb, mask, mode } = op.softmax;
  const x = model.values.get(op.inputs[0] ?? '')?.quant;
  const y = model.values.get(op.output)?.quant;
  const entries = model.constants.get(table);
  if (x && entries) {
    const expected = mode === 'deferred' ? expTable(x.scale[0] ?? 1, x.bits, DEFERRED_TOP) : expTable(x.scale[0] ?? 1, x.bits);
    const wrong = expected.findIndex((e, d) => Number(entries.data[d] ?? -1) !== e);
    if (entries.data.length !== expected.length)
      fault(table, `${op.name}: its table has ${entries.data.length} entries, ${expected.length} are needed`);
    else if (wrong >= 0) fault(table, `${op.name}: entry ${wrong} of its table is ${entries.data[wrong]}, exp says ${expected[wrong]}`);
  }
  const full = powerOfTwo(pb) - 1;
  if (mode === 'deferred' && full !== DEFERRED_TOP) fault(op.output, `${op.name}: exponentials have 8 bits, not ${pb}`);
  if (y && (y.lo !== 0 || y.hi !== full || y.zeroPoint !== 0 || y.scale[0] !== Math.fround(1 / full)))
    fault(op.output, `${op.name}: its output is not unsigned with ${pb} bits and scale 1/${full}`);
  const bits = mask === undefined ? undefined : model.constants.get(mask);
  if (mask !== undefined && bits && Array.from(bits.data as ArrayLike<number>).some((v) => v !== 0 && v !== 1))
    fault(mask, `${op.name}: its mask holds other numbers than 0 and 1`);
}

export function checkLayerNorm(op: LayerNormOp, model: IntegerModel, fault: Report): void {
  const a = op.layernorm;
  const q = model.values.get(op.inputs[0] ?? '')?.quant;
  if (q) {
    const C = BigInt(a.C);
    const reach = a.rms ? Math.max(q.hi - q.zeroPoint, q.zeroPoint - q.lo) : q.hi - q.lo;
    // an arithmetic shift rounds a negative c away from zero; of centred c, the most is (C - 1) times the range
    const widest = a.rms ? C * BigInt(reach) : (C - 1n) * BigInt(reach);
    const c = -(-widest >> BigInt(a.t));
    const worst = ((C * c * c) << BigInt(2 * a.f)) + BigInt(a.E);
    const bound = BigInt(a.bound);
    if (worst > bound) fault(op.output, `${op.name}: its V can reach ${worst}, the manifest's bound is ${bound}`);
    if (bound >= 1n << 62n) fault(op.output, `${op.name}: a V of ${bound} has more than 62 bits`);
    if (a.boundBits <= bound.toString(2).length) fault(op.output, `${op.name}: a bound of ${bound} needs more than ${a.boundBits} bits`);
  }
  if (a.shift < 0 || a.shift > 62) fault(op.output, `${op.name}: its shift is ${a.shift}`);
  const [G, H] = [model.constants.get(a.G), model.constants.get(a.H)];
  if (!G || !H) return;
  if (G.data.length !== a.C || H.data.length !== a.C) fault(a.G, `${op.name}: G and H do not have ${a.C} elements`);
  const half = a.shift > 0 ? 1n << BigInt(a.shift - 1) : 0n;
  for (let i = 0; i < G.data.length; i++) {
    const [g, h] = [BigInt(G.data[i] ?? 0), BigInt(H.data[i] ?? 0)];
    if (((g < 0n ? -g : g) << BigInt(a.k)) + (h < 0n ? -h : h) + half >= 1n << 63n) {
      fault(a.H, `${op.name}: element ${i} of a row could leave 64 bits`);
      return;
    }
  }
}
