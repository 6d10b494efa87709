/**
 * What an operator family's backward rule sees and may do: it reads a node of the forward graph and emits nodes of the
 * default domain, opset 17, that compute gradients from the gradient of the node's output. The rules are in backward/, the
 * graph under construction is core/reconstruct/graph-builder.ts.
 * Law: every rule equals central differences of the node's own float rule (backward/rules.test.ts).
 */
import type { AttrValue, Node, ValueName } from '../ir/model';
import type { Tensor } from '../ir/tensor';

export type Attrs = Readonly<Record<string, AttrValue>>;

/** A graph that grows. Values are static in shape; what is emitted runs on any ONNX runtime. */
export interface Emitter {
  shape(value: ValueName): readonly number[];
  /** The elements where the value is a constant. */
  constant(value: ValueName): Tensor | undefined;
  /** One node with one output. */
  emit(op: string, inputs: readonly (ValueName | undefined)[], attrs?: Attrs): ValueName;
  /** One node with its first `count` outputs. */
  emitAll(op: string, inputs: readonly (ValueName | undefined)[], attrs: Attrs, count: number): ValueName[];
  /** A float32 constant; equal scalars are shared. */
  floats(data: ArrayLike<number>, shape?: readonly number[]): ValueName;
  /** An int64 constant of one axis. */
  ints(data: readonly number[]): ValueName;
}

/**
 * Gradients of the node's inputs from that of its first output, in the order of the inputs and in their shapes; undefined
 * where none flows. `wanted(i)`: would anybody use that of input i? `others`: those of further outputs that have one.
 */
export type BackwardRule = (
  node: Node,
  dy: ValueName,
  g: Emitter,
  wanted: (input: number) => boolean,
  others?: readonly (ValueName | undefined)[],
) => readonly (ValueName | undefined)[];
