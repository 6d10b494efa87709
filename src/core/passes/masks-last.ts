/**
 * Masks that are added to attention scores before a bias, or together with one, come after it: x + mask + bias is
 * (x + bias) + mask, so that the scores can be quantized without the mask (recognise-mask.ts takes the last ones only).
 * The sum without the mask is in no file: the float runtime is given the model that this pass made (runtime-model.ts).
 * Law: the same sum in another order; nothing changes where the masks are last already.
 */
import type { Model, Node, ValueName } from '../ir/model';
import { floatsOf } from './constants';
import { Expansion, Parts } from './expansion';
import { isPrivate } from './graph-index';
import { LOW, prober, type Prober } from './mask-places';
import { Matcher } from './matcher';
import type { Pass } from './pass';

export const masksLast = {
  name: 'masks-last',
  run(model: Model): Model {
    const softmaxes = model.graph.nodes.filter((n) => n.op === 'Softmax' && n.domain === '');
    if (softmaxes.length === 0) return model;
    const m = new Matcher(model.graph);
    const probed = prober(model, m);
    const sums = new Map<Node, Sum>();
    for (const { inputs } of softmaxes) {
      const last = m.producer(inputs[0], 'Add');
      const sum = last && !sums.has(last) ? sumOf(last, m, probed) : undefined;
      if (last && sum) sums.set(last, sum);
    }
    if (sums.size === 0) return model;
    const expansion = new Expansion(model);
    const nodes = model.graph.nodes.flatMap((node) => {
      const sum = sums.get(node);
      if (!sum) return [node];
      const parts = new Parts(expansion, node);
      const [first, ...rest] = sum.terms;
      const scores = rest.reduce((a, b, i) => parts.make('Add', [a, b], `scores${i === 0 ? '' : i}`), first as ValueName); // two at least
      const masks = [...sum.masks];
      const final = masks.pop() as ValueName; // one at least
      parts.into(0, 'Add', [masks.reduce((a, b, i) => parts.make('Add', [a, b], `masked${i}`), scores), final]);
      return parts.nodes;
    });
    return expansion.done(nodes);
  },
} satisfies Pass;

interface Sum {
  readonly terms: readonly ValueName[];
  readonly masks: readonly ValueName[];
}

/** undefined: there is no mask, or the masks are last. */
function sumOf(last: Node, m: Matcher, probed: Prober): Sum | undefined {
  const isMask = (name: ValueName): boolean => {
    const constant = m.facts.constant(name);
    if (!constant) return probed(name, 'added') !== undefined;
    const data = floatsOf(constant);
    return data !== undefined && data.includes(0) && data.some((v) => v <= LOW) && data.every((v) => v === 0 || v <= LOW);
  };
  const operandsOf = (name: ValueName): readonly [ValueName, ValueName] | undefined => {
    const node = m.producer(name, 'Add');
    const [a, b] = node?.inputs ?? [];
    return node && a !== undefined && b !== undefined && !isMask(name) ? [a, b] : undefined;
  };
  const masks: ValueName[] = [];
  const terms: ValueName[] = [];
  const open = (name: ValueName): void => {
    const operands = operandsOf(name);
    // what others read stays one term, unless it is a mask with something else
    if (operands && (name === last.outputs[0] || isPrivate(m.index, name) || operands.some(isMask))) operands.forEach(open);
    else (isMask(name) ? masks : terms).push(name);
  };
  const whole = last.outputs[0] as ValueName; // Add has an output
  open(whole);
  let rest: ValueName | undefined = whole;
  let behind = 0;
  for (let operands = operandsOf(rest); operands; operands = rest === undefined ? undefined : operandsOf(rest)) {
    const mask: 0 | 1 | undefined = isMask(operands[1]) ? 1 : isMask(operands[0]) ? 0 : undefined;
    if (mask === undefined) break;
    behind++;
    rest = operands[mask === 1 ? 0 : 1];
  }
  const shape = m.shape(whole)?.join();
  const x = terms.find((name) => !m.facts.constant(name) && m.shape(name)?.join() === shape);
  if (masks.length === behind || terms.length < 2 || x === undefined) return undefined;
  return { terms: [x, ...terms.filter((n) => n !== x)], masks };
}
