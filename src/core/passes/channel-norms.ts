/**
 * Layer normalization over axes that are not the last ones (over the channels of an image, as ConvNeXt has it) as the
 * normalization of the last axes between two transposes. Its value in between is in no file: the float runtime is given
 * the model that this pass made (runtime-model.ts); it knows LayerNormalization in every operator set.
 * Law: the same numbers up to the rounding of float32.
 */
import type { Model, Node, ValueName } from '../ir/model';
import { sizeOf } from '../ir/tensor';
import { dropUnread } from './drop-dead';
import { Expansion, float, int, Parts } from './expansion';
import type { Pass } from './pass';
import { NormMatcher, type Norm } from './recognise-layer-norm';

export const channelNorms = {
  name: 'channel-norms',
  run(model: Model): Model {
    const matcher = new NormMatcher(model.graph, 'inner');
    const found = new Map<Node, Norm>();
    // the longest form of each, which is its last node
    for (const node of model.graph.nodes) {
      const norm = node.domain === '' ? matcher.norm(node) : undefined;
      if (norm) found.set(node, norm);
    }
    for (const norm of found.values()) for (const part of norm.nodes.slice(0, -1)) found.delete(part);
    if (found.size === 0) return model;
    const expansion = new Expansion(model);
    const nodes = model.graph.nodes.flatMap((node) => {
      const norm = found.get(node);
      if (!norm) return [node];
      const parts = new Parts(expansion, node);
      normalize(parts, norm);
      return parts.nodes;
    });
    return dropUnread(expansion.done(nodes));
  },
} satisfies Pass;

function normalize(p: Parts, { x, axes, epsilon, rms, gamma, beta }: Norm): void {
  const shape = p.shape(x);
  const rank = shape.length;
  const order = [...Array.from({ length: rank }, (_, i) => i).filter((a) => !axes.includes(a)), ...axes];
  const inner = axes.map((a) => shape[a] as number);
  const parameter = (name: ValueName, label: string): ValueName => {
    if (p.size(name) === sizeOf(inner)) return p.reshape(name, inner, label);
    return p.make(
      'Expand',
      [
        p.reshape(
          name,
          inner.map(() => 1),
          `${label}.one`,
        ),
        p.list(inner, `${label}.shape`),
      ],
      label,
    );
  };
  const scale = gamma === undefined ? p.ones(inner, 'scale') : parameter(gamma, 'scale');
  const bias = beta === undefined ? undefined : parameter(beta, 'bias');
  const attrs = { axis: int(-axes.length), epsilon: float(epsilon) };
  const op = rms ? 'SimplifiedLayerNormalization' : 'LayerNormalization';
  const y = p.make(op, [p.transpose(x, order, 'last'), scale, bias], 'normalized', attrs);
  const back = order.map((_, i) => order.indexOf(i));
  p.into(0, 'Transpose', [y], { perm: { type: 'ints', value: back } });
}
