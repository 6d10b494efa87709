/**
 * Torch2Chip's scope name of every node: `layer1.0.conv1`, `blocks.0.attn.qk`, `fc`. Taken from the exporter's scope
 * metadata, else the node's name, else the names of its parameters, else the scope of the nodes before it.
 * Laws: unique and free of clashes (unique-names.ts); the same file gives the same names; a layer is called the same
 * whether or not batch normalization was folded before export.
 */
import type { Graph, Model, Node, NodeId, ValueName } from '../ir/model';
import { attentionRoles } from './attention-roles';
import { indexOf } from './graph-index';
import { joined, ownerOfParameter, parentOf, placeOfName, placeOfScopes, sanitized, type Place } from './scope-names';
import { uniqueStems } from './unique-names';

/** Operators whose constant operands are parameters of a module of their own. */
const owners: ReadonlySet<string> = new Set(
  'Conv ConvTranspose Gemm MatMul BatchNormalization LayerNormalization InstanceNormalization GroupNormalization PRelu'.split(' '),
);

/** Operators between the body of a network and its classifier. */
const heads: ReadonlySet<string> = new Set(['GlobalAveragePool', 'GlobalMaxPool', 'ReduceMean', 'AveragePool', 'Flatten']);

/** `original` is the model as read: names of nodes and parameters as the exporter wrote them. */
export function stemsOf(original: Model, canonical: Model): ReadonlyMap<NodeId, string> {
  const { graph } = canonical;
  const written = writtenNodes(original.graph);
  const roles = attentionRoles(graph);
  const facts = graph.nodes.map((node) => factsOf(node, written));
  const isLeaf = leafScopes(facts);
  const { producers, readers } = indexOf(graph);
  const order = new Map(graph.nodes.map((n, i) => [n, i]));
  const scopes = new Map<Node, string>();
  const wishes = graph.nodes.map((node, i) => {
    const { place, owner } = facts[i] as NodeFacts; // one per node
    const role = roles.get(node.id);
    const stem = wishOf(node, place, owner, role);
    scopes.set(node, owner === stem || (place && place.local === undefined) ? parentOf(stem) : (place?.scope ?? parentOf(stem)));
    return { stem: sanitized(stem) || node.op.toLowerCase(), several: node.outputs.length > 1 };
  });
  // activations only: a float constant has no name in the integer model
  const values = [...graph.inputs.map((v) => v.name), ...graph.nodes.flatMap((n) => n.outputs)];
  const stems = uniqueStems(wishes, values);
  return new Map(graph.nodes.map((n, i) => [n.id, stems[i] as string])); // one per node

  function wishOf(node: Node, place: Place | undefined, owner: string | undefined, role: string | undefined): string {
    if (owner !== undefined && (place === undefined || isInside(owner, place.scope))) return owner;
    if (place?.local === undefined && place !== undefined) return place.scope;
    if (place !== undefined && isLeaf(place.scope)) return place.scope;
    if (place !== undefined) return joined(place.scope, role ?? (place.local || node.op.toLowerCase()));
    const scope = heads.has(node.op) ? scopeAround(node) : scopeBefore(node);
    // in a scope the operator is name enough; outside of all, the exporter's number tells nodes apart
    return scope === '' ? (role ?? localName(node)) : joined(scope, role ?? node.op.toLowerCase());
  }

  /**
   * Scope of a node that says nothing: that of the last node before it, or the one around both where the nodes
   * before it lie in each other (the sum behind a downsampling branch).
   */
  function scopeBefore(node: Node): string {
    const before = node.inputs
      .map((name) => (name === undefined ? undefined : producers.get(name)))
      .filter((n) => n !== undefined)
      .sort((a, b) => (order.get(b) ?? 0) - (order.get(a) ?? 0));
    const [last, ...others] = before.map((n) => scopes.get(n) ?? '');
    if (last === undefined) return '';
    return others.filter((s) => s !== '' && isInside(last, s)).sort((a, b) => a.length - b.length)[0] ?? last;
  }

  /** Of a pool that ends a body: the scope of the layer behind it, where that one lies around the body. */
  function scopeAround(node: Node): string {
    const before = scopeBefore(node);
    let ahead: Node | undefined = node;
    for (let i = 0; i < 4 && ahead !== undefined; i++) {
      ahead = readers.get(ahead.outputs[0] ?? ('' as ValueName))?.[0]; // '' names no value
      const owner = ahead === undefined ? undefined : facts[order.get(ahead) ?? -1]?.owner;
      if (owner !== undefined) return isInside(before, parentOf(owner)) ? parentOf(owner) : before;
    }
    return before;
  }
}

interface NodeFacts {
  readonly place: Place | undefined;
  readonly owner: string | undefined;
}

interface Written {
  readonly byId: ReadonlyMap<string, Node>;
  /** What parameters are called, through Identity of an initializer too. */
  readonly parameters: ReadonlySet<ValueName>;
}

function writtenNodes(graph: Graph): Written {
  const parameters = new Set(graph.initializers.keys());
  for (const node of graph.nodes) {
    const isConstant = node.op === 'Constant' || (node.inputs.length > 0 && node.inputs.every((i) => i === undefined || parameters.has(i)));
    if (isConstant) for (const output of node.outputs) parameters.add(output);
  }
  return { byId: new Map(graph.nodes.map((n) => [n.id, n])), parameters };
}

function factsOf(node: Node, written: Written): NodeFacts {
  const main = written.byId.get(node.id) ?? node;
  const place = (main.scopes && placeOfScopes(main.scopes, main.op)) ?? placeOfName(main.id, main.op);
  const isOwner = owners.has(main.op) || owners.has(node.op);
  return { place, owner: isOwner ? ownerOf(node, main, written) : undefined };
}

/** The module whose parameters the node and what was fused into it read: the weight speaks first, then a bias. */
function ownerOf(node: Node, main: Node, written: Written): string | undefined {
  const fused = node.sources.map((id) => written.byId.get(id)).filter((n) => n !== undefined && n !== main);
  for (const n of [main, ...fused.filter((f) => f?.op === 'Add')]) {
    for (const input of n?.inputs ?? []) {
      const owner = input !== undefined && written.parameters.has(input) ? ownerOfParameter(input) : undefined;
      if (owner !== undefined) return owner;
    }
  }
  return undefined;
}

/** Is this scope that of one node only, with no scope inside it? Then it is a module of one operation. */
function leafScopes(facts: readonly NodeFacts[]): (scope: string) => boolean {
  const members = new Map<string, number>();
  const outer = new Set<string>();
  for (const { place, owner } of facts) {
    if (place === undefined) continue;
    members.set(place.scope, (members.get(place.scope) ?? 0) + 1);
    for (const inner of [place.scope, owner ?? '']) {
      for (let scope = parentOf(inner); scope !== ''; scope = parentOf(scope)) outer.add(scope);
    }
  }
  return (scope) => scope !== '' && members.get(scope) === 1 && !outer.has(scope);
}

function isInside(inner: string, outer: string): boolean {
  return outer === '' || inner === outer || inner.startsWith(`${outer}.`);
}

/** `conv_3` keeps the number that the exporter gave (`Conv_3`, `Conv__3`, `p2o.Conv.3`). */
function localName(node: Node): string {
  const number = new RegExp(`(?:^|[._])${node.op}[._]*(\\d+)$`).exec(node.id)?.[1];
  const op = node.op.toLowerCase();
  return number === undefined ? op : `${op}_${number}`;
}
