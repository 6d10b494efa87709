/**
 * The fake-quantized model as learning sees it: the nodes of the file (exporters/qdq.ts), with an Identity where a value is put
 * on a quantizer's grid, and weights and biases in real numbers, each on its grid. A type only; the exporters make it.
 */
import type { QuantInfo } from '../ir/integer-model';
import type { Node, NodeId, ValueName } from '../ir/model';
import type { TensorRef } from '../ir/tensor';

export interface FakeGraph {
  /** 13 at least. */
  readonly opset: number;
  /** In the order of execution. */
  readonly nodes: readonly Node[];
  readonly initializers: ReadonlyMap<ValueName, TensorRef>;
  /** By the output of their Identity; objects are those of the plan. */
  readonly quantizers: ReadonlyMap<ValueName, QuantInfo>;
  /** Initializers that are the weight of a layer. */
  readonly weights: ReadonlyMap<ValueName, NodeId>;
}
