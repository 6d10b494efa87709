/**
 * What a graph's lists do not say directly: who makes a value, who reads it, which names are taken.
 * Built once per pass, never updated.
 */
import type { Graph, Node, ValueName } from '../ir/model';

export interface GraphIndex {
  readonly producers: ReadonlyMap<ValueName, Node>;
  readonly readers: ReadonlyMap<ValueName, readonly Node[]>;
  readonly outputs: ReadonlySet<ValueName>;
}

export function indexOf(graph: Graph): GraphIndex {
  const producers = new Map<ValueName, Node>();
  const readers = new Map<ValueName, Node[]>();
  for (const node of graph.nodes) {
    for (const output of node.outputs) if (output !== '') producers.set(output, node);
    for (const input of node.inputs) {
      if (input === undefined) continue;
      const known = readers.get(input);
      if (known) known.push(node);
      else readers.set(input, [node]);
    }
  }
  return { producers, readers, outputs: new Set(graph.outputs.map((o) => o.name)) };
}

/** Is the value read by this one node input only, and no output of the graph? Then its producer may change what it is. */
export function isPrivate(index: GraphIndex, name: ValueName): boolean {
  return !index.outputs.has(name) && index.readers.get(name)?.length === 1;
}

/** The outputs that are there: ONNX writes '' for one that is left out. */
export function outputsOf(node: Node): readonly ValueName[] {
  return node.outputs.filter((name) => name !== '');
}

/** Makes names that no value of the graph has. */
export function freshNames(graph: Graph): (wish: string) => ValueName {
  const taken = new Set<string>([...graph.initializers.keys(), ...graph.inputs.map((i) => i.name), ...graph.values.keys()]);
  for (const node of graph.nodes) for (const output of node.outputs) taken.add(output);
  return (wish) => {
    let name = wish;
    for (let i = 2; taken.has(name); i++) name = `${wish}_${i}`;
    taken.add(name);
    return name as ValueName; // new in this graph: checked above
  };
}

/** `main` as the node that also stands for `others`: provenance in order, no name twice. */
export function mergedSources(main: Node, ...others: readonly Node[]): readonly string[] {
  return [...new Set([main, ...others].flatMap((n) => n.sources))];
}

/**
 * A name for a node of another operator that a pass puts beside this one: in its scope where its name has one
 * (`/up/Resize` -> `/up/Gather`), else one that says nothing, so that it is called after the nodes around it.
 */
export function nameBeside({ id, op: own }: Node, op: string): string {
  const path = id.split('/');
  const last = path.pop() ?? '';
  if (path.length === 0 || (last !== own && last.replace(/_\d+$/, '') !== own)) return op;
  if (own === 'Einsum' && /^einsum(_\d+)?$/.test(path.at(-1) ?? '')) path.pop();
  return [...path, op].join('/');
}
