/** The graph as a person sees it: fused cards and the edges between them. Plain data; engine/api.ts passes it on. */

/** One card of the graph: a fused node as a person sees it. `id` is its stem and the key of everything about the layer. */
export interface GraphCard {
  readonly id: string;
  /** `Conv 3×3 /2`, `MaxPool 2×2`, `Add`, `Gemm`. */
  readonly title: string;
  /** ONNX operator of the anchor node. */
  readonly op: string;
  readonly kind: 'input' | 'output' | 'conv' | 'linear' | 'activation' | 'norm' | 'pool' | 'elementwise' | 'shape' | 'other';
  /** Fused extras: BN, ReLU, ReLU6 ... */
  readonly tags: readonly string[];
  /** Scope path, outermost first: ['layer1', 'layer1.0']. */
  readonly scope: readonly string[];
  /** The ONNX node names behind it. */
  readonly sources: readonly string[];
  readonly inputShapes: readonly (readonly number[])[];
  readonly outputShape: readonly number[];
  /** Of the output as the file has it: `float32`. */
  readonly dtype: string;
  readonly parameters: number;
  readonly macs: number;
  /** max |w| per output channel of weights, at most 64 points, for the sparkline. */
  readonly channelRange: readonly number[] | undefined;
}

export interface GraphEdge {
  readonly from: string;
  readonly to: string;
  /** Residual shortcuts: drawn in their own lane. */
  readonly skip: boolean;
}

/** What is known of a scope beyond its name; scopes that are not listed are just what they are called. */
export interface ScopeInfo {
  readonly id: string;
  /** What it is called where its id is no name: groups of equal blocks and parts of long levels. */
  readonly title: string | undefined;
  /** It holds this many equal blocks and nothing else. */
  readonly times: number | undefined;
  /** An earlier scope that is built the same. */
  readonly copyOf: string | undefined;
}

export interface ModelGraph {
  readonly cards: readonly GraphCard[];
  readonly edges: readonly GraphEdge[];
  readonly scopes: readonly ScopeInfo[];
}
