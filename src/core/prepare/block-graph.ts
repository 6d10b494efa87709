/**
 * A block of the fake-quantized model as something that can be learned on: its nodes emitted into a graph under construction,
 * copy by copy, with the quantizers and weights that are learned asked for and the others as the plan has them.
 * A quantizer of more than 8 bits is left out: its noise is far below what is learned against.
 */
import { StudioError } from '../base/errors';
import type { FakeGraph } from '../integer/fake-graph';
import type { QuantPlan } from '../integer/plan';
import type { QuantInfo } from '../ir/integer-model';
import type { CanonicalModel, Node, NodeId, ValueInfo, ValueName } from '../ir/model';
import { decoded } from '../passes/constants';
import type { BlockProblem } from '../reconstruct/block';
import type { GraphBuilder } from '../reconstruct/graph-builder';
import { onGrid } from '../reconstruct/step-size';
import type { BlockQuantizer } from './block-steps';
import type { Block } from './blocks';

/** What is learned in a block: the index of the step that a quantizer of the plan has, and that of a layer's weight. */
export interface BlockParts {
  step(q: QuantInfo): number | undefined;
  weight(layer: NodeId): number | undefined;
}

/** The block as a model of its own. */
export function blockModel(c: CanonicalModel, { inputs, nodes, output }: Block): CanonicalModel {
  const { graph } = c.model;
  const info = (name: ValueName): ValueInfo =>
    graph.inputs.find((i) => i.name === name) ?? graph.values.get(name) ?? { name, dtype: 'float32', shape: undefined };
  return { ...c, model: { ...c.model, graph: { ...graph, inputs: inputs.map(info), nodes, outputs: [info(output)] } } };
}

/** Without the quantizers of what comes in on its grid, and of what goes out, unless they are learned here. */
export function planIn({ inputs, output }: Block, quantizers: readonly BlockQuantizer[], c: CanonicalModel, plan: QuantPlan): QuantPlan {
  const raw = new Set(c.model.graph.inputs.map((i) => i.name));
  const away = [...inputs.filter((v) => !raw.has(v)), output];
  const activations = new Map(plan.activations);
  for (const v of away) {
    const q = activations.get(v);
    if (q && !quantizers.some((known) => known.quantizers.includes(q))) activations.delete(v);
  }
  return { ...plan, activations };
}

/** What core/reconstruct/block.ts asks for. Throws `unsupported-operator`. */
export function blockEmitter(fake: FakeGraph, block: Block, parts: BlockParts): BlockProblem['emitter'] {
  return (g) => {
    const constants = new Map<ValueName, ValueName>();
    for (const [name, ref] of fake.initializers) constants.set(name, g.tensor(decoded(ref)));
    return (x, around) => {
      const values = new Map(constants);
      block.inputs.forEach((name, i) => values.set(name, x[i] as ValueName));
      for (const [name, layer] of fake.weights) {
        const index = parts.weight(layer);
        if (index !== undefined) values.set(name, around.weight(index));
      }
      // layers that take one tensor with the same fewer bits take the same integers
      const known = new Map<string, ValueName>();
      const onGridOnce = (from: ValueName, q: QuantInfo): ValueName => {
        const index = parts.step(q);
        if (index === undefined) return put(g, from, q);
        const made = known.get(`${index} ${from}`) ?? around.quantized(index, from);
        known.set(`${index} ${from}`, made);
        return made;
      };
      for (const node of fake.nodes) {
        const inputs = node.inputs.map((name) => (name === undefined ? undefined : values.get(name)));
        const [first] = node.outputs;
        const q = first === undefined ? undefined : fake.quantizers.get(first);
        const outputs = q ? [onGridOnce(inputs[0] as ValueName, q)] : emitted(g, node, inputs);
        node.outputs.forEach((name, i) => values.set(name, outputs[i] as ValueName));
      }
      return values.get(block.output) as ValueName;
    };
  };
}

function put(g: GraphBuilder, x: ValueName, q: QuantInfo): ValueName {
  return q.bits > 8 ? x : onGrid(g, q, x, g.floats(q.scale, scaleShape(q, g.shape(x).length)));
}

/** In which the scales meet a tensor. */
export function scaleShape(q: QuantInfo, rank: number): number[] {
  const { axis } = q;
  return axis === undefined ? [] : [q.scale.length, ...new Array<number>(rank - axis - 1).fill(1)];
}

function emitted(g: GraphBuilder, node: Node, inputs: readonly (ValueName | undefined)[]): readonly ValueName[] {
  if (node.domain === '' || node.domain === 'ai.onnx') return g.emitAll(node.op, inputs, node.attrs, node.outputs.length);
  throw new StudioError({
    code: 'unsupported-operator',
    what: `No gradient flows through ${node.domain}:${node.op}`,
    where: { node: node.id, op: node.op },
  });
}
