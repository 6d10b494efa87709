/**
 * Holds a graph to the law of ir/model.ts: unique node ids, one producer per value, every input known, nodes in
 * topological order (files are mostly sorted already; then the order stays). Subgraphs likewise; they may use
 * names of the graphs around them. Throws `bad-graph` that names what is wrong.
 */
import { StudioError, type ErrorPlace } from '../base/errors';
import type { AttrValue, Graph, Node, NodeId, ValueName } from '../ir/model';

type Known = (name: string) => boolean;

/** A new graph. `outer`: is the name one of a graph around this one? */
export function ordered(graph: Graph, file: string, outer: Known = () => false): Graph {
  const given = new Set<string>([...graph.inputs.map((v) => v.name), ...graph.initializers.keys()]);
  const named = nameAll(graph.nodes, given);
  const producer = producers(named, given, file);
  const known: Known = (name) => given.has(name) || producer.has(name);
  const nodes = named.map((node) => withOrderedSubgraphs(node, file, (name) => known(name) || outer(name)));
  for (const { name } of graph.outputs) {
    if (!known(name) && !outer(name)) throw bad('Nothing produces an output of the graph', { file, value: name });
  }
  return { ...graph, nodes: sorted(nodes, producer, known, outer, file) };
}

/** Makes ids unique and gives outputs that the file leaves out ('') a name. */
function nameAll(nodes: readonly Node[], given: ReadonlySet<string>): Node[] {
  const ids = new Set<string>();
  const values = new Set<string>(given);
  for (const n of nodes) for (const o of n.outputs) values.add(o);
  return nodes.map((node) => {
    const id = unused(node.id, ids) as NodeId;
    const outputs = node.outputs.map((o, i) => (o === '' ? (unused(`${id}_output_${i}`, values) as ValueName) : o));
    return { ...node, id, outputs };
  });
}

function unused(wanted: string, taken: Set<string>): string {
  let name = wanted;
  for (let i = 1; taken.has(name); i++) name = `${wanted}_${i}`;
  taken.add(name);
  return name;
}

function producers(nodes: readonly Node[], given: ReadonlySet<string>, file: string): Map<string, number> {
  const producer = new Map<string, number>();
  nodes.forEach((node, i) => {
    for (const o of node.outputs) {
      const other = producer.get(o);
      if (given.has(o)) throw bad('A node writes to an input or initializer of the graph', { ...placeOf(node, file), value: o });
      if (other !== undefined) {
        throw bad(`Two nodes write to the same tensor (the other is ${nodes[other]?.id ?? ''})`, { ...placeOf(node, file), value: o });
      }
      producer.set(o, i);
    }
  });
  return producer;
}

/** Depth first from the nodes as written, without recursion: a sorted graph comes out as it was. */
function sorted(nodes: readonly Node[], producer: ReadonlyMap<string, number>, known: Known, outer: Known, file: string): Node[] {
  const before = nodes.map((node) => {
    const needed: number[] = [];
    for (const name of usedNames(node)) {
      const from = producer.get(name);
      if (from !== undefined) needed.push(from);
      else if (!known(name) && !outer(name)) throw bad('Nothing produces an input of a node', { ...placeOf(node, file), value: name });
    }
    return needed;
  });
  const out: Node[] = [];
  const state = new Uint8Array(nodes.length); // 1: being visited, 2: done
  for (let start = 0; start < nodes.length; start++) {
    const stack = state[start] === 0 ? [start] : [];
    while (stack.length > 0) {
      const i = stack.at(-1) as number; // not empty
      const node = nodes[i] as Node;
      if (state[i] !== 0) {
        stack.pop();
        if (state[i] === 1) out.push(node);
        state[i] = 2;
        continue;
      }
      state[i] = 1;
      for (const from of (before[i] as number[]).toReversed()) {
        if (state[from] === 1) {
          throw bad(`The graph has a cycle (through ${nodes[from]?.id ?? ''})`, placeOf(node, file));
        }
        if (state[from] === 0) stack.push(from);
      }
    }
  }
  return out;
}

/** Its inputs and whatever its subgraphs take from outside. */
function usedNames(node: Node): string[] {
  const names: string[] = node.inputs.filter((n) => n !== undefined);
  for (const a of Object.values(node.attrs)) if (a.type === 'graph') names.push(...freeNames(a.value));
  return names;
}

function freeNames(graph: Graph): string[] {
  const own = new Set<string>([...graph.inputs.map((v) => v.name), ...graph.initializers.keys()]);
  for (const n of graph.nodes) for (const o of n.outputs) own.add(o);
  const used = [...graph.nodes.flatMap(usedNames), ...graph.outputs.map((o) => o.name)];
  return used.filter((n) => !own.has(n));
}

function withOrderedSubgraphs(node: Node, file: string, known: Known): Node {
  const entries = Object.entries(node.attrs);
  if (!entries.some(([, a]) => a.type === 'graph')) return node;
  const attrs = entries.map(([k, a]): [string, AttrValue] => [k, a.type === 'graph' ? { ...a, value: ordered(a.value, file, known) } : a]);
  return { ...node, attrs: Object.fromEntries(attrs) };
}

function placeOf(node: Node, file: string): ErrorPlace {
  return { file, node: node.id, op: node.op };
}

function bad(what: string, where: ErrorPlace): StudioError {
  return new StudioError({ code: 'bad-graph', what, where });
}
