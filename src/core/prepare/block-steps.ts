/**
 * Which quantizers of activations are learned in which block. A tensor's own quantizer belongs to the block that holds all its
 * readers, else to the one that makes it; that of operands with fewer bits to the block that holds the layers which take
 * them. What belongs nowhere, has more than 8 bits or a scale by definition (probabilities, embeddings) keeps its step.
 */
import { observedValues } from '../calibrate/observed-values';
import { stepKey, type QuantPlan } from '../integer/plan';
import type { QuantInfo } from '../ir/integer-model';
import type { CanonicalModel, Node, NodeId, ValueName } from '../ir/model';
import { integerRuleOf } from '../ops/lower/rules';
import { familyOf } from '../ops/registry';
import { viewOf } from '../ops/support';
import type { Block } from './blocks';

export interface BlockQuantizer {
  /** `stepKey`; of tokens a key of its own. */
  readonly key: string;
  /** The tensor that statistics were taken of; where tokens have scales of their own, the one that layers read. */
  readonly root: ValueName;
  /** Is it that of operands? */
  readonly narrow: boolean;
  /** Whose algorithm it is: the layer that makes the tensor, or one that takes it token by token. */
  readonly stem: string;
  /** Objects of the plan, all equal. */
  readonly quantizers: readonly QuantInfo[];
}

interface Group {
  readonly root: ValueName;
  readonly narrow: boolean;
  readonly quantizers: Set<QuantInfo>;
  /** undefined: the outside of the model. */
  readonly readers: Set<NodeId | undefined>;
}

/** By the block's output. */
export function quantizersOf(
  c: CanonicalModel,
  plan: QuantPlan,
  blocks: readonly Block[],
): ReadonlyMap<ValueName, readonly BlockQuantizer[]> {
  const observed = new Set(observedValues(c));
  const view = viewOf(c);
  const producers = new Map(c.model.graph.nodes.flatMap((n) => n.outputs.map((o) => [o, n] as const)));
  const homes = new Map<NodeId, Block>(blocks.flatMap((b) => b.nodes.map((n) => [n.id, b] as const)));
  const found = new Map<ValueName, BlockQuantizer[]>();
  const stemOf = (id: NodeId): string => c.stems.get(id) ?? id;
  for (const [key, { root, narrow, quantizers, readers }] of groupsOf(c, plan, producers)) {
    const [q] = quantizers;
    const [reader] = readers;
    const producer = producers.get(root);
    const isFixed = producer !== undefined && integerRuleOf(producer.op, producer.domain)?.fixed?.(producer, view) !== undefined;
    if (!q || q.bits > 8 || (q.axis === undefined ? isFixed || !observed.has(root) : [...quantizers].some((o) => o.bits !== q.bits)))
      continue;
    const stem = q.axis !== undefined && reader !== undefined ? stemOf(reader) : producer ? stemOf(producer.id) : root;
    const reading = new Set([...readers].map((id) => (id === undefined ? undefined : homes.get(id))));
    const [only] = reading;
    const home = reading.size === 1 && only !== undefined ? only : narrow || producer === undefined ? undefined : homes.get(producer.id);
    if (home) found.set(home.output, [...(found.get(home.output) ?? []), { key, root, narrow, stem, quantizers: [...quantizers] }]);
  }
  return found;
}

function groupsOf(c: CanonicalModel, plan: QuantPlan, producers: ReadonlyMap<ValueName, Node>): ReadonlyMap<string, Group> {
  const { graph } = c.model;
  const isMove = (node: Node): boolean => !plan.islands.has(node.id) && familyOf(node.op, node.domain)?.quantizer === 'pass';
  const rootOf = (value: ValueName): ValueName => {
    const node = producers.get(value);
    const from = node?.inputs[0];
    return node && from !== undefined && isMove(node) && plan.activations.get(from) === plan.activations.get(value) ? rootOf(from) : value;
  };
  const groups = new Map<string, Group>();
  const add = (root: ValueName, q: QuantInfo, narrow: boolean, reader: NodeId | undefined): void => {
    const key = q.axis === undefined ? stepKey(root, q.bits) : `tokens ${root}`;
    const group = groups.get(key) ?? { root, narrow, quantizers: new Set(), readers: new Set() };
    groups.set(key, group);
    group.quantizers.add(q);
    group.readers.add(reader);
  };
  for (const node of graph.nodes) {
    for (const [i, value] of node.inputs.entries()) {
      const own = value === undefined ? undefined : plan.activations.get(value);
      if (value === undefined || !own) continue;
      const taken = plan.operands.get(node.id)?.[i];
      if (isMove(node) && i === 0 && !taken && node.outputs.every((o) => plan.activations.get(o) === own)) continue;
      add(rootOf(value), own, false, node.id);
      // operands of a Concat are taken under its output's quantizer
      if (taken && familyOf(node.op, node.domain)?.quantizer !== 'merge')
        add(taken.axis === undefined ? rootOf(value) : value, taken, true, node.id);
    }
  }
  for (const { name } of graph.outputs) {
    const q = plan.activations.get(name);
    if (q) add(rootOf(name), q, false, undefined);
  }
  return groups;
}

/** The plan with other scales of a quantizer; undefined: without it. */
export function withQuantizer(plan: QuantPlan, { quantizers }: BlockQuantizer, q: QuantInfo | undefined): QuantPlan {
  const isMine = (known: QuantInfo | undefined): boolean => known !== undefined && quantizers.includes(known);
  const activations = [...plan.activations].flatMap(([value, own]) =>
    !isMine(own) ? [[value, own] as const] : q ? [[value, q] as const] : [],
  );
  const operands = [...plan.operands].map(([id, taken]) => [id, taken.map((t) => (isMine(t) ? q : t))] as const);
  return { ...plan, activations: new Map(activations), operands: new Map(operands) };
}
