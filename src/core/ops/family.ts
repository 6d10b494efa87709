/**
 * The contract of one operator family: one file in this folder per family, one registry line.
 * It says everything the studio knows about an operator: shapes, the float meaning, its cost, which
 * quantizer its output gets (its integer form is in lower/). Nothing elsewhere switches on an operator's name.
 */
import type { AttrValue, Node } from '../ir/model';
import type { DType, Tensor } from '../ir/tensor';

export interface TypedShape {
  readonly dtype: DType;
  readonly shape: readonly number[];
}

/** What a shape rule may look at. Shapes are static here; constants are decoded when asked for. */
export interface ShapeInput {
  readonly node: Node;
  readonly opset: number;
  readonly inputs: readonly (TypedShape | undefined)[];
  /** The value of input i when it is a constant. */
  constant(i: number): Tensor | undefined;
}

export interface FloatInput {
  readonly node: Node;
  readonly opset: number;
  readonly inputs: readonly (Tensor | undefined)[];
  readonly outputs: readonly TypedShape[];
}

/**
 * Who gives the output its quantizer:
 * `own`: calibrated for itself; `pass`: the quantizer of input 0 (the integers are only moved);
 * `merge`: one quantizer over the merged range of all inputs (Concat, Where, Pad).
 */
export type QuantizerRule = 'own' | 'pass' | 'merge';

/** The weight operand of a Conv/Gemm/MatMul: which input, and which of its axes are what. */
export interface WeightRole {
  readonly input: number;
  /** Axis of the output channel in the weight's shape. */
  readonly channelAxis: number;
  /** Input index of the bias, when the operator has one. */
  readonly biasInput: number | undefined;
}

export interface OpFamily {
  readonly id: string;
  /** ONNX operator types (default domain unless `domain:Type`) that this family covers. */
  readonly types: readonly string[];
  /** Shape rule after ONNX (operator and opset named in the file). Throws StudioError `bad-shape`. */
  shape(input: ShapeInput): TypedShape[];
  /** Float rule: used for constant folding, per-layer references and tests. float32 results, float64 sums. */
  evaluate?(input: FloatInput): Tensor[];
  /** Multiply-accumulates for one sample. */
  macs?(node: Node, inputs: readonly TypedShape[], outputs: readonly TypedShape[]): number;
  readonly quantizer: QuantizerRule;
  weight?(node: Node, inputs: readonly (TypedShape | undefined)[]): WeightRole | undefined;
}

// Attribute readers shared by all families; each returns the ONNX default when the attribute is absent.

export function intAttr(node: Node, name: string, fallback: number): number {
  const a: AttrValue | undefined = node.attrs[name];
  return a?.type === 'int' ? a.value : fallback;
}
export function floatAttr(node: Node, name: string, fallback: number): number {
  const a: AttrValue | undefined = node.attrs[name];
  return a?.type === 'float' ? a.value : fallback;
}
export function stringAttr(node: Node, name: string, fallback: string): string {
  const a: AttrValue | undefined = node.attrs[name];
  return a?.type === 'string' ? a.value : fallback;
}
export function intsAttr(node: Node, name: string): readonly number[] | undefined {
  const a: AttrValue | undefined = node.attrs[name];
  return a?.type === 'ints' ? a.value : undefined;
}
/** A tensor attribute whose elements a pass has decoded; undefined: absent, or still lying in the file. */
export function tensorAttr(node: Node, name: string): Tensor | undefined {
  const a: AttrValue | undefined = node.attrs[name];
  return a?.type === 'tensor' && a.value.source.kind === 'decoded' ? a.value.source.tensor : undefined;
}
