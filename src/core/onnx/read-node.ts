/**
 * NodeProto and AttributeProto. Subgraphs in attributes are read by the reader that is handed in (read-graph.ts),
 * so that the two files do not need each other.
 */
import { dictionary } from '../base/dictionary';
import type { AttrValue, Graph, Node, NodeId, ValueName } from '../ir/model';
import type { ExternalFiles } from './external';
import { readEntry, readTensor } from './read-tensor';
import type { WireReader } from './wire';

/** A node as written; `overload` tells model functions of one name apart. */
export type ParsedNode = Node & { readonly overload?: string };

export interface NodeSources {
  readonly files: ExternalFiles;
  readonly subgraph: (r: WireReader) => Graph;
}

/** `index` names a node that has no name. */
export function readNode(r: WireReader, sources: NodeSources, index: number): ParsedNode {
  const inputs: (ValueName | undefined)[] = [];
  const outputs: ValueName[] = [];
  const attributes: WireReader[] = [];
  const metadata = new Map<string, string>();
  let name = '';
  let op = '';
  let domain = '';
  let overload = '';
  while (r.next()) {
    if (r.field === 1) inputs.push((r.text() as ValueName) || undefined);
    else if (r.field === 2) outputs.push(r.text() as ValueName);
    else if (r.field === 3) name = r.text();
    else if (r.field === 4) op = r.text();
    else if (r.field === 5) attributes.push(r.message());
    else if (r.field === 7) domain = r.text();
    else if (r.field === 8) overload = r.text();
    else if (r.field === 9) readEntry(r.message(), metadata);
    else r.skip();
  }
  while (inputs.length > 0 && inputs.at(-1) === undefined) inputs.pop();
  while (outputs.at(-1) === '') outputs.pop();
  const id = name || `${op}_${index}`;
  const attrs = dictionary<AttrValue>();
  for (const a of attributes) {
    const [key, value] = readAttribute(a, sources, id);
    attrs[key] = value;
  }
  const scopes = pythonStrings(metadata.get('pkg.torch.onnx.name_scopes') ?? '').filter((s) => s !== '');
  return {
    id: id as NodeId,
    op,
    domain: domain === 'ai.onnx' ? '' : domain,
    inputs,
    outputs,
    attrs,
    sources: [id],
    ...(scopes.length > 0 ? { scopes } : {}),
    ...(overload === '' ? {} : { overload }),
  };
}

/** Attribute types by their AttributeProto.AttributeType number, where they are not read. */
const otherAttributes: Readonly<Record<number, string>> = {
  9: 'tensors',
  10: 'graphs',
  11: 'sparse_tensor',
  12: 'sparse_tensors',
  13: 'type_proto',
  14: 'type_protos',
};

/** A reference to an attribute of the function around it: `other` with this mark before the name. */
export const REFERENCE = '@';

export function readAttribute(r: WireReader, sources: NodeSources, node: string): [string, AttrValue] {
  let name = '';
  let type = 0;
  let reference = '';
  let int: number | undefined;
  let float: number | undefined;
  let text: string | undefined;
  let tensor: WireReader | undefined;
  let graph: WireReader | undefined;
  const ints: number[] = [];
  const floats: number[] = [];
  const strings: string[] = [];
  while (r.next()) {
    if (r.field === 1) name = r.text();
    else if (r.field === 2) float = r.float();
    else if (r.field === 3) int = r.int();
    else if (r.field === 4) text = r.text();
    else if (r.field === 5) tensor = r.message();
    else if (r.field === 6) graph = r.message();
    else if (r.field === 7) r.floats(floats);
    else if (r.field === 8) r.ints(ints);
    else if (r.field === 9) strings.push(r.text());
    else if (r.field === 20) type = r.int();
    else if (r.field === 21) reference = r.text();
    else r.skip();
  }
  if (reference !== '') return [name, { type: 'other', value: REFERENCE + reference }];
  // files of the first years have no type
  if (type === 0) type = [float, int, text, tensor, graph].findIndex((v) => v !== undefined) + 1;
  if (type === 0) type = floats.length > 0 ? 6 : ints.length > 0 ? 7 : strings.length > 0 ? 8 : 0;
  return [name, attribute()];

  function attribute(): AttrValue {
    switch (type) {
      case 1:
        return { type: 'float', value: float ?? 0 };
      case 2:
        return { type: 'int', value: int ?? 0 };
      case 3:
        return { type: 'string', value: text ?? '' };
      case 4:
        if (tensor) return { type: 'tensor', value: readTensor(tensor, sources.files, node) };
        break;
      case 5:
        if (graph) return { type: 'graph', value: sources.subgraph(graph) };
        break;
      case 6:
        return { type: 'floats', value: floats };
      case 7:
        return { type: 'ints', value: ints };
      case 8:
        return { type: 'strings', value: strings };
    }
    return { type: 'other', value: otherAttributes[type] ?? `attribute type ${type}` };
  }
}

/** The strings of a Python list as `repr` writes it: `['', 'layer1', "it's"]`. */
export function pythonStrings(text: string): string[] {
  const out: string[] = [];
  for (const m of text.matchAll(/'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)"/gs)) out.push((m[1] ?? m[2] ?? '').replace(/\\(.)/gs, '$1'));
  return out;
}
