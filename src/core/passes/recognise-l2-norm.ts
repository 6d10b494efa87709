/**
 * A vector over its length, x / max(|x|, epsilon), as attention by cosines and embeddings have it: RMS normalization with
 * the scale 1 / sqrt(C), which has an integer form. Length as ReduceL2 or the root of a sum of squares, with Max, Clip or
 * Add for epsilon, or LpNormalization. Law: along the last axis; equal where |x| is above epsilon a few times.
 */
import type { Model, Node, ValueName } from '../ir/model';
import { floatAttr, intAttr } from '../ops/family';
import { OWN_DOMAIN } from './fuse-matmul-bias';
import { outputName } from './graph-facts';
import { Matcher, orders, type Reduction } from './matcher';
import type { Pass } from './pass';
import { Rewriting } from './rewriting';

export const recogniseL2Norm: Pass = { name: 'recognise-l2-norm', run: recognised };

/** Squared, it is what float32 still holds. */
const LEAST = 1e-15;

interface Length {
  readonly reduction: Reduction;
  readonly epsilon: number;
  readonly nodes: readonly Node[];
}

function recognised(model: Model): Model {
  const m = new Matcher(model.graph);
  const rewriting = new Rewriting(model);
  for (const node of model.graph.nodes) {
    const found = node.domain === '' && !node.clamp ? normOf(node, m) : undefined;
    const extent = m.shape(found?.x)?.at(-1);
    if (!found || extent === undefined) continue;
    const scale = new Float32Array(extent).fill(1 / Math.sqrt(extent));
    rewriting.replace(node, {
      op: 'RMSNormalization',
      domain: OWN_DOMAIN,
      inputs: [found.x, rewriting.constant(`${outputName(node)}.scale`, { dtype: 'float32', shape: [extent], data: scale })],
      attrs: {
        axis: { type: 'int', value: -1 },
        epsilon: { type: 'float', value: Math.max(LEAST, found.epsilon) ** 2 / extent },
      },
      parts: found.nodes,
    });
  }
  return rewriting.done();
}

function normOf(node: Node, m: Matcher): { x: ValueName; epsilon: number; nodes: readonly Node[] } | undefined {
  const x = node.inputs[0];
  const rank = m.shape(x)?.length;
  if (x === undefined || rank === undefined) return undefined;
  if (node.op === 'LpNormalization') {
    const axis = intAttr(node, 'axis', -1);
    return intAttr(node, 'p', 2) === 2 && (axis === -1 || axis === rank - 1) ? { x, epsilon: 0, nodes: [node] } : undefined;
  }
  if (node.op !== 'Div') return undefined;
  const length = lengthOf(node.inputs[1], m);
  const { axes, keepsRank } = length?.reduction ?? { axes: [], keepsRank: false };
  if (!length || !keepsRank || axes.length !== 1 || axes[0] !== rank - 1 || !m.same(length.reduction.x, x)) return undefined;
  return { x, epsilon: length.epsilon, nodes: [...length.nodes, node] };
}

/** max(|x|, epsilon) */
function lengthOf(name: ValueName | undefined, m: Matcher): Length | undefined {
  const node = m.producer(name, 'Expand', 'Max', 'Clip', 'Add', 'ReduceL2', 'Sqrt');
  const first = node?.inputs[0];
  if (!node || first === undefined) return undefined;
  const behind = (inner: Length | undefined, epsilon = 0): Length | undefined =>
    inner && { ...inner, epsilon: Math.max(inner.epsilon, epsilon), nodes: [...inner.nodes, node] };
  switch (node.op) {
    case 'Expand':
      return behind(lengthOf(first, m));
    case 'Clip': {
      const least = node.inputs[1] === undefined ? floatAttr(node, 'min', NaN) : (m.scalar(node.inputs[1]) ?? NaN);
      const most = node.inputs[2] === undefined ? floatAttr(node, 'max', Infinity) : (m.scalar(node.inputs[2]) ?? 0);
      return least >= 0 && least < 1e-3 && most > 1e30 ? behind(lengthOf(first, m), least) : undefined;
    }
    case 'Max':
    case 'Add':
      for (const [x, e] of orders(node)) {
        const epsilon = m.scalar(e);
        if (epsilon !== undefined && epsilon >= 0 && epsilon < 1e-3) return behind(lengthOf(x, m), epsilon);
      }
      return undefined;
    case 'ReduceL2': {
      const reduction = m.reduction(name, 'ReduceL2');
      return reduction && { reduction, epsilon: 0, nodes: [node] };
    }
    default:
      return behind(sumOfSquares(first, m));
  }
}

/** The sum of squares, perhaps with epsilon under the root. */
function sumOfSquares(name: ValueName, m: Matcher): Length | undefined {
  const raised = m.producer(name, 'Add', 'Max', 'Clip');
  if (raised) {
    const bound = raised.op === 'Clip' ? ([[raised.inputs[0], raised.inputs[1]]] as const) : orders(raised);
    for (const [x, e] of bound) {
      const epsilon = m.scalar(e);
      const inner = epsilon !== undefined && epsilon >= 0 && epsilon < 1e-5 && x !== undefined ? sumOfSquares(x, m) : undefined;
      if (inner && epsilon !== undefined) return { ...inner, epsilon: Math.sqrt(epsilon), nodes: [...inner.nodes, raised] };
    }
    return undefined;
  }
  const sum = m.reduction(name, 'ReduceSum', 'ReduceSumSquare');
  const made = m.index.producers.get(name);
  if (!sum || !made) return undefined;
  if (made.op === 'ReduceSumSquare') return { reduction: sum, epsilon: 0, nodes: [made] };
  const square = m.producer(sum.x, 'Pow', 'Mul');
  const [a, b] = square?.inputs ?? [];
  const isSquare = square && a !== undefined && (square.op === 'Pow' ? m.scalar(b) === 2 : m.same(a, b));
  return isSquare && a !== undefined ? { reduction: { ...sum, x: a }, epsilon: 0, nodes: [square, made] } : undefined;
}
