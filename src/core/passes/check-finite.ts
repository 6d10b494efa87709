/**
 * No NaN in any float constant that a node reads, no infinity in a weight. An infinity elsewhere is how exporters
 * write masks (Where, Add before a Softmax) and open bounds (Clip, Min, Max), so it is let through there.
 * Law: the error names the tensor as the file does, and the index. Raw bytes are looked at in place, not decoded.
 */
import { StudioError } from '../base/errors';
import type { Graph, ValueName } from '../ir/model';
import type { TensorRef } from '../ir/tensor';
import { decoded, isFloatType } from './constants';
import type { Pass } from './pass';

/** Operators whose constant operands are weights: an infinity in one makes every output NaN or infinite. */
const weighted: ReadonlySet<string> = new Set(
  (
    'Conv ConvTranspose Gemm MatMul BatchNormalization LayerNormalization InstanceNormalization GroupNormalization ' +
    'RMSNormalization PRelu LSTM GRU RNN Einsum ConvInteger MatMulInteger QuantizeLinear DequantizeLinear'
  ).split(' '),
);

/** Operators that only hand a constant on to the one that uses it. */
const passing: ReadonlySet<string> = new Set('Identity Cast Transpose Reshape Squeeze Unsqueeze Flatten'.split(' '));

export const checkFinite: Pass = {
  name: 'check-finite',
  run(model) {
    const { graph } = model;
    const uses = usesOf(graph);
    for (const [name, ref] of graph.initializers) {
      const use = uses.get(name);
      if (use === undefined || !isFloatType(ref.dtype)) continue;
      const at = firstNotFinite(ref);
      if (at === undefined) continue;
      const bad = use === 'weight' ? at : firstNaN(ref, at.index);
      if (bad) {
        throw new StudioError({
          code: 'not-finite',
          what: 'A constant of the model is not finite',
          expected: 'numbers',
          got: `${bad.value} at index ${bad.index} of [${ref.shape.join(', ')}]`,
          where: { value: name },
          todo: 'Export the model again from weights that are finite',
        });
      }
    }
    return model;
  },
};

/** How a constant is used; what nobody reads has no entry. */
function usesOf(graph: Graph): ReadonlyMap<ValueName, 'weight' | 'other'> {
  const uses = new Map<ValueName, 'weight' | 'other'>();
  for (let i = graph.nodes.length - 1; i >= 0; i--) {
    const node = graph.nodes[i];
    if (!node) continue;
    const first = node.outputs[0];
    const use = weighted.has(node.op) || (passing.has(node.op) && first !== undefined && uses.get(first) === 'weight') ? 'weight' : 'other';
    for (const input of node.inputs) if (input !== undefined && uses.get(input) !== 'weight') uses.set(input, use);
  }
  return uses;
}

interface Found {
  readonly index: number;
  readonly value: number;
}

/** Bytes of one element, its last byte's and second to last byte's bits that are all ones in NaN and infinity only. */
const patterns = {
  float32: [4, 0x7f, 0x80],
  bfloat16: [2, 0x7f, 0x80],
  float16: [2, 0x7c, 0],
  float64: [8, 0x7f, 0xf0],
} as const;

export function firstNotFinite(ref: TensorRef): Found | undefined {
  const { source, dtype } = ref;
  if (source.kind === 'raw' && dtype in patterns) {
    // `dtype in patterns` says so
    const [size, high, low] = patterns[dtype as keyof typeof patterns];
    const { bytes } = source;
    for (let i = size - 1; i < bytes.length; i += size) {
      if (((bytes[i] as number) & high) === high && ((bytes[i - 1] as number) & low) === low) return found(ref, (i - size + 1) / size);
    }
    return undefined;
  }
  // float types only: numbers
  const data = decoded(ref).data as Float32Array;
  for (let i = 0; i < data.length; i++) if (!Number.isFinite(data[i])) return { index: i, value: data[i] as number };
  return undefined;
}

function found(ref: TensorRef, index: number): Found {
  // float types only: numbers
  return { index, value: (decoded(ref).data as Float32Array)[index] as number };
}

function firstNaN(ref: TensorRef, from: number): Found | undefined {
  // float types only: numbers
  const data = decoded(ref).data as Float32Array;
  for (let i = from; i < data.length; i++) if (Number.isNaN(data[i])) return { index: i, value: NaN };
  return undefined;
}
