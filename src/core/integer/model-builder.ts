/**
 * The LowerContext behind `lower`: an integer model under construction. It owns the maps it fills and is
 * thrown away when the model is done. Every proof obligation of the arithmetic is checked in here.
 */
import type { Context } from '../base/context';
import { StudioError } from '../base/errors';
import { multipliers, roundHalfEven, type MultiplierForm } from '../base/fixed-point';
import type { AccumulatorProof, IntConstant, IntOp, IntValue, NonlinearOptions, QuantInfo, Requant } from '../ir/integer-model';
import type { CanonicalModel, Node, ValueName } from '../ir/model';
import type { Tensor } from '../ir/tensor';
import type { LowerContext } from '../ops/lowering';
import { outputOf } from '../ops/lower/common';
import { integerRuleOf } from '../ops/lower/rules';
import { isFloatValue, shapeOf } from '../ops/support';
import { newStorage, quantizeAffine, sameQuantizer, smallestDType } from '../quant/affine';
import type { Recipe } from '../recipe/recipe';
import { heldBy, productFault } from './accumulator';
import { multiplierForm } from './multiplier-form';
import type { PlannedWeight, QuantPlan } from './plan';
import { followRowSums, probabilitySum } from './row-sums';

const ACCUMULATOR_BITS = 31;

export class ModelBuilder implements LowerContext {
  readonly ops: IntOp[] = [];
  readonly values = new Map<string, IntValue>();
  readonly constants = new Map<string, IntConstant>();
  readonly opset: number;
  readonly nonlinear: NonlinearOptions;
  private readonly c: CanonicalModel;
  private readonly plan: QuantPlan;
  private readonly recipe: Recipe;
  private readonly ctx: Context;
  private readonly producers = new Map<string, string>();
  private readonly rowSums = new Map<string, number>();

  constructor(c: CanonicalModel, plan: QuantPlan, recipe: Recipe, ctx: Context) {
    this.c = c;
    this.plan = plan;
    this.recipe = recipe;
    this.ctx = ctx;
    this.opset = c.model.opsets[''] ?? 1;
    this.nonlinear = recipe.nonlinear;
    for (const node of c.model.graph.nodes) for (const output of node.outputs) this.producers.set(output, this.stem(node));
  }

  shape(name: ValueName): readonly number[] {
    return this.values.get(name)?.shape ?? shapeOf(this.c, name);
  }

  constant(name: ValueName): Tensor | undefined {
    return this.c.constants(name);
  }

  quant(name: ValueName): QuantInfo {
    const q = this.values.get(name)?.quant;
    if (q) return q;
    throw new StudioError({ code: 'internal', what: 'A tensor has no quantizer', where: { value: name } });
  }

  stem(node: Node): string {
    return this.c.stems.get(node.id) ?? node.id;
  }

  weight(node: Node): PlannedWeight {
    const w = this.plan.weights.get(node.id);
    if (w) return w;
    throw new StudioError({ code: 'internal', what: 'A layer has no planned weight', where: { node: node.id, op: node.op } });
  }

  whole(name: ValueName): boolean {
    return this.plan.whole.has(name);
  }

  deferred(node: Node): boolean {
    return this.plan.deferred.has(node.id);
  }

  rowSum(name: string): number | undefined {
    return this.rowSums.get(name);
  }

  /** Declares a value of the float graph under its planned quantizer; whole numbers that nobody reads are left out. */
  declare(name: ValueName): void {
    const q = this.plan.activations.get(name);
    const whole = this.plan.whole.get(name);
    if (q) this.addActivation(name, shapeOf(this.c, name), q);
    else if (whole) this.addWhole(name, shapeOf(this.c, name), whole);
    else if (isFloatValue(this.c, name))
      throw new StudioError({ code: 'internal', what: 'A tensor has no planned quantizer', where: { value: name } });
  }

  addActivation(name: string, shape: readonly number[], q: QuantInfo): string {
    return this.addValue({ name, dtype: smallestDType(q.lo, q.hi), shape, quant: q });
  }

