/**
 * GraphProto: says what is written, in the order in which it is written; `finishGraph` then holds it to the law of
 * ir/model.ts (order.ts).
 */
import { StudioError } from '../base/errors';
import type { Graph, ValueInfo, ValueName } from '../ir/model';
import type { TensorRef } from '../ir/tensor';
import type { ExternalFiles } from './external';
import { ordered } from './order';
import { readNode, type NodeSources, type ParsedNode } from './read-node';
import { readTensor } from './read-tensor';
import { readValueInfo, type ParsedValue } from './read-value';
import type { WireReader } from './wire';

/** As written: nodes unordered, inputs with initializers among them, types that may be foreign. */
export interface ParsedGraph {
  name: string;
  readonly nodes: ParsedNode[];
  readonly inputs: ParsedValue[];
  readonly outputs: ParsedValue[];
  readonly values: ParsedValue[];
  readonly initializers: Map<ValueName, TensorRef>;
}

export function emptyGraph(): ParsedGraph {
  return { name: '', nodes: [], inputs: [], outputs: [], values: [], initializers: new Map() };
}

/** Adds one `graph` body: protobuf merges repeated ones. */
export function readGraphInto(g: ParsedGraph, r: WireReader, files: ExternalFiles): void {
  while (r.next()) {
    if (r.field === 1) g.nodes.push(readNode(r.message(), nodeSources(files), g.nodes.length));
    else if (r.field === 2) g.name = r.text();
    else if (r.field === 5) addInitializer(g, readTensor(r.message(), files), r.file);
    else if (r.field === 11) g.inputs.push(readValueInfo(r.message()));
    else if (r.field === 12) g.outputs.push(readValueInfo(r.message()));
    else if (r.field === 13) g.values.push(readValueInfo(r.message()));
    else if (r.field === 15) {
      throw new StudioError({ code: 'unsupported-dtype', what: 'The model holds a sparse tensor', where: { file: r.file } });
    } else r.skip();
  }
}

/** The graph under the law of ir/model.ts. */
export function finishGraph(g: ParsedGraph, nodes: readonly ParsedNode[], file: string): Graph {
  const values = new Map<ValueName, ValueInfo>();
  for (const v of [...g.values, ...g.inputs, ...g.outputs]) {
    if (v.type?.dtype && !g.initializers.has(v.name)) values.set(v.name, { name: v.name, dtype: v.type.dtype, shape: v.type.shape });
  }
  const known = (v: ParsedValue): ValueInfo => {
    if (v.type && !v.type.dtype) {
      throw new StudioError({
        code: 'unsupported-dtype',
        what: 'An input or output of the model is of a type that the studio does not know',
        expected: 'a tensor of integers, floats, booleans or strings',
        got: v.type.typeName,
        where: { file, value: v.name },
      });
    }
    if (v.type?.dtype) return { name: v.name, dtype: v.type.dtype, shape: v.type.shape };
    return values.get(v.name) ?? { name: v.name, dtype: 'float32', shape: undefined };
  };
  const graph: Graph = {
    name: g.name,
    nodes: nodes.map(({ overload: _, ...node }) => node),
    inputs: g.inputs.filter((v) => !g.initializers.has(v.name)).map(known),
    outputs: g.outputs.map(known),
    initializers: g.initializers,
    values,
  };
  return ordered(graph, file);
}

function addInitializer(g: ParsedGraph, tensor: TensorRef, file: string): void {
  const name = tensor.name as ValueName;
  if (g.initializers.has(name)) {
    throw new StudioError({ code: 'bad-graph', what: 'Two initializers have the same name', where: { file, value: name } });
  }
  g.initializers.set(name, tensor);
}

/** Left as written: the graph around it decides whether its names are known (order.ts). */
function readSubgraph(r: WireReader, files: ExternalFiles): Graph {
  const g = emptyGraph();
  readGraphInto(g, r, files);
  const nodes = g.nodes.map(({ overload: _, ...node }) => node);
  const info = (v: ParsedValue): ValueInfo => ({ name: v.name, dtype: v.type?.dtype ?? 'float32', shape: v.type?.shape });
  const values = new Map([...g.values, ...g.inputs, ...g.outputs].filter((v) => v.type?.dtype).map((v) => [v.name, info(v)]));
  return { name: g.name, nodes, inputs: g.inputs.map(info), outputs: g.outputs.map(info), initializers: g.initializers, values };
}

export function nodeSources(files: ExternalFiles): NodeSources {
  return { files, subgraph: (r) => readSubgraph(r, files) };
}
