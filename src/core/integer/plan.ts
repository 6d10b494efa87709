/**
 * The quantization plan: which quantizer every tensor of the canonical model has. Both paths are made
 * from it: `lower` makes the integer model, exporters/qdq the fake-quantized ONNX model.
 */
import type { NodeId, ValueName } from '../ir/model';
import type { IntDType, IntStorage, QuantInfo } from '../ir/integer-model';

export interface PlannedWeight {
  readonly q: QuantInfo;
  readonly shape: readonly number[];
  /** int8 (or uint8) integers in the layout of the model's weight. */
  readonly data: IntStorage[IntDType];
  /** Output channels whose scale was raised so that |B| <= 2^30 (near-dead channels). */
  readonly raised: readonly number[];
}

/** What steps before the plan have decided (core/prepare). */
export interface Decided {
  readonly weights: ReadonlyMap<NodeId, PlannedWeight>;
  /** Largest magnitude per token of values that some layer takes token by token. */
  readonly tokens: ReadonlyMap<ValueName, ArrayLike<number>>;
  /** Learned quantizers of activations, by `stepKey`. */
  readonly steps: ReadonlyMap<string, QuantInfo>;
}

export interface QuantPlan {
  /** One quantizer per activation value of the canonical model, whoever consumes it. */
  readonly activations: ReadonlyMap<ValueName, QuantInfo>;
  /**
   * Where a node takes input i under another quantizer than the value's own (fewer bits, or the merged one
   * of a Concat): an explicit `requant` op in the integer model, a second Q/DQ pair in the fake one.
   */
  readonly operands: ReadonlyMap<NodeId, readonly (QuantInfo | undefined)[]>;
  /** Keyed by the node that consumes the weight. */
  readonly weights: ReadonlyMap<NodeId, PlannedWeight>;
  /** Values of whole numbers that are read (token indices, masks), with the range that their readers allow. */
  readonly whole: ReadonlyMap<ValueName, QuantInfo>;
  /** Softmax nodes that leave their division to a product, and these products (deferred.ts). */
  readonly deferred: ReadonlySet<NodeId>;
  /** Nodes that keep running in float, with the reason. */
  readonly islands: ReadonlyMap<NodeId, string>;
}

/** What a step that was learned before the plan is found by: the tensor that statistics were taken of, and the bits. */
export function stepKey(value: ValueName, bits: number): string {
  return `${bits}:${value}`;
}