  private addWhole(name: string, shape: readonly number[], q: QuantInfo): void {
    this.addValue({ name, dtype: smallestDType(q.lo, q.hi), shape, quant: q, whole: true });
  }

  addValue(v: IntValue): string {
    if (this.values.has(v.name)) throw new StudioError({ code: 'internal', what: 'A value is declared twice', where: { value: v.name } });
    this.values.set(v.name, v);
    return v.name;
  }

  addConstant(c: IntConstant): string {
    if (this.constants.has(c.name))
      throw new StudioError({ code: 'internal', what: 'A constant is declared twice', where: { value: c.name } });
    this.constants.set(c.name, c);
    return c.name;
  }

  addTable(name: string, shape: readonly number[], data: readonly number[], quant: QuantInfo | undefined): string {
    const [least, most] = quant ? [quant.lo, quant.hi] : [Math.min(0, ...data), Math.max(0, ...data)];
    const dtype = smallestDType(least, most);
    const storage = newStorage(dtype, data.length) as Int32Array; // never 64-bit: smallestDType
    storage.set(data);
    return this.addConstant({ name, dtype, shape, quant, data: storage });
  }

  emit(op: IntOp): void {
    this.ops.push(op);
    followRowSums(op, (name) => this.values.get(name)?.shape ?? [], this.rowSums);
  }

  /** A softmax kept in float gives rows of probabilities too; float32 adds less than one step to the sum of a row. */
  noteIsland(node: Node): void {
    const fixed = integerRuleOf(node.op, node.domain)?.fixed?.(node, this);
    const output = outputOf(node);
    const q = this.values.get(output)?.quant;
    if (fixed?.kind !== 'probabilities' || !fixed.lastAxis || q === undefined || q.scale[0] !== Math.fround(1 / (2 ** q.bits - 1))) return;
    this.rowSums.set(output, probabilitySum(q.bits, fixed.row) + 1);
  }

  inverted(mask: ValueName, node: Node): string {
    const name = `${mask}.not`;
    if (this.values.has(name)) return name;
    const q = this.quant(mask);
    this.addWhole(name, this.shape(mask), q);
    const table = this.addTable(`${name}_lut`, [2], [1, 0], q);
    this.emit({ name, source: node.sources, inputs: [mask], output: name, macs: 0, kind: 'lut', lut: { table, offset: 0, fn: 'Not' } });
    return name;
  }

  warn(code: string, message: string, node: Node): void {
    this.ctx.warn({ code, message, node: this.stem(node) });
  }

  operand(node: Node, i: number): ValueName {
    const name = node.inputs[i];
    if (name === undefined)
      throw new StudioError({ code: 'internal', what: `Input ${i} is missing`, where: { node: node.id, op: node.op } });
    const q = this.plan.operands.get(node.id)?.[i];
    return q ? this.requantized(name, q, node) : name;
  }

  /** The value under another quantizer: one `requant` op, shared by everyone who wants the same. */
  private requantized(value: ValueName, q: QuantInfo, node: Node): ValueName {
    const own = this.quant(value);
    if (sameQuantizer(own, q)) return value;
    const stem = `${this.producers.get(value) ?? value}.${q.axis === undefined ? 'rq' : 'tokens'}${q.bits}`;
    let name = stem;
    for (let k = 2; ; k++) {
      const known = this.values.get(name);
      const op = this.ops.find((o) => o.output === name);
      if (!known) break;
      // ours to reuse: made from this value, with this meaning
      if (op?.inputs[0] === value && known.quant && sameQuantizer(known.quant, q)) return name as ValueName;
      name = `${stem}_${k}`;
    }
    this.addActivation(name, this.shape(value), q);
    const magnitude = Math.max(own.hi - own.zeroPoint, own.zeroPoint - own.lo);
    const scales = Array.from(q.scale, (s) => (own.scale[0] as number) / s);
    const requant = this.requant(node, name, scales, q, magnitude, undefined);
    this.emit({ name, source: [], inputs: [value], output: name, macs: 0, kind: 'requant', requant });
    return name as ValueName; // a value of the integer model from here on
  }

