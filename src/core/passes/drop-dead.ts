/**
 * Drops nodes whose results nobody needs, initializers and values that nothing names. An output of the graph that is
 * constant leaves with a warning: there is nothing to quantize in it.
 */
import type { Context } from '../base/context';
import { StudioError } from '../base/errors';
import type { Model, Node, ValueName } from '../ir/model';
import { outputsOf } from './graph-index';
import { withGraph, type Pass } from './pass';

export const dropDead: Pass = {
  name: 'drop-dead',
  run(model: Model, ctx: Context): Model {
    const { graph } = model;
    const kept = dropConstantOutputs(model);
    const { outputs } = kept.graph;
    for (const o of graph.outputs) {
      if (!outputs.includes(o))
        ctx.warn({ code: 'constant-output', message: `the output ${o.name} does not depend on the input: it is left out`, value: o.name });
    }
    if (outputs.length === 0) {
      throw new StudioError({
        code: 'bad-graph',
        what: graph.outputs.length === 0 ? 'The model has no output' : 'No output of the model depends on its input',
        todo: 'Export the model again',
      });
    }
    return dropUnread(kept);
  },
};

export function dropConstantOutputs(model: Model): Model {
  const { initializers, outputs } = model.graph;
  return withGraph(model, { outputs: outputs.filter((o) => !initializers.has(o.name)) });
}

/** Only what the outputs need. */
export function dropUnread(model: Model): Model {
  const { graph } = model;
  const needed = new Set<ValueName | undefined>(graph.outputs.map((o) => o.name));
  const alive: Node[] = [];
  for (const node of graph.nodes.toReversed()) {
    if (!outputsOf(node).some((o) => needed.has(o))) continue;
    alive.push(node);
    for (const input of node.inputs) needed.add(input);
  }
  const nodes = alive.reverse();
  const named = new Set<ValueName>([...graph.inputs.map((i) => i.name), ...nodes.flatMap((n) => n.outputs)]);
  return withGraph(model, {
    nodes,
    initializers: new Map([...graph.initializers].filter(([name]) => needed.has(name))),
    values: new Map([...graph.values].filter(([name]) => named.has(name))),
  });
}
