/**
 * The float model: an ONNX graph as plain readonly data. Passes make a new Model, never change one.
 * Law: nodes are in topological order, every input is a graph input, an initializer or an earlier output.
 */
import type { DType, Tensor, TensorRef } from './tensor';

export type NodeId = string & { readonly __brand: 'NodeId' };
export type ValueName = string & { readonly __brand: 'ValueName' };

/** `undefined` is an unknown extent, a string a named one (`batch`). */
export type Dim = number | string | undefined;

export interface ValueInfo {
  readonly name: ValueName;
  readonly dtype: DType;
  /** `undefined`: rank unknown. */
  readonly shape: readonly Dim[] | undefined;
}

export type AttrValue =
  | { readonly type: 'int'; readonly value: number }
  | { readonly type: 'float'; readonly value: number }
  | { readonly type: 'string'; readonly value: string }
  | { readonly type: 'ints'; readonly value: readonly number[] }
  | { readonly type: 'floats'; readonly value: readonly number[] }
  | { readonly type: 'strings'; readonly value: readonly string[] }
  | { readonly type: 'tensor'; readonly value: TensorRef }
  | { readonly type: 'graph'; readonly value: Graph }
  | { readonly type: 'other'; readonly value: string };

export interface Node {
  /** Unique in the graph: the ONNX node name, else `<op>_<index>` made unique. */
  readonly id: NodeId;
  /** ONNX operator type; after canonicalisation also our own fused forms (domain `t2c`). */
  readonly op: string;
  /** '' is the default ONNX domain. */
  readonly domain: string;
  readonly inputs: readonly (ValueName | undefined)[];
  readonly outputs: readonly ValueName[];
  readonly attrs: Readonly<Record<string, AttrValue>>;
  /** Names of the original ONNX nodes that this node stands for (itself at least). */
  readonly sources: readonly string[];
  /** Scope path from exporter metadata, if any (`pkg.torch.onnx.name_scopes`), outermost first. */
  readonly scopes?: readonly string[];
  /** A fused clamp in real units (ReLU: lo 0, hi +Infinity; ReLU6: 0..6), applied after the operator. */
  readonly clamp?: { readonly lo: number; readonly hi: number; readonly op: string };
}

export interface Graph {
  readonly name: string;
  readonly nodes: readonly Node[];
  /** Without initializers. */
  readonly inputs: readonly ValueInfo[];
  readonly outputs: readonly ValueInfo[];
  readonly initializers: ReadonlyMap<ValueName, TensorRef>;
  /** Declared or inferred shapes of every value that is known. */
  readonly values: ReadonlyMap<ValueName, ValueInfo>;
}

export interface Model {
  readonly name: string;
  readonly irVersion: number;
  /** domain -> version; '' is ai.onnx. */
  readonly opsets: Readonly<Record<string, number>>;
  readonly producer: string;
  readonly graph: Graph;
  /** Names of the passes run so far, in order. */
  readonly provenance: readonly string[];
}

/** Constant tensors decoded on demand and cached by the model's owner. */
export type ConstantReader = (name: ValueName) => Tensor | undefined;

/**
 * A model ready for quantization: one sample (batch 1), every shape static and in `graph.values`,
 * constants folded, BatchNormalization folded, activations fused into `Node.clamp`, MatMul + constant
 * Add fused into a three-input MatMul (domain `t2c`), dead nodes dropped. Value names that survive are
 * those of the original graph, so that the original model can be asked for them.
 *
 * `t2c:MatMul(a, b, bias?)` with attribute `alpha` (default 1) is alpha * (a b) + bias; the factor is that of attention.
 * `t2c:Gelu`, `Silu`, `Swish`, `HardSwish`, `Mish` are functions of one tensor (ops/lower/functions.ts).
 * `t2c:Softmax(x, mask, out, kept)` with attributes `axis` (default -1) and `keep` (default 0) is a softmax along one axis over the
 * elements that are not masked; those have the value 0, as all have where a row is masked altogether. `mask` holds 0 and 1
 * (bool or any number type, a constant or whole numbers computed from model inputs) and broadcasts to x as in ONNX; 1 masks
 * where `keep` is 0, 0 masks where it is 1 (an attention mask as it comes). Beside a computed mask, `out` and `kept` are constants
 * of 0 and 1: where `out` has 1 an element is masked, else where `kept` has 1 it is not, whatever the mask says. x is the score before any mask is added, so
 * that its range is calibrated without the mask.
 * `t2c:LayerNormalization(x, scale, bias?)` and `t2c:RMSNormalization(x, scale)` with attributes `axis` and `epsilon` are the
 * ONNX operators of sets 17 and 23, whatever set the model has; both operands constants with one number per normalized
 * element, one output. An embedding is `Gather(constant float table, whole numbers)`; whole numbers of model inputs may pass
 * through moves (Reshape, Unsqueeze, Slice, Transpose, Expand, ...) and Cast on their way to a Gather, a mask or a Where.
 */
export interface CanonicalModel {
  readonly model: Model;
  /** Unique scope names (`layer1.0.conv1`), one per node. */
  readonly stems: ReadonlyMap<NodeId, string>;
  /** Decodes (and caches) an initializer of `model`. */
  readonly constants: ConstantReader;
}