  constantOperand(node: Node, i: number, constantName: string): { name: string; q: QuantInfo } {
    const input = node.inputs[i];
    const t = input === undefined ? undefined : this.c.constants(input);
    const q = this.plan.operands.get(node.id)?.[i];
    if (!t || !q)
      throw new StudioError({ code: 'internal', what: `Input ${i} is no planned constant`, where: { node: node.id, op: node.op } });
    const real = t.data instanceof Float32Array ? t.data : Float32Array.from(t.data as ArrayLike<number>);
    const dtype = smallestDType(q.lo, q.hi);
    const data = newStorage(dtype, real.length) as Int32Array; // at most 16 bits
    data.set(quantizeAffine(real, q));
    return { name: this.addConstant({ name: constantName, dtype, shape: t.shape, quant: q, data }), q };
  }

  form(out: QuantInfo): MultiplierForm {
    return multiplierForm(this.recipe, out);
  }

  requant(
    node: Node,
    stem: string,
    scales: readonly number[],
    out: QuantInfo,
    accBound: number | readonly number[],
    clamp: Node['clamp'],
    limited = false,
  ): Requant {
    const { arithmetic } = this.recipe;
    const mul = new Int32Array(scales.length);
    const shift = new Uint8Array(scales.length);
    const notes = new Map<string, number>();
    multipliers(scales, this.form(out), arithmetic.shift === 'layer').forEach(({ M, n, note }, o) => {
      const reach = BigInt(typeof accBound === 'number' ? accBound : (accBound[o] as number));
      const bound = limited ? heldBy(arithmetic.accumulator, reach) : reach;
      const fault = productFault(bound, M, n, arithmetic.multiplier);
      if (fault) throw new StudioError({ code: 'out-of-range', ...fault, where: { node: this.stem(node), op: node.op } });
      if (note) notes.set(note, (notes.get(note) ?? 0) + 1);
      mul[o] = M;
      shift[o] = n;
    });
    for (const [note, count] of notes)
      this.warn(`multiplier-${note}`, `${count} of ${scales.length} multipliers ${noteText[note] ?? note}`, node);
    const shape = scales.length === 1 ? [] : [scales.length];
    return {
      mul: this.addConstant({ name: `${stem}_mul`, dtype: 'int32', shape, quant: undefined, data: mul, real: Float64Array.from(scales) }),
      shift: this.addConstant({ name: `${stem}_shift`, dtype: 'uint8', shape, quant: undefined, data: shift }),
      zeroPoint: out.zeroPoint,
      ...this.clampRange(out, clamp),
    };
  }

  clampRange(out: QuantInfo, clamp: Node['clamp']): { lo: number; hi: number } {
    if (!clamp) return { lo: out.lo, hi: out.hi };
    const s = out.scale[0] as number;
    const within = (v: number): number => Math.min(out.hi, Math.max(out.lo, v));
    return { lo: within(out.zeroPoint + roundHalfEven(clamp.lo / s)), hi: within(out.zeroPoint + roundHalfEven(clamp.hi / s)) };
  }

  prove(bound: number, node: Node): AccumulatorProof {
    const { accumulator } = this.recipe.arithmetic;
    const bits = BigInt(bound).toString(2).length;
    // a sum modulo 2^32 is what a register of at most 32 bits keeps of it, however large it is
    if (bits > ACCUMULATOR_BITS && accumulator?.overflow !== 'wrap') {
      throw new StudioError({
        code: 'accumulator-overflow',
        what: 'An accumulator could leave 32 bits',
        expected: `|acc| below 2^${ACCUMULATOR_BITS}`,
        got: String(bound),
        where: { node: this.stem(node), op: node.op },
        todo: 'Give the layer fewer bits, or choose an accumulator that wraps',
      });
    }
    return { bound: String(bound), boundBits: bits + 1 };
  }
}

const noteText: Readonly<Record<string, string>> = {
  zero: 'became 0: their scale is too small for the multiplier format',
  coarse: 'are more than 1 % off their scale',
  wide: 'are larger than their word: their scale is above it',
};
