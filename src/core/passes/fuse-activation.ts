/**
 * Relu, Clip, and Max or Min with one constant become the clamp of the node before them, where that one has an integer
 * form that ends in a clamp and nobody else reads its value. The node makes the activation's output from then on.
 * Law: clamp(clamp(x)) is composed exactly, also where the ranges do not meet; Clip is min(max(x, lo), hi) as in ONNX.
 */
import type { Model, Node, ValueName } from '../ir/model';
import { floatAttr } from '../ops/family';
import { functionTypes } from '../ops/lower/functions';
import { integerRuleOf } from '../ops/lower/rules';
import type { NodeView } from '../ops/lowering';
import { scalarOf } from './constants';
import { factsOf, outputName, type GraphFacts } from './graph-facts';
import { indexOf, isPrivate, mergedSources } from './graph-index';
import { opsetOf, withGraph, type Pass } from './pass';

export type Clamp = NonNullable<Node['clamp']>;

/** Operators whose integer form ends in a clamp of its own (ops/lower): a requantization, a sum's, a table's. */
const clamping: ReadonlySet<string> = new Set([
  ...['Conv', 'Gemm', 'MatMul', 'Add', 'Sub', 'Mul', 'Div', 'AveragePool', 'GlobalAveragePool', 'ReduceMean', 'ReduceSum', 'PRelu', 'Pow'],
  ...functionTypes,
]);

export const fuseActivation: Pass = { name: 'fuse-activation', run: fused };

function fused(model: Model): Model {
  const { graph } = model;
  const facts = factsOf(graph);
  const index = indexOf(graph);
  const view = viewOf(model, facts);
  const made = new Map<ValueName, Node>();
  const nodes = new Set<Node>();
  for (const original of graph.nodes) {
    let node = original;
    const found = clampOf(node, facts);
    const before = found === undefined ? undefined : made.get(found.x);
    if (found && before && isPrivate(index, found.x) && canClamp(before, view, facts)) {
      const clamp = before.clamp ? composed(before.clamp, found.clamp) : found.clamp;
      nodes.delete(before);
      node = { ...before, outputs: node.outputs, clamp, sources: mergedSources(before, node) };
    }
    nodes.add(node);
    if (node.outputs.length === 1) made.set(outputName(node), node);
  }
  return withGraph(model, { nodes: [...nodes] });
}

/** First the one, then the other. */
export function composed(first: Clamp, second: Clamp): Clamp {
  const through = (v: number): number => Math.min(Math.max(v, second.lo), second.hi);
  return { lo: through(first.lo), hi: through(first.hi), op: second.op };
}

/** The clamp that a node is, and of which value; undefined: it is none. lo <= hi always. */
export function clampOf(node: Node, facts: GraphFacts): { x: ValueName; clamp: Clamp } | undefined {
  const [x, second] = node.inputs;
  if (node.domain !== '' || node.clamp || x === undefined || facts.typed(x)?.dtype !== 'float32') return undefined;
  switch (node.op) {
    case 'Relu':
      return { x, clamp: { lo: 0, hi: Infinity, op: node.op } };
    case 'Clip': {
      const [lo, hi] = [bound(node, 1, 'min', -Infinity, facts), bound(node, 2, 'max', Infinity, facts)];
      // an empty range: everything becomes max
      return lo === undefined || hi === undefined ? undefined : { x, clamp: { lo: Math.min(lo, hi), hi, op: node.op } };
    }
    case 'Max':
    case 'Min': {
      if (node.inputs.length !== 2 || second === undefined) return undefined;
      const [value, other] = facts.constant(second) ? [x, second] : [second, x];
      const limit = scalarOf(facts.constant(other));
      const keepsShape = facts.typed(value)?.shape.length === facts.typed(outputName(node))?.shape.length;
      if (facts.constant(value) || limit === undefined || Number.isNaN(limit) || !keepsShape) return undefined;
      const [lo, hi] = node.op === 'Max' ? [limit, Infinity] : [-Infinity, limit];
      return { x: value, clamp: { lo, hi, op: node.op } };
    }
    default:
      return undefined;
  }
}

/** Bounds are attributes up to opset 10, optional inputs from 11 on; undefined where one is computed or not a number. */
function bound(node: Node, i: number, attribute: string, none: number, facts: GraphFacts): number | undefined {
  const name = node.inputs[i];
  const value = name === undefined ? floatAttr(node, attribute, none) : scalarOf(facts.constant(name));
  return value === undefined || Number.isNaN(value) ? undefined : value;
}

/** Does the node have an integer form, so that its clamp is heeded? Float islands know no clamp. */
function canClamp(node: Node, view: NodeView, facts: GraphFacts): boolean {
  const rule = integerRuleOf(node.op, node.domain);
  const floats = [...node.inputs, ...node.outputs].every(
    (n) => n === undefined || facts.constant(n) || facts.typed(n)?.dtype === 'float32',
  );
  return clamping.has(node.op) && floats && rule !== undefined && rule.refuse?.(node, view) === undefined;
}

function viewOf(model: Model, facts: GraphFacts): NodeView {
  return {
    opset: opsetOf(model),
    shape: (name) => facts.typed(name)?.shape ?? [],
    constant: (name) => facts.constant(name),
    whole: (name) => facts.constant(name) === undefined && (facts.typed(name)?.dtype ?? 'float32') !== 'float32',
  };
}
