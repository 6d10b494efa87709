/**
 * A float model run node by node with the operator families' own rules: float32 tensors, float64 sums, the same numbers
 * in every engine. Made for the fake-quantized path, whose values are rounded to grids: a float32 sum that falls on
 * the other side of a tie would be told as a difference between the paths. Not fast: calibration uses ONNX Runtime.
 * Law: nodes that depend on constants only are computed once, whatever number of samples runs.
 */
import { throwIfCancelled, type Context } from '../base/context';
import { StudioError } from '../base/errors';
import type { Model, Node, ValueName } from '../ir/model';
import type { Tensor } from '../ir/tensor';
import { familyOf } from '../ops/registry';
import { decoded } from './constants';
import { decodeConstants } from './decode-constants';
import { opsetOf } from './pass';

export interface FloatExecutor {
  /** The outputs of the model, in its order. Throws `bad-data` where an input is missing. */
  run(inputs: ReadonlyMap<string, Tensor>, ctx: Context): Promise<readonly Tensor[]>;
}

/** undefined: an operator of the model has no float rule. */
export async function floatExecutor(model: Model, ctx: Context): Promise<FloatExecutor | undefined> {
  const plain = decodeConstants.run(model);
  const { graph } = plain;
  if (graph.nodes.some((n) => familyOf(n.op, n.domain)?.evaluate === undefined)) return undefined;

  const constants = new Map<ValueName, Tensor>();
  for (const [name, ref] of graph.initializers) constants.set(name, decoded(ref));
  const live: Node[] = [];
  for (const node of graph.nodes) {
    if (node.inputs.every((name) => name === undefined || constants.has(name))) evaluate(node, constants);
    else live.push(node);
    await ctx.tick();
    throwIfCancelled(ctx);
  }
  const last = new Map<ValueName, number>();
  live.forEach((node, i) => node.inputs.forEach((name) => name !== undefined && last.set(name, i)));
  for (const { name } of graph.outputs) last.delete(name);

  function evaluate(node: Node, values: Map<ValueName, Tensor>): void {
    const inputs = node.inputs.map((name) => (name === undefined ? undefined : (values.get(name) ?? constants.get(name))));
    const outputs = node.outputs.map(() => ({ dtype: 'float32' as const, shape: [] })); // rules work shapes out from their inputs
    const results = familyOf(node.op, node.domain)?.evaluate?.({ node, opset: opsetOf(plain, node.domain), inputs, outputs });
    node.outputs.forEach((name, i) => {
      const result = results?.[i];
      if (result) values.set(name, result);
    });
  }

  return {
    async run(inputs, context) {
      const values = new Map<ValueName, Tensor>();
      for (const { name } of graph.inputs) {
        const given = inputs.get(name);
        if (!given) throw new StudioError({ code: 'bad-data', what: 'An input of the model is missing', where: { value: name } });
        values.set(name, given);
      }
      for (const [i, node] of live.entries()) {
        evaluate(node, values);
        for (const name of node.inputs) if (name !== undefined && last.get(name) === i) values.delete(name);
        await context.tick();
        throwIfCancelled(context);
      }
      return graph.outputs.map(({ name }) => {
        const output = values.get(name) ?? constants.get(name);
        if (output) return output;
        throw new StudioError({ code: 'internal', what: 'The float model gave no such output', where: { value: name } });
      });
    },
  };
}
