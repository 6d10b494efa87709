/**
 * What an operator family's integer rule sees and may do. The rule is pure: it reads the node, the
 * quantizers chosen for its values, and emits integer ops. The implementation is core/integer/lower.ts.
 */
import type { Node, ValueName } from '../ir/model';
import type { AccumulatorProof, Arithmetic, IntConstant, IntDType, IntOp, IntStorage, IntValue, QuantInfo, Requant } from '../ir/integer-model';
import type { Tensor } from '../ir/tensor';

/** What can be known of a node before any quantizer is chosen. */
export interface NodeView {
  readonly opset: number;
  /** Static shape of a value (of a constant too). */
  shape(name: ValueName): readonly number[];
  /** The float constant behind a value, or undefined if it is an activation. */
  constant(name: ValueName): Tensor | undefined;
}

export interface LowerContext extends NodeView {
  /** Quantizer of an activation: the plan's decision, or that of a `requant` made on the way. */
  quant(name: ValueName): QuantInfo;
  /** Input i of the node as the plan says it is consumed: the value itself, or a `requant` of it. An activation. */
  operand(node: Node, i: number): ValueName;
  /** The integers and quantizer of this node's weight operand, as planned (same for the fake path). */
  weight(node: Node): { readonly q: QuantInfo; readonly shape: readonly number[]; readonly data: IntStorage[IntDType] };
  /** Stem of the node (unique). */
  stem(node: Node): string;
  /** The activation `name` brought to exactly the quantizer `q` (a `requant` op where it differs). */
  asQuant(name: ValueName, q: QuantInfo): ValueName;
  /** Integers of a float constant under q (symmetric per tensor), registered as a constant; returns its name. */
  constantAs(name: ValueName, q: QuantInfo, constantName: string): string;
  /** How real scales become integers in this project. */
  readonly arithmetic: Arithmetic;
  /**
   * Registers mul/shift constants for real scales (one per channel or one) and proves
   * |acc| * |M| + 2^(n-1) < 2^63; `accBound` is the largest |acc|. Clamp range in integers of the output.
   */
  requant(stem: string, scales: readonly number[], out: QuantInfo, accBound: bigint | readonly bigint[], clamp: Node['clamp']): Requant;
  /** Integer clamp range of an output: the quantizer's range cut by a fused activation. */
  clampRange(out: QuantInfo, clamp: Node['clamp']): { lo: number; hi: number };
  /** Throws `accumulator-overflow` over 31 bits; `boundBits` counts the sign. */
  prove(bound: bigint, node: Node): AccumulatorProof;
  addConstant(c: IntConstant): string;
  /** Declares an activation or accumulator value (its name is the float value's name for op outputs). */
  addValue(v: IntValue): string;
  emit(op: IntOp): void;
  warn(code: string, message: string, node: Node): void;
}

/** Outputs of the node are declared already; the rule declares accumulators and values of its own. */
export type LowerRule = (node: Node, ctx: LowerContext) => void;

/** Why this node has no integer form although its family has one; undefined: it has. */
export type RefuseRule = (node: Node, view: NodeView) => string | undefined;

/** Both halves of a family's integer rule. */
export interface IntegerRule {
  readonly refuse?: RefuseRule;
  readonly lower: LowerRule;
}
