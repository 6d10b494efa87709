/**
 * A canonical model cut into blocks that are learned one after the other: where a single tensor is alive, all that follows
 * depends on it alone. So a residual block ends with the Add that joins its ways, an attention block and an MLP with theirs,
 * and layers of a chain stand alone. Operators without weights belong to the block behind them. Stretches without such a
 * place (long skips, dense connections) and very long ones are taken apart into their layers.
 * Law: no layer is in two blocks; a block reads no value of a later one.
 */
import type { CanonicalModel, Node, NodeId, ValueName } from '../ir/model';
import { isFloatValue } from '../ops/support';
import { linearLayers } from './linear-layers';

export interface Block {
  /** What its layers' names have in common. */
  readonly name: string;
  /** In the order of the graph; what it needs of masks and indices is among them, also where others do. */
  readonly nodes: readonly Node[];
  /** Activations from outside, the model's inputs among them. */
  readonly inputs: readonly ValueName[];
  readonly output: ValueName;
  /** Layers with a constant weight. */
  readonly layers: readonly NodeId[];
}

const MOST_LAYERS = 12;

export function blocksOf(c: CanonicalModel): Block[] {
  const { nodes } = c.model.graph;
  const stream = streamOf(c);
  const layers = new Set(linearLayers(c).map((l) => l.node.id));
  const main = nodes.filter((n) => n.outputs.some((o) => stream.has(o)));
  return stretches(main, stream, layers).flatMap((stretch) => {
    const own = stretch.filter((n) => layers.has(n.id));
    return own.length > MOST_LAYERS ? own.map((n) => blockOf(c, [n], stream, layers)) : [blockOf(c, stretch, stream, layers)];
  });
}

/** A block's layers one by one. */
export function singles(c: CanonicalModel, block: Block): Block[] {
  const stream = streamOf(c);
  const layers = new Set(block.layers);
  return block.nodes.filter((n) => layers.has(n.id)).map((n) => blockOf(c, [n], stream, layers));
}

/** What flows: float inputs, embeddings, and what is computed from them. Masks and indices do not. */
function streamOf(c: CanonicalModel): ReadonlySet<ValueName> {
  const { graph } = c.model;
  const stream = new Set(graph.inputs.filter((i) => i.dtype === 'float32').map((i) => i.name));
  for (const node of graph.nodes) {
    const [table] = node.inputs;
    const isEmbedding = node.op === 'Gather' && table !== undefined && c.constants(table) !== undefined;
    if (!isEmbedding && !node.inputs.some((v) => v !== undefined && stream.has(v))) continue;
    for (const output of node.outputs) if (isFloatValue(c, output)) stream.add(output);
  }
  return stream;
}

/** The nodes between places where one value is alive, those without layers joined to what follows (the last ones to what precedes). */
function stretches(main: readonly Node[], stream: ReadonlySet<ValueName>, layers: ReadonlySet<NodeId>): Node[][] {
  const last = new Map<ValueName, number>();
  main.forEach((n, i) => n.inputs.forEach((v) => v !== undefined && stream.has(v) && last.set(v, i)));
  const alive = new Set<ValueName>();
  const made = new Set(main.flatMap((n) => n.outputs));
  for (const v of last.keys()) if (!made.has(v)) alive.add(v);
  const found: Node[][] = [];
  let open: Node[] = [];
  main.forEach((node, i) => {
    open.push(node);
    for (const output of node.outputs) if (last.has(output)) alive.add(output);
    for (const v of node.inputs) if (v !== undefined && last.get(v) === i) alive.delete(v);
    const isCut = alive.size === 1 && node.outputs.some((o) => alive.has(o));
    if (!isCut || !open.some((n) => layers.has(n.id))) return;
    found.push(open);
    open = [];
  });
  if (open.some((n) => layers.has(n.id)) || found.length === 0) found.push(open);
  else found.at(-1)?.push(...open);
  return found.filter((nodes) => nodes.some((n) => layers.has(n.id)));
}

function blockOf(c: CanonicalModel, main: readonly Node[], stream: ReadonlySet<ValueName>, layers: ReadonlySet<NodeId>): Block {
  const { graph } = c.model;
  const made = new Set(main.flatMap((n) => n.outputs));
  const needed = new Set(main.flatMap((n) => n.inputs));
  const chosen = new Set(main);
  // masks and indices are computed again
  for (const node of graph.nodes.toReversed()) {
    if (chosen.has(node) || !node.outputs.some((o) => needed.has(o) && !stream.has(o))) continue;
    chosen.add(node);
    for (const v of node.inputs) needed.add(v);
    for (const o of node.outputs) made.add(o);
  }
  const nodes = graph.nodes.filter((n) => chosen.has(n));
  const inputs = [...needed].filter((v) => v !== undefined && !made.has(v) && !c.constants(v)) as ValueName[];
  const own = main.filter((n) => layers.has(n.id)).map((n) => n.id);
  return {
    name: nameOf(own.map((id) => c.stems.get(id) ?? id)),
    nodes,
    inputs,
    output: main.at(-1)?.outputs[0] as ValueName, // a block has nodes, a node an output
    layers: own,
  };
}

/** `layer1.0` for `layer1.0.conv1` and `layer1.0.conv2`; without a common scope the first and the last. */
function nameOf(stems: readonly string[]): string {
  const [first = '', ...others] = stems;
  const parts = first.split('.');
  const same = parts.findIndex((p, i) => others.some((o) => o.split('.')[i] !== p));
  if (same < 0) return first;
  return same > 0 ? parts.slice(0, same).join('.') : `${first} to ${stems.at(-1)}`;
}
