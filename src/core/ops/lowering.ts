/**
 * What an operator family's integer rule sees and may do. The rule is pure: it reads the node, the
 * quantizers chosen for its values, and emits integer ops. The implementation is core/integer/lower.ts.
 */
import type { Node, ValueName } from '../ir/model';
import type { MultiplierForm } from '../base/fixed-point';
import type {
  AccumulatorProof,
  IntConstant,
  IntDType,
  IntOp,
  IntStorage,
  IntValue,
  NonlinearOptions,
  QuantInfo,
  Requant,
} from '../ir/integer-model';
import type { Tensor } from '../ir/tensor';

/** What can be known of a node before any quantizer is chosen. */
export interface NodeView {
  readonly opset: number;
  /** Static shape of a value (of a constant too). */
  shape(name: ValueName): readonly number[];
  /** The float constant behind a value, or undefined if it is an activation. */
  constant(name: ValueName): Tensor | undefined;
  /** Whole numbers (or true and false) computed from the model's inputs: neither a constant nor an activation in float. */
  whole(name: ValueName): boolean;
}

export interface LowerContext extends NodeView {
  readonly nonlinear: NonlinearOptions;
  /** Quantizer of an activation: the plan's decision, or that of a `requant` made on the way. */
  quant(name: ValueName): QuantInfo;
  /** Input i of the node as the plan says it is consumed: the value itself, or a `requant` of it. An activation. */
  operand(node: Node, i: number): ValueName;
  /** The integers and quantizer of this node's weight operand, as planned (same for the fake path). */
  weight(node: Node): { readonly q: QuantInfo; readonly shape: readonly number[]; readonly data: IntStorage[IntDType] };
  /** Stem of the node (unique). */
  stem(node: Node): string;
  /** Constant input i (one of `quantizedConstants`) as integers of its planned quantizer, registered under `constantName`. */
  constantOperand(node: Node, i: number, constantName: string): { readonly name: string; readonly q: QuantInfo };
  /** How a real scale becomes integers for an output with this quantizer. */
  form(out: QuantInfo): MultiplierForm;
  /**
   * Registers mul/shift constants for real scales (one per channel or one) and proves
   * |acc| * |M| + 2^(n-1) < 2^63; `accBound` is the largest |acc|, an integer below 2^53, one or per scale.
   * A clamp in real units becomes one in integers of the output. `limited`: the accumulator is a register of the profile's
   * width, so that it reaches no further than that.
   */
  requant(
    node: Node,
    stem: string,
    scales: readonly number[],
    out: QuantInfo,
    accBound: number | readonly number[],
    clamp: Node['clamp'],
    limited?: boolean,
  ): Requant;
  /** Largest sum of |q - z| along the last axis where less than range times extent is proved (probabilities). */
  rowSum(name: string): number | undefined;
  /** Of a softmax: does the product that reads it divide? Of a product: does it divide for a softmax? */
  deferred(node: Node): boolean;
  /** A mask of whole numbers 0 and 1 with both exchanged: one op, shared by everyone who wants the same. */
  inverted(mask: ValueName, node: Node): string;
  /** Integer clamp range of an output: the quantizer's range cut by a fused activation. */
  clampRange(out: QuantInfo, clamp: Node['clamp']): { lo: number; hi: number };
  /** Throws `accumulator-overflow` over 31 bits; `boundBits` counts the sign. */
  prove(bound: number, node: Node): AccumulatorProof;
  /** Integers of a table or an index map in the smallest dtype, without a meaning in real numbers unless `quant` says so. */
  addTable(name: string, shape: readonly number[], data: readonly number[], quant: QuantInfo | undefined): string;
  addConstant(c: IntConstant): string;
  /** Declares an activation that is no value of the float graph, in the dtype of its quantizer. */
  addActivation(name: string, shape: readonly number[], q: QuantInfo): string;
  /** Declares an activation or accumulator value (its name is the float value's name for op outputs). */
  addValue(v: IntValue): string;
  emit(op: IntOp): void;
  warn(code: string, message: string, node: Node): void;
}

/** Outputs of the node are declared already; the rule declares accumulators and values of its own. */
export type LowerRule = (node: Node, ctx: LowerContext) => void;

/** Why this node has no integer form although its family has one; undefined: it has. */
export type RefuseRule = (node: Node, view: NodeView) => string | undefined;

/**
 * `probabilities`: unsigned, scale 1/(2^pb - 1), for rows of `row` elements along `axis`; `table`: the symmetric
 * quantizer of the constant input `input`, whose rows the output repeats.
 */
export type FixedQuantizer =
  { readonly kind: 'probabilities'; readonly row: number; readonly lastAxis: boolean } | { readonly kind: 'table'; readonly input: number };

/** A family's integer rule, and what the plan must know of it before any quantizer is chosen. */
export interface IntegerRule {
  /**
   * What the activations that it reads may be: `multiply`: at most the layer's bits (8 at most; probabilities as
   * they are); `table`: at most 12 bits, else brought to 8; `logits`: at most 12 bits; `any`: as they are.
   */
  readonly operands: 'multiply' | 'table' | 'logits' | 'any';
  readonly refuse?: RefuseRule;
  /** Inputs that are whole numbers of the float graph (indices, masks), with the range that the rule can take. */
  readonly whole?: (node: Node, view: NodeView) => readonly { readonly input: number; readonly lo: number; readonly hi: number }[];
  /** It moves integers of input 0 unchanged: whole numbers may pass through it. */
  readonly moves?: true;
  /** What it makes are whole numbers (truths). */
  readonly makesWhole?: true;
  /** The output's quantizer where calibration does not decide it. undefined: it does. */
  readonly fixed?: (node: Node, view: NodeView) => FixedQuantizer | undefined;
  /** Constant inputs that become integer operands: symmetric per tensor with the output's bits, or the merged quantizer. */
  readonly quantizedConstants?: (node: Node, view: NodeView) => readonly number[];
  readonly lower: LowerRule;
}
