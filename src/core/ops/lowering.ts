/**
 * What an operator family's integer rule sees and may do. The rule is pure: it reads the node, the
 * quantizers chosen for its values, and emits integer ops. The implementation is core/integer/lower.ts.
 */
import type { Node, ValueName } from '../ir/model';
import type { AccumulatorProof, IntConstant, IntDType, IntOp, IntStorage, IntValue, QuantInfo, Requant } from '../ir/integer-model';
import type { Tensor } from '../ir/tensor';

export interface LowerContext {
  readonly opset: number;
  /** Static shape of a value. */
  shape(name: ValueName): readonly number[];
  /** The float constant behind a value, or undefined if it is an activation. */
  constant(name: ValueName): Tensor | undefined;
  /** Quantizer of an activation (the plan's decision). */
  quant(name: ValueName): QuantInfo;
  /** The integers and quantizer of this node's weight operand, as planned (same for the fake path). */
  weight(node: Node): { readonly q: QuantInfo; readonly shape: readonly number[]; readonly data: IntStorage[IntDType] };
  /** Stem of the node (unique). */
  stem(node: Node): string;
  /** The activation `name` brought to a quantizer of at most `bits` bits (an explicit shared `requant` op where needed). Returns the value's name. */
  atMostBits(name: ValueName, bits: number): ValueName;
  /** The activation `name` brought to exactly the quantizer `q` (a `requant` op where it differs). */
  asQuant(name: ValueName, q: QuantInfo): ValueName;
  /** Integers of a float constant under q (symmetric per tensor), registered as a constant; returns its name. */
  constantAs(name: ValueName, q: QuantInfo, constantName: string): string;
  /**
   * Registers mul/shift constants for real scales (one per channel or one) and proves
   * |acc| * |M| + 2^(n-1) < 2^63; `accBound` is the largest |acc|. Clamp range in integers of the output.
   */
  requant(stem: string, scales: readonly number[], out: QuantInfo, accBound: bigint | readonly bigint[], clamp: Node['clamp']): Requant;
  /** Integer clamp range of an output: the quantizer's range cut by a fused activation. */
  clampRange(out: QuantInfo, clamp: Node['clamp']): { lo: number; hi: number };
  prove(bound: bigint): AccumulatorProof;
  addConstant(c: IntConstant): string;
  /** Declares an activation or accumulator value (its name is the float value's name for op outputs). */
  addValue(v: IntValue): string;
  emit(op: IntOp): void;
  warn(code: string, message: string, node: Node): void;
}

export type LowerRule = (node: Node, ctx: LowerContext) => void;
