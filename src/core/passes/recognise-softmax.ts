/**
 * Softmax in its parts: exp(x - max(x)) / sum(exp(x - max(x))), also without the maximum, which changes nothing but the
 * range of exp. And the guard around it that newer exporters write for rows without elements, Where(IsNaN(p), 0, p): our
 * softmax gives no NaN, a row that is masked altogether is 0 (ir/model.ts).
 * Law: along one axis that keeps its place; equal but for the rounding of float32.
 */
import type { Model, Node, ValueName } from '../ir/model';
import { OWN_DOMAIN } from './fuse-matmul-bias';
import { isPrivate } from './graph-index';
import { Matcher, orders, type Reduction } from './matcher';
import type { Pass } from './pass';
import { Rewriting } from './rewriting';

export const recogniseSoftmax: Pass = { name: 'recognise-softmax', run: (model) => withoutGuards(recognised(model)) };

interface Parts {
  readonly x: ValueName;
  readonly axis: number;
  readonly nodes: readonly Node[];
}

function recognised(model: Model): Model {
  const m = new Matcher(model.graph);
  const rewriting = new Rewriting(model);
  for (const node of model.graph.nodes) {
    const parts = node.domain === '' ? softmaxOf(node, m) : undefined;
    const rank = m.shape(parts?.x)?.length;
    if (!parts || rank === undefined) continue;
    rewriting.replace(node, {
      op: 'Softmax',
      domain: OWN_DOMAIN,
      inputs: [parts.x],
      attrs: { axis: { type: 'int', value: parts.axis - rank } },
      parts: parts.nodes,
    });
  }
  return rewriting.done();
}

function softmaxOf(last: Node, m: Matcher): Parts | undefined {
  for (const [e, s] of last.op === 'Div' ? orders(last).slice(0, 1) : last.op === 'Mul' ? orders(last) : []) {
    const inverse = last.op === 'Mul' ? inverseOf(s, m) : undefined;
    const total = last.op === 'Div' ? s : inverse?.x;
    const exp = m.producer(e, 'Exp');
    const argument = exp?.inputs[0];
    const sum = oneAxis(m.reduction(total, 'ReduceSum'));
    const summed = total === undefined ? undefined : m.index.producers.get(total);
    if (!exp || argument === undefined || !sum || !summed || !m.same(sum.x, e)) continue;
    const nodes = [exp, summed, ...(inverse ? [inverse.node] : []), last];
    const difference = m.producer(argument, 'Sub');
    const [x, most] = difference?.inputs ?? [];
    const max = oneAxis(m.reduction(most, 'ReduceMax'));
    const maximum = most === undefined ? undefined : m.index.producers.get(most);
    if (difference && x !== undefined && max && maximum && max.axis === sum.axis && m.same(max.x, x)) {
      return { x, axis: sum.axis, nodes: [maximum, difference, ...nodes] };
    }
    return { x: argument, axis: sum.axis, nodes };
  }
  return undefined;
}

function inverseOf(name: ValueName, m: Matcher): { x: ValueName; node: Node } | undefined {
  const node = m.producer(name, 'Reciprocal', 'Div');
  const x = node?.op === 'Div' ? (m.scalar(node.inputs[0]) === 1 ? node.inputs[1] : undefined) : node?.inputs[0];
  return node && x !== undefined ? { x, node } : undefined;
}

function oneAxis(r: Reduction | undefined): { x: ValueName; axis: number } | undefined {
  const [axis, ...others] = r?.axes ?? [];
  return r?.keepsRank && axis !== undefined && others.length === 0 ? { x: r.x, axis } : undefined;
}

function withoutGuards(model: Model): Model {
  const m = new Matcher(model.graph);
  const rewriting = new Rewriting(model);
  for (const node of model.graph.nodes) {
    const [condition, zero, p] = node.op === 'Where' && node.domain === '' ? node.inputs : [];
    const test = m.producer(condition, 'IsNaN');
    const softmax = p === undefined ? undefined : m.index.producers.get(p);
    if (!test || test.inputs[0] !== p || p === undefined || softmax?.op !== 'Softmax' || m.uniform(zero) !== 0) continue;
    const readers = m.index.readers.get(p) ?? [];
    if (m.index.outputs.has(p) || readers.length !== 2 || !isPrivate(m.index, test.outputs[0] as ValueName)) continue; // IsNaN has an output
    const { op, domain, inputs, attrs } = softmax;
    rewriting.replace(node, { op, domain, inputs, attrs, parts: [test, softmax] }, softmax);
  }
  return rewriting.done();
}
