/**
 * Puts recognised functions into a graph: each stands where the last of its parts stood and makes that one's output.
 * Parts that nobody else reads leave; a part whose value somebody else reads, or that is an output, stays as it is.
 * Law: the other nodes, and all values that are left, are untouched.
 */
import type { Model, Node, NodeId, ValueInfo, ValueName } from '../ir/model';
import type { Tensor, TensorRef } from '../ir/tensor';
import { refOf } from './constants';
import { OWN_DOMAIN } from './fuse-matmul-bias';
import { freshNames, mergedSources, outputsOf } from './graph-index';
import { withGraph } from './pass';

export interface Recognised {
  readonly op: string;
  readonly domain: string;
  readonly inputs: Node['inputs'];
  readonly attrs: Node['attrs'];
  /** The nodes that it stands for, besides the one that it replaces. */
  readonly parts: readonly Node[];
}

export class Rewriting {
  private readonly model: Model;
  private readonly replaced = new Map<Node, Node>();
  private readonly parts = new Set<Node>();
  private readonly initializers: Map<ValueName, TensorRef>;
  private readonly values: Map<ValueName, ValueInfo>;
  private readonly added = new Map<Node, Node[]>();
  private readonly ids: Set<NodeId>;
  private readonly fresh: (wish: string) => ValueName;

  constructor(model: Model) {
    this.model = model;
    this.initializers = new Map(model.graph.initializers);
    this.values = new Map(model.graph.values);
    this.fresh = freshNames(model.graph);
    this.ids = new Set(model.graph.nodes.map((n) => n.id));
  }

  /** `last` becomes what was recognised; `main` gives the node its name and scope (default: the last part). */
  replace(last: Node, found: Recognised, main = last): void {
    const parts = found.parts.filter((n) => n !== last);
    const { op, domain, inputs, attrs } = found;
    this.replaced.set(last, { ...main, op, domain, inputs, attrs, outputs: last.outputs, sources: mergedSources(main, last, ...parts) });
    for (const part of parts) this.parts.add(part);
  }

  constant(wish: string, tensor: Tensor): ValueName {
    const name = this.fresh(wish);
    this.initializers.set(name, refOf(name, tensor));
    return name;
  }

  /** A node that the original graph does not have, before `place`; its output is new, `called` is the wish for its own name. */
  insert(place: Node, node: Omit<Node, 'outputs' | 'id'>, wish: string, type: Omit<ValueInfo, 'name'>, called = wish): ValueName {
    const name = this.fresh(wish);
    this.values.set(name, { name, ...type });
    const before = this.added.get(place) ?? [];
    let id = called as NodeId; // made unique here
    for (let i = 2; this.ids.has(id); i++) id = `${called}_${i}` as NodeId;
    this.ids.add(id);
    before.push({ ...node, id, outputs: [name] });
    this.added.set(place, before);
    return name;
  }

  done(): Model {
    const { graph } = this.model;
    if (this.replaced.size === 0) return this.model;
    const all = graph.nodes.flatMap((n) => [...(this.added.get(n) ?? []), this.replaced.get(n) ?? n]);
    const mayLeave = new Set<Node>(this.parts);
    for (const part of this.parts) mayLeave.add(this.replaced.get(part) ?? part);
    const needed = new Set<ValueName | undefined>(graph.outputs.map((o) => o.name));
    const nodes: Node[] = [];
    for (const node of all.toReversed()) {
      if (mayLeave.has(node) && !outputsOf(node).some((o) => needed.has(o))) continue;
      nodes.push(node);
      for (const input of node.inputs) needed.add(input);
    }
    const opsets = [...this.replaced.values()].some((n) => n.domain === OWN_DOMAIN)
      ? { ...this.model.opsets, [OWN_DOMAIN]: 1 }
      : this.model.opsets;
    return withGraph({ ...this.model, opsets }, { nodes: nodes.reverse(), initializers: this.initializers, values: this.values });
  }
}
