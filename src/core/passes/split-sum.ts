/**
 * Sum of three and more as Add after Add: the integer sum has two operands and one rounding. The sums in between have no
 * name in the file: the runtime is given the model that this pass made, as for Gemm (runtime-model.ts).
 */
import type { Model, Node, NodeId, ValueName } from '../ir/model';
import { freshNames } from './graph-index';
import { opsetOf, withGraph } from './pass';

const isLong = (node: Node): boolean => node.op === 'Sum' && node.domain === '' && node.inputs.length > 2;

export const splitSum = {
  name: 'split-sum',
  run(model: Model): Model {
    const { graph } = model;
    // Add broadcasts by itself from 7 on
    if (opsetOf(model) < 7 || !graph.nodes.some(isLong)) return model;
    const fresh = freshNames(graph);
    const ids = new Set<string>(graph.nodes.map((n) => n.id));
    const nodes = graph.nodes.flatMap((node): Node[] => {
      const output = node.outputs[0];
      if (!isLong(node) || output === undefined) return [node];
      let from = node.inputs[0];
      return node.inputs.slice(1).map((next, i, all): Node => {
        const isLast = i === all.length - 1;
        const to: ValueName = isLast ? output : fresh(`${output}.sum${i + 1}`);
        let id = isLast ? node.id : `${node.id}.sum${i + 1}`;
        while (!isLast && ids.has(id)) id += '_';
        ids.add(id);
        const add = { ...node, id: id as NodeId, op: 'Add', inputs: [from, next], outputs: [to] }; // unique: asked above
        from = to;
        return add;
      });
    });
    return withGraph(model, { nodes });
  },
};
