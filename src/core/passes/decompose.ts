/**
 * Operators that say several things at once, written as those that the rest of the studio knows: Einsum, ONNX Runtime's
 * fused operators, ONNX's attention and rotary embedding. The values in between are in no file: the float runtime is given
 * the model that this pass made (runtime-model.ts), so that calibration can ask for them.
 * Law: it computes the same up to the rounding of float32; what cannot be taken apart stays and is a float island.
 */
import type { Model, Node } from '../ir/model';
import {
  decomposeAttention,
  decomposeMultiHeadAttention,
  decomposeOnnxAttention,
  decomposeRotary,
  type Producer,
} from './decompose-attention';
import { decomposeEinsum } from './decompose-einsum';
import {
  decomposeBiasFunction,
  decomposeBiasSplitGelu,
  decomposeEmbedLayerNorm,
  decomposeFusedConv,
  decomposeFusedGemm,
  decomposeFusedMatMul,
  decomposeSkipLayerNorm,
} from './decompose-fused';
import { Expansion, Parts } from './expansion';
import { indexOf } from './graph-index';
import type { Pass } from './pass';

type Rule = (parts: Parts, producer: Producer) => boolean;

const rules: ReadonlyMap<string, Rule> = new Map<string, Rule>([
  [':Einsum', decomposeEinsum],
  [':Attention', decomposeOnnxAttention],
  [':RotaryEmbedding', decomposeRotary],
  ['com.microsoft:FusedMatMul', decomposeFusedMatMul],
  ['com.microsoft:FusedGemm', decomposeFusedGemm],
  ['com.microsoft:FusedConv', decomposeFusedConv],
  ['com.microsoft:BiasGelu', decomposeBiasFunction],
  ['com.microsoft:FastGelu', decomposeBiasFunction],
  ['com.microsoft:BiasSplitGelu', decomposeBiasSplitGelu],
  ['com.microsoft:SkipLayerNormalization', decomposeSkipLayerNorm],
  ['com.microsoft:SkipSimplifiedLayerNormalization', decomposeSkipLayerNorm],
  ['com.microsoft:EmbedLayerNormalization', decomposeEmbedLayerNorm],
  ['com.microsoft:Attention', decomposeAttention],
  ['com.microsoft:MultiHeadAttention', decomposeMultiHeadAttention],
  ['com.microsoft:RotaryEmbedding', decomposeRotary],
]);

/** Shapes are static and constants folded. The same model where there is nothing to take apart. */
export const decompose = {
  name: 'decompose',
  run(model: Model): Model {
    if (!model.graph.nodes.some((n) => rules.has(`${n.domain}:${n.op}`))) return model;
    const expansion = new Expansion(model);
    const { producers } = indexOf(model.graph);
    const producer: Producer = (name) => (name === undefined ? undefined : producers.get(name));
    const nodes: Node[] = [];
    let isSame = true;
    for (const node of model.graph.nodes) {
      const parts = new Parts(expansion, node);
      const isApart = rules.get(`${node.domain}:${node.op}`)?.(parts, producer) === true;
      if (isApart) isSame = false;
      nodes.push(...(isApart ? parts.nodes : [node]));
    }
    return isSame ? model : expansion.done(nodes);
  },
} satisfies Pass;
