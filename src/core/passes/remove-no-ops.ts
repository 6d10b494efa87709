/**
 * Takes out nodes that change nothing (no-ops.ts): Identity, Dropout, Casts between floats, Reshape to the same shape,
 * Pad by 0 and the like. Law: graph outputs keep their names; where a no-op made one, the node before it makes it now,
 * unless that node's own value is an output too.
 */
import type { Model, Node, ValueName } from '../ir/model';
import { factsOf, outputName, withInputs, withOutputs } from './graph-facts';
import { indexOf, outputsOf } from './graph-index';
import { passedInput } from './no-ops';
import { withGraph, type Pass } from './pass';

export const removeNoOps: Pass = { name: 'remove-no-ops', run: (model) => withoutNoOps(model) };

/**
 * Before chains are recognised: a mean or a sum over one element is the last that tells a layer normalization of one channel,
 * or a softmax over one token, from a division of two activations.
 */
export const removePlainNoOps: Pass = {
  name: 'remove-plain-no-ops',
  run: (model) => withoutNoOps(model, (node) => node.op.startsWith('Reduce')),
};

function withoutNoOps(model: Model, stays: (node: Node) => boolean = () => false): Model {
  const { graph } = model;
  const facts = factsOf(graph);
  const index = indexOf(graph);
  /** A value that is gone -> the value that it was equal to. */
  const alias = new Map<ValueName, ValueName>();
  /** A value that is gone -> the graph output that its producer makes instead. */
  const renamed = new Map<ValueName, ValueName>();
  const nodes: Node[] = [];
  for (const original of graph.nodes) {
    const node = withInputs(original, (name) => alias.get(name) ?? name);
    const extra = outputsOf(node).slice(1);
    const single = extra.every((o) => !index.readers.has(o) && !index.outputs.has(o));
    const passed = single && !stays(node) ? passedInput(node, facts) : undefined;
    if (passed === undefined || !takeOut(passed, outputName(node))) nodes.push(node);
  }
  const finalName = (name: ValueName): ValueName => renamed.get(name) ?? name;
  return withGraph(model, { nodes: nodes.map((n) => withOutputs(withInputs(n, finalName), finalName)) });

  /** true: the no-op that made `output` from `input` is not needed. */
  function takeOut(input: ValueName, output: ValueName): boolean {
    if (!index.outputs.has(output)) {
      alias.set(output, input);
      return true;
    }
    // only a node's value can get another name: not an input of the graph, a constant, another output
    if (!index.producers.has(input) || index.outputs.has(input) || renamed.has(input)) return false;
    renamed.set(input, output);
    return true;
  }
}
