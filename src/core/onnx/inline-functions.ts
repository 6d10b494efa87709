/**
 * Model functions (FunctionProto, as newer exporters write for composite operators): a call is replaced by the body,
 * names prefixed with the call's, attribute references filled in. After it no call is left.
 * Law: the graph computes what it computed; every node of a body stands for the call (`sources`).
 */
import { StudioError } from '../base/errors';
import type { AttrValue, Graph, NodeId, ValueName } from '../ir/model';
import { readAttribute, readNode, REFERENCE, type NodeSources, type ParsedNode } from './read-node';
import type { WireReader } from './wire';

export interface ModelFunction {
  readonly key: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly nodes: readonly ParsedNode[];
  /** Attributes with their defaults. */
  readonly defaults: Readonly<Record<string, AttrValue>>;
  readonly opsets: Readonly<Record<string, number>>;
}

/** Functions in functions in functions: deeper is a circle. */
const MAX_DEPTH = 30;

export function readFunction(r: WireReader, sources: NodeSources): ModelFunction {
  let name = '';
  let domain = '';
  let overload = '';
  const inputs: string[] = [];
  const outputs: string[] = [];
  const nodes: ParsedNode[] = [];
  const defaults: Record<string, AttrValue> = {};
  const opsets: Record<string, number> = {};
  while (r.next()) {
    if (r.field === 1) name = r.text();
    else if (r.field === 4) inputs.push(r.text());
    else if (r.field === 5) outputs.push(r.text());
    else if (r.field === 7) nodes.push(readNode(r.message(), sources, nodes.length));
    else if (r.field === 9) readOpset(r.message(), opsets);
    else if (r.field === 10) domain = r.text();
    else if (r.field === 11) {
      const [key, value] = readAttribute(r.message(), sources, name);
      defaults[key] = value;
    } else if (r.field === 13) overload = r.text();
    else r.skip();
  }
  return { key: keyOf(domain, name, overload), inputs, outputs, nodes, defaults, opsets };
}

export function readOpset(r: WireReader, opsets: Record<string, number>): void {
  let domain = '';
  let version = 0;
  while (r.next()) {
    if (r.field === 1) domain = r.text();
    else if (r.field === 2) version = r.int();
    else r.skip();
  }
  opsets[domain === 'ai.onnx' ? '' : domain] = version;
}

/** Nodes with every call replaced. Throws `unsupported-operator` for a function of another operator set. */
export function inlineFunctions(
  nodes: readonly ParsedNode[],
  functions: ReadonlyMap<string, ModelFunction>,
  opsets: Readonly<Record<string, number>>,
  file: string,
  depth = 0,
): ParsedNode[] {
  return nodes.flatMap((node): ParsedNode[] => {
    const f = functions.get(keyOf(node.domain, node.op, node.overload ?? ''));
    if (!f) return [node];
    if (depth > MAX_DEPTH) {
      throw new StudioError({ code: 'bad-graph', what: 'Functions of the model call each other in a circle', where: placeOf(node) });
    }
    const [domain, version] = Object.entries(f.opsets).find(([d, v]) => (opsets[d] ?? v) !== v) ?? [];
    if (version !== undefined) {
      throw new StudioError({
        code: 'unsupported-operator',
        what: 'A function of the model is written for another operator set than the model',
        expected: `version ${opsets[domain ?? '']} of ${domain || 'ai.onnx'}`,
        got: `${version}`,
        where: placeOf(node),
        todo: 'Export the model with its functions inlined.',
      });
    }
    return inlineFunctions(bodyOf(node, f), functions, opsets, file, depth + 1);
  });

  function placeOf(node: ParsedNode): { file: string; node: string; op: string } {
    return { file, node: node.id, op: node.op };
  }
}

function keyOf(domain: string, name: string, overload: string): string {
  return `${domain}:${name}:${overload}`;
}

function bodyOf(call: ParsedNode, f: ModelFunction): ParsedNode[] {
  const actual = new Map<string, ValueName | undefined>();
  f.inputs.forEach((formal, i) => actual.set(formal, call.inputs[i]));
  f.outputs.forEach((formal, i) => {
    const name = call.outputs[i];
    // an output that is an input, too, cannot be renamed twice: an Identity stands between
    if (name !== undefined && name !== '' && !actual.has(formal)) actual.set(formal, name);
  });
  const rename = (name: ValueName): ValueName | undefined =>
    name === '' ? name : actual.has(name) ? actual.get(name) : (`${call.id}/${name}` as ValueName);
  const given = { ...f.defaults, ...call.attrs };
  const body = f.nodes.map((n) => instance(n, call, rename, given));
  f.outputs.forEach((formal, i) => {
    const name = call.outputs[i];
    const from = actual.get(formal);
    if (name === undefined || name === '' || from === name || from === undefined) return;
    const id = `${call.id}/${formal}` as NodeId;
    body.push({ id, op: 'Identity', domain: '', inputs: [from], outputs: [name], attrs: {}, sources: call.sources });
  });
  return body;
}

type Rename = (name: ValueName) => ValueName | undefined;

function instance(n: ParsedNode, call: ParsedNode, rename: Rename, given: Readonly<Record<string, AttrValue>>): ParsedNode {
  const attrs: [string, AttrValue][] = [];
  for (const [key, a] of Object.entries(n.attrs)) {
    if (a.type === 'graph') attrs.push([key, { type: 'graph', value: graphInstance(a.value, call, rename, given) }]);
    else if (a.type !== 'other' || !a.value.startsWith(REFERENCE)) attrs.push([key, a]);
    else {
      const value = given[a.value.slice(REFERENCE.length)];
      if (value) attrs.push([key, value]);
    }
  }
  return {
    ...n,
    id: `${call.id}/${n.id}` as NodeId,
    inputs: n.inputs.map((name) => (name === undefined ? undefined : rename(name))),
    outputs: n.outputs.map((name) => rename(name) ?? name),
    attrs: Object.fromEntries(attrs),
    sources: call.sources,
    ...(call.scopes ? { scopes: call.scopes } : {}),
  };
}

function graphInstance(g: Graph, call: ParsedNode, rename: Rename, given: Readonly<Record<string, AttrValue>>): Graph {
  const named = <T extends { readonly name: ValueName }>(v: T): T => ({ ...v, name: rename(v.name) ?? v.name });
  return {
    name: g.name,
    nodes: g.nodes.map((n) => instance(n, call, rename, given)),
    inputs: g.inputs.map(named),
    outputs: g.outputs.map(named),
    initializers: new Map([...g.initializers].map(([name, t]) => [rename(name) ?? name, t])),
    values: new Map([...g.values].map(([name, v]) => [rename(name) ?? name, named(v)])),
  };
}
