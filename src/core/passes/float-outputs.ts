/**
 * Outputs of whole numbers (ArgMax, the indices of a MaxPool) have no quantizer: each leaves with a warning, and the last
 * float values that only it needed become outputs in its place, so that the integers go as far as they can.
 * Law: where no float value is found, nothing changes (conversion refuses such a model by name).
 */
import type { Model, ValueName } from '../ir/model';
import { isFloatType } from './constants';
import { indexOf, outputsOf } from './graph-index';
import { withGraph, type Pass } from './pass';

export const floatOutputs: Pass = {
  name: 'float-outputs',
  run(model: Model, ctx): Model {
    const { graph } = withoutIndices(model);
    const whole = graph.outputs.filter((o) => !isFloatType(o.dtype) && !graph.initializers.has(o.name));
    if (whole.length === 0) return withGraph(model, graph);
    const { producers } = indexOf(graph);
    const outputs = graph.outputs.filter((o) => !whole.includes(o));
    const needed = neededBy(
      model,
      outputs.map((o) => o.name),
    );
    const seen = new Set<ValueName>();
    /** The nearest float values above a value of whole numbers. */
    const above = (name: ValueName): ValueName[] => {
      if (seen.has(name)) return [];
      seen.add(name);
      return (producers.get(name)?.inputs ?? []).flatMap((input) => {
        if (input === undefined || graph.initializers.has(input)) return [];
        const dtype = graph.values.get(input)?.dtype;
        return dtype !== undefined && isFloatType(dtype) ? [input] : above(input);
      });
    };
    const instead = new Map<ValueName, readonly ValueName[]>();
    for (const o of whole) {
      const found = [...new Set(above(o.name))].filter((name) => !needed.has(name) && producers.has(name));
      for (const name of found) needed.add(name);
      instead.set(o.name, found);
    }
    const added = [...instead.values()].flat().flatMap((name) => graph.values.get(name) ?? []);
    const kept = [...outputs, ...added];
    if (kept.length === 0) return model;
    for (const o of whole) {
      const names = instead.get(o.name) ?? [];
      const rest = names.length === 0 ? '' : `; the integers end at ${names.join(', ')}`;
      ctx.warn({
        code: 'whole-output',
        message: `the output ${o.name} holds ${o.dtype}, not real numbers: it is left out${rest}`,
        value: o.name,
      });
    }
    return withoutIndices(withGraph(model, { outputs: kept }));
  },
};

/** MaxPool without indices that nobody reads: they would keep it from having an integer form. */
function withoutIndices(model: Model): Model {
  const { readers, outputs } = indexOf(model.graph);
  const unread = (name: ValueName | undefined): boolean => name !== undefined && !readers.has(name) && !outputs.has(name);
  const nodes = model.graph.nodes.map((n) => (n.op === 'MaxPool' && unread(n.outputs[1]) ? { ...n, outputs: n.outputs.slice(0, 1) } : n));
  return withGraph(model, { nodes });
}

/** Every value that these outputs are computed from, themselves and what comes out beside them included. */
function neededBy({ graph }: Model, outputs: readonly ValueName[]): Set<ValueName> {
  const needed = new Set<ValueName>(outputs);
  for (const node of graph.nodes.toReversed()) {
    if (!outputsOf(node).some((o) => needed.has(o))) continue;
    for (const input of node.inputs) if (input !== undefined) needed.add(input);
  }
  return needed;
}
