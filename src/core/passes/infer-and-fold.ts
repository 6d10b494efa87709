/**
 * Shapes of all values from the static input shapes, and every constant that can be computed: nodes whose operands
 * are all constant, and Shape and Size of values whose shape is known. Both at once, because each needs the other:
 * a Reshape's shape is computed by nodes, and those nodes' operands are shapes.
 * Law: no node without an activation among its operands is left (shape arithmetic vanishes).
 */
import { throwIfCancelled, type Context } from '../base/context';
import { StudioError } from '../base/errors';
import type { Model, Node, ValueInfo, ValueName } from '../ir/model';
import { sizeOf, type Tensor, type TensorRef } from '../ir/tensor';
import { intAttr, type OpFamily, type TypedShape } from '../ops/family';
import { familyOf } from '../ops/registry';
import { constantOf, refOf } from './constants';
import { outputsOf } from './graph-index';
import { opsetOf, withGraph, type Pass } from './pass';

/** Elements of the largest constant that is made: an Expand of a few numbers to more is a fault of the file. */
const LARGEST_CONSTANT = 2 ** 28;

export const inferAndFold: Pass = {
  name: 'infer-and-fold',
  run: foldConstants,
};

/** Throws `unsupported-operator`, `bad-shape`, `dynamic-shape` (a shape that depends on data). Input shapes are static. */
export async function foldConstants(model: Model, ctx: Context): Promise<Model> {
  const { graph } = model;
  const families = familiesOf(model);
  const constants = new Map<ValueName, TensorRef>(graph.initializers);
  const values = new Map<ValueName, ValueInfo>();
  for (const input of graph.inputs) values.set(input.name, input);
  const typed = (name: ValueName | undefined): TypedShape | undefined => {
    if (name === undefined) return undefined;
    const known = constants.get(name) ?? values.get(name);
    // every value here has been inferred or is a static input
    if (known) return { dtype: known.dtype, shape: known.shape as readonly number[] };
    throw new StudioError({ code: 'bad-graph', what: 'A value is read that nothing makes', where: { value: name } });
  };
  const constant = (name: ValueName | undefined): Tensor | undefined => constantOf({ initializers: constants }, name);

  const used = new Set<string | undefined>([...graph.nodes.flatMap((n) => n.inputs), ...graph.outputs.map((o) => o.name)]);
  const nodes: Node[] = [];
  for (const node of graph.nodes) {
    await ctx.tick();
    throwIfCancelled(ctx);
    // familiesOf has refused nodes without a family
    const family = families.get(node) as OpFamily;
    const known = shapeOperand(node, typed);
    if (known) {
      constants.set(node.outputs[0] as ValueName, refOf(node.outputs[0] as string, known));
      continue;
    }
    const opset = opsetOf(model, node.domain);
    const inputs = node.inputs.map(typed);
    const outputs = placed(node, () => family.shape({ node, opset, inputs, constant: (i) => constant(node.inputs[i]) }));
    const isConstant = family.evaluate !== undefined && node.inputs.every((name) => name === undefined || constants.has(name));
    if (family.evaluate && isConstant) {
      for (const output of outputs) checkSize(node, output);
      const results = placed(node, () => family.evaluate?.({ node, opset, inputs: node.inputs.map(constant), outputs }));
      results?.forEach((tensor, i) => {
        const name = node.outputs[i];
        if (name !== undefined && name !== '') constants.set(name, refOf(name, tensor));
      });
      continue;
    }
    node.outputs.forEach((name, i) => {
      const output = outputs[i];
      if (name !== '' && output) values.set(name, { name, dtype: output.dtype, shape: output.shape });
    });
    for (const name of outputsOf(node)) if (!values.has(name) && used.has(name)) throw noShape(node, name);
    nodes.push(node);
  }
  const outputs = graph.outputs.map((o) => {
    const t = typed(o.name);
    return t ? { name: o.name, dtype: t.dtype, shape: t.shape } : o;
  });
  return withGraph(model, { nodes, outputs, values, initializers: constants });
}

/** Every node's family. Throws `unsupported-operator` that names all operators that have none. */
function familiesOf(model: Model): ReadonlyMap<Node, OpFamily> {
  const families = new Map<Node, OpFamily>();
  const unknown = new Map<string, Node>();
  for (const node of model.graph.nodes) {
    const family = familyOf(node.op, node.domain);
    if (family) families.set(node, family);
    else if (!unknown.has(`${node.domain}:${node.op}`)) unknown.set(`${node.domain}:${node.op}`, node);
  }
  const [first] = unknown.values();
  if (!first) return families;
  const all = [...unknown.values()].map((n) => `${n.op} (${n.domain === '' ? `ai.onnx ${opsetOf(model)}` : n.domain})`);
  throw new StudioError({
    code: 'unsupported-operator',
    what:
      all.length === 1
        ? 'The model uses an operator that the studio does not know'
        : 'The model uses operators that the studio does not know',
    got: all.join(', '),
    where: { node: first.id, op: first.op },
    todo: 'Export the model without it, or with a lower-level form of it',
  });
}

/** Shape and Size of a value whose shape is known, whatever its elements are. Shape has `start` and `end` from opset 15 on. */
function shapeOperand(node: Node, typed: (name: ValueName | undefined) => TypedShape | undefined): Tensor | undefined {
  if (node.domain !== '' || (node.op !== 'Shape' && node.op !== 'Size')) return undefined;
  const x = typed(node.inputs[0]);
  if (!x) return undefined;
  if (node.op === 'Size') return { dtype: 'int64', shape: [], data: BigInt64Array.of(BigInt(sizeOf(x.shape))) };
  const within = (v: number): number => Math.min(x.shape.length, Math.max(0, v < 0 ? v + x.shape.length : v));
  const shape = x.shape.slice(within(intAttr(node, 'start', 0)), within(intAttr(node, 'end', x.shape.length)));
  return { dtype: 'int64', shape: [shape.length], data: BigInt64Array.from(shape, BigInt) };
}

/** Adds the node to an error of a rule that does not name one. */
function placed<T>(node: Node, work: () => T): T {
  try {
    return work();
  } catch (e) {
    if (!(e instanceof StudioError) || e.fields.where?.node !== undefined) throw e;
    throw new StudioError({ ...e.fields, where: { node: node.id, op: node.op, ...e.fields.where } });
  }
}

function checkSize(node: Node, output: TypedShape): void {
  if (sizeOf(output.shape) <= LARGEST_CONSTANT) return;
  throw new StudioError({
    code: 'bad-shape',
    what: 'A constant would have too many elements',
    expected: `at most ${LARGEST_CONSTANT}`,
    got: `[${output.shape.join(', ')}]`,
    where: { node: node.id, op: node.op },
  });
}

function noShape(node: Node, name: ValueName): StudioError {
  return new StudioError({
    code: 'unsupported-operator',
    what: 'An output of the operator is used that the studio does not know',
    where: { node: node.id, op: node.op, value: name },
  });
}
