/**
 * One number by which a product of two activations is multiplied or divided, before it in an operand or behind it, as
 * attention has it (1/sqrt(d)), becomes the product's own factor: `t2c:MatMul` with attribute `alpha`, a part of the one
 * requantization. Law: only where nobody else reads the value in between, and its shape stays.
 */
import type { Model, Node, ValueName } from '../ir/model';
import { sameShape } from '../ir/tensor';
import { OWN_DOMAIN } from './fuse-matmul-bias';
import { outputName } from './graph-facts';
import { isPrivate } from './graph-index';
import { Matcher, orders } from './matcher';
import type { Pass } from './pass';
import { Rewriting } from './rewriting';

export const foldProductScale: Pass = { name: 'fold-product-scale', run: folded };

function folded(model: Model): Model {
  const m = new Matcher(model.graph);
  const rewriting = new Rewriting(model);
  for (const node of model.graph.nodes) {
    const isProduct = node.op === 'MatMul' && node.domain === '' && node.inputs.every((i) => i !== undefined && !m.facts.constant(i));
    if (!isProduct) continue;
    const parts: Node[] = [];
    let alpha = 1;
    const inputs = node.inputs.map((input) => {
      const before = m.index.producers.get(input as ValueName); // asked above
      const scale = before && isPrivate(m.index, outputName(before)) ? scaleOf(before, m) : undefined;
      if (!before || !scale) return input;
      alpha *= scale.factor;
      parts.push(before);
      return scale.x;
    });
    let last = node;
    for (;;) {
      const [reader] = isPrivate(m.index, outputName(last)) ? (m.index.readers.get(outputName(last)) ?? []) : [];
      const scale = reader && scaleOf(reader, m);
      if (!reader || !scale) break;
      alpha *= scale.factor;
      parts.push(last);
      last = reader;
    }
    if (parts.length > 0)
      rewriting.replace(last, { op: 'MatMul', domain: OWN_DOMAIN, inputs, attrs: { alpha: { type: 'float', value: alpha } }, parts }, node);
  }
  return rewriting.done();
}

/** x * c, c * x or x / c for one number c. */
function scaleOf(node: Node, m: Matcher): { x: ValueName; factor: number } | undefined {
  if (node.domain !== '' || node.clamp || (node.op !== 'Mul' && node.op !== 'Div')) return undefined;
  for (const [x, c] of node.op === 'Mul' ? orders(node) : orders(node).slice(0, 1)) {
    const number = m.scalar(c);
    const factor = number === undefined ? undefined : node.op === 'Mul' ? number : 1 / number;
    const isReal = factor !== undefined && Number.isFinite(factor) && factor !== 0 && m.facts.typed(x)?.dtype === 'float32';
    if (isReal && !m.facts.constant(x) && sameShape(m.shape(x) ?? [], m.shape(outputName(node)) ?? [])) return { x, factor };
  }
  return undefined;
}
