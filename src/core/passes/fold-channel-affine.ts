/**
 * Mul, Div, Add and Sub by constants per channel behind a layer with constant weights, as exporters write that unfuse
 * batch normalization or keep a bias apart: they become part of the layer's weight and bias.
 * Law: only where nobody else reads the layer's value and the result has its shape.
 */
import type { Model, Node, ValueName } from '../ir/model';
import { sameShape } from '../ir/tensor';
import { perChannel, type AffineLayer, type ChannelAffine } from './channel-affine';
import { outputName } from './graph-facts';
import { LayerFolder } from './layer-folder';
import type { Pass } from './pass';

const foldable: ReadonlySet<string> = new Set(['Add', 'Sub', 'Mul', 'Div']);

export const foldChannelAffine: Pass = {
  name: 'fold-channel-affine',
  run(model: Model): Model {
    const folder = new LayerFolder(model);
    for (const node of model.graph.nodes) {
      const found = node.domain === '' && foldable.has(node.op) ? mapOf(node, folder) : undefined;
      if (found) folder.fold(found.layer, found.map, node);
      else folder.keep(node);
    }
    return folder.done();
  },
};

function mapOf(node: Node, folder: LayerFolder): { layer: AffineLayer; map: ChannelAffine } | undefined {
  const [a, b] = node.inputs;
  if (a === undefined || b === undefined) return undefined;
  const commutes = node.op === 'Add' || node.op === 'Mul';
  return from(a, b) ?? (commutes ? from(b, a) : undefined);

  function from(x: ValueName, c: ValueName): { layer: AffineLayer; map: ChannelAffine } | undefined {
    const constant = folder.facts.constant(c);
    const layer = constant && folder.layerOf(x);
    const [before, after] = [folder.facts.typed(x), folder.facts.typed(outputName(node))];
    if (!layer || !before || !after || !sameShape(before.shape, after.shape)) return undefined;
    const values = perChannel(constant, layer.channels, layer.axis, before.shape.length);
    const map = values && affine(node.op, values);
    return map && { layer, map };
  }
}

function affine(op: string, c: Float64Array): ChannelAffine | undefined {
  const zeros = new Float64Array(c.length);
  switch (op) {
    case 'Add':
      return { scale: undefined, shift: c };
    case 'Sub':
      return { scale: undefined, shift: c.map((v) => -v) };
    case 'Mul':
      return { scale: c, shift: zeros };
    case 'Div':
      return c.every((v) => v !== 0) ? { scale: c.map((v) => 1 / v), shift: zeros } : undefined;
    default:
      return undefined;
  }
}
