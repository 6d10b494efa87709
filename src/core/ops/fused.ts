/**
 * Shapes of fused operators that passes take apart (passes/decompose.ts): ONNX Runtime's FusedConv, FusedGemm,
 * BiasSplitGelu, MultiHeadAttention and RotaryEmbedding, ONNX's Attention and RotaryEmbedding (operator set 23). In a form
 * that cannot be taken apart they run in ONNX Runtime only, so they have no float rule here.
 */
import { conv } from './conv';
import { intAttr, type OpFamily, type ShapeInput, type TypedShape } from './family';
import { gemm } from './matmul';
import { inputAt, likeFirst } from './readers';

export const fusedConv: OpFamily = { ...stripped(conv), id: 'fused-conv', types: ['com.microsoft:FusedConv'] };
export const fusedGemm: OpFamily = { ...stripped(gemm), id: 'fused-gemm', types: ['com.microsoft:FusedGemm'] };

/** Shape and cost of a family, without what it computes. */
function stripped(f: OpFamily): Omit<OpFamily, 'id' | 'types'> {
  return { shape: (s) => f.shape(s), ...(f.macs ? { macs: f.macs } : {}), quantizer: 'own' };
}

export const biasSplitGelu: OpFamily = {
  id: 'bias-split-gelu',
  types: ['com.microsoft:BiasSplitGelu'],
  shape(s) {
    const { dtype, shape } = likeFirst(s);
    return [{ dtype, shape: shape.map((d, i) => (i === shape.length - 1 ? d / 2 : d)) }];
  },
  quantizer: 'own',
};

/** Caches of the past have no static shape here: such outputs are not named. */
function attended({ node, inputs }: ShapeInput): TypedShape[] {
  const query = inputAt({ node, inputs }, 0);
  const value = inputs[2];
  const heads = intAttr(node, 'num_heads', 1);
  // [batch, length, heads, 3, width] packed, or [batch, heads, length, width]
  if (node.domain === 'com.microsoft' && query.shape.length === 5) {
    const [batch = 1, length = 1, count = 1, , width = 1] = query.shape;
    return [{ dtype: query.dtype, shape: [batch, length, count * width] }];
  }
  const width = value?.shape.at(-1) ?? query.shape.at(-1) ?? 1;
  const isWide = node.domain === 'com.microsoft' && value?.shape.length === 4 && query.shape.length === 3;
  return [{ dtype: query.dtype, shape: [...query.shape.slice(0, -1), isWide ? width * heads : width] }];
}

export const fusedAttention: OpFamily = {
  id: 'fused-attention',
  types: ['Attention', 'com.microsoft:MultiHeadAttention'],
  shape: attended,
  /** Query times key and weights times value. */
  macs(_, [query, key], [y]) {
    if (!query || !key || !y) return 0;
    const length = key.shape.at(-2) ?? 1;
    return (query.shape.reduce((a, d) => a * d, 1) + y.shape.reduce((a, d) => a * d, 1)) * length;
  },
  quantizer: 'own',
};

export const rotary: OpFamily = {
  id: 'rotary',
  types: ['RotaryEmbedding', 'com.microsoft:RotaryEmbedding'],
  shape: (s) => [likeFirst(s)],
  quantizer: 'own',
};
