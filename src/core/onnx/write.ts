/**
 * Model -> the bytes of an ONNX file. Writes what ONNX can say: our own fused forms (Node.clamp, domain `t2c`) are
 * refused, whoever wants a file of a canonical model takes them apart first (exporters/qdq.ts).
 * Law: readModel(writeModel(m)) is m, up to `sources` (a name is what is left of them).
 */
import { utf8Encode } from '../base/bytes';
import { StudioError } from '../base/errors';
import type { AttrValue, Graph, Model, Node, ValueInfo } from '../ir/model';
import { codeOf } from './dtypes';
import { WireWriter } from './wire';
import { writeTensor } from './write-tensor';

/** `metadata` are properties of the file. Throws `unsupported-operator` (a fused form), `unsupported-dtype` (a tensor or attribute that cannot be written). */
export function writeModel(model: Model, metadata: Readonly<Record<string, string>> = {}): Uint8Array {
  const out = new WireWriter().int(1, model.irVersion);
  if (model.producer !== '') out.text(2, model.producer);
  out.message(
    7,
    writeGraph(model.graph, () => true),
  );
  for (const [domain, version] of Object.entries(model.opsets)) {
    const opset = new WireWriter();
    if (domain !== '') opset.text(1, domain);
    out.message(8, opset.int(2, version));
  }
  for (const [key, value] of Object.entries(metadata)) out.message(14, new WireWriter().text(1, key).text(2, value));
  return out.finish();
}

/** `typed`: is the type of this input or output known? Branches of If and Loop may leave theirs out. */
function writeGraph(graph: Graph, typed: (v: ValueInfo) => boolean): WireWriter {
  const out = new WireWriter();
  for (const node of graph.nodes) out.message(1, writeNode(node));
  out.text(2, graph.name || 'graph');
  for (const [name, ref] of graph.initializers) out.message(5, writeTensor(ref, name));
  for (const v of graph.inputs) out.message(11, writeValueInfo(v, typed(v)));
  for (const v of graph.outputs) out.message(12, writeValueInfo(v, typed(v)));
  const ends = new Set([...graph.inputs, ...graph.outputs].map((v) => v.name));
  for (const v of graph.values.values()) if (!ends.has(v.name)) out.message(13, writeValueInfo(v, true));
  return out;
}

function writeNode(node: Node): WireWriter {
  if (node.clamp || node.domain === 't2c') {
    throw new StudioError({
      code: 'unsupported-operator',
      what: 'A fused operator of the studio has no form in an ONNX file',
      where: { node: node.id, op: node.op },
    });
  }
  const out = new WireWriter();
  for (const name of node.inputs) out.text(1, name ?? '');
  for (const name of node.outputs) out.text(2, name);
  out.text(3, node.id).text(4, node.op);
  for (const [name, a] of Object.entries(node.attrs)) out.message(5, writeAttribute(name, a, node));
  if (node.domain !== '') out.text(7, node.domain);
  if (node.scopes) {
    const value = `[${node.scopes.map((s) => `'${s.replace(/[\\']/g, '\\$&')}'`).join(', ')}]`;
    out.message(9, new WireWriter().text(1, 'pkg.torch.onnx.name_scopes').text(2, value));
  }
  return out;
}

function writeAttribute(name: string, a: AttrValue, node: Node): WireWriter {
  const out = new WireWriter().text(1, name);
  switch (a.type) {
    case 'float':
      return out.float(2, a.value).int(20, 1);
    case 'int':
      return out.int(3, a.value).int(20, 2);
    case 'string':
      return out.body(4, utf8Encode(a.value)).int(20, 3);
    case 'tensor':
      return out.message(5, writeTensor(a.value)).int(20, 4);
    case 'graph':
      return out
        .message(
          6,
          writeGraph(a.value, (v) => a.value.values.has(v.name)),
        )
        .int(20, 5);
    case 'floats':
      for (const v of a.value) out.float(7, v);
      return out.int(20, 6);
    case 'ints':
      for (const v of a.value) out.int(8, v);
      return out.int(20, 7);
    case 'strings':
      for (const v of a.value) out.body(9, utf8Encode(v));
      return out.int(20, 8);
    case 'other':
      throw new StudioError({
        code: 'unsupported-dtype',
        what: `The attribute ${name} cannot be written`,
        got: a.value,
        where: { node: node.id, op: node.op },
      });
    default:
      return a satisfies never;
  }
}

function writeValueInfo(v: ValueInfo, typed: boolean): WireWriter {
  const out = new WireWriter().text(1, v.name);
  if (!typed) return out;
  const tensor = new WireWriter().int(1, codeOf(v.dtype));
  if (v.shape) {
    const shape = new WireWriter();
    for (const d of v.shape) {
      const dim = new WireWriter();
      if (typeof d === 'number') dim.int(1, d);
      else if (d !== undefined) dim.text(2, d);
      shape.message(1, dim);
    }
    tensor.message(2, shape);
  }
  return out.message(2, new WireWriter().message(1, tensor));
}
