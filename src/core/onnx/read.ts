/**
 * The bytes of an ONNX file -> Model. Reads the wire format lazily: raw tensor data stay views on the bytes, so a
 * model of any size takes milliseconds and the bytes must not change afterwards. Knows no operators.
 * Law: whatever the bytes are, the answer is a Model under the law of ir/model.ts or a StudioError that names the file.
 */
import { bytesOf } from '../base/bytes';
import { dictionary } from '../base/dictionary';
import { StudioError } from '../base/errors';
import type { Model } from '../ir/model';
import { inlineFunctions, readFunction, readOpset, type ModelFunction } from './inline-functions';
import type { ExternalFiles } from './external';
import { emptyGraph, finishGraph, nodeSources, readGraphInto } from './read-graph';
import { looksLike } from './sniff';
import { BODY, VARINT, WireReader } from './wire';

/** Provenance of a model whose functions were inlined: the names inside them are not in the original file. */
export const INLINED = 'inline-functions';

/** ModelProto: field number -> wire type. */
const modelFields = new Map([
  [1, VARINT],
  [2, BODY],
  [3, BODY],
  [4, BODY],
  [5, VARINT],
  [6, BODY],
  [7, BODY],
  [8, BODY],
  [14, BODY],
  [20, BODY],
  [25, BODY],
  [26, BODY],
]);

/**
 * `external`: the files beside the model, by path or name. Throws `empty-file`, `not-onnx`, `truncated`,
 * `missing-external-data`, `bad-graph`, `bad-shape`, `unsupported-dtype`, `unsupported-operator`.
 */
export function readModel(bytes: Uint8Array, file: string, external: ExternalFiles = new Map()): Model {
  if (bytes.length === 0)
    throw new StudioError({ code: 'empty-file', what: 'The file is empty', expected: 'an ONNX model', where: { file } });
  const guess = looksLike(bytes);
  if (guess !== undefined) throw notOnnx(file, guess);

  // a plain view: Node's Buffer slices otherwise
  const r = new WireReader(bytesOf(bytes), file);
  const graph = emptyGraph();
  const sources = nodeSources(external);
  const functions = new Map<string, ModelFunction>();
  const opsets = dictionary<number>();
  let irVersion = 0;
  let producer = '';
  let hasGraph = false;
  while (nextField(r, irVersion > 0)) {
    if (r.field === 1) irVersion = r.int();
    else if (r.field === 2) producer = r.text();
    else if (r.field === 7) {
      hasGraph = true;
      readGraphInto(graph, r.message(), external);
    } else if (r.field === 8) readOpset(r.message(), opsets);
    else if (r.field === 25) {
      const f = readFunction(r.message(), sources);
      functions.set(f.key, f);
    } else r.skip();
  }
  // fields may come in any order: a graph alone is the beginning of a model
  if (irVersion === 0 && graph.nodes.length > 0) throw cutOff(file, 'The file ends before its version');
  if (irVersion <= 0 || irVersion > 1000) throw notOnnx(file, 'a file without a version of the format');
  if (!hasGraph) throw cutOff(file, 'The file ends before its graph');
  // before version 3 of the format there was one operator set
  if (Object.keys(opsets).length === 0 && irVersion < 3) opsets[''] = 1;
  if (Object.keys(opsets).length === 0) throw cutOff(file, 'The file ends before it says which operators it uses');

  const calls = graph.nodes.length;
  const nodes = functions.size === 0 ? graph.nodes : inlineFunctions(graph.nodes, functions, opsets, file);
  const inlined = nodes.length !== calls || nodes.some((n, i) => n !== graph.nodes[i]);
  if (inlined) for (const f of functions.values()) for (const [domain, version] of Object.entries(f.opsets)) opsets[domain] ??= version;
  return {
    name: file.replace(/^.*[/\\]/, '').replace(/\.onnx$/i, ''),
    irVersion,
    opsets,
    producer,
    graph: finishGraph(graph, nodes, file),
    provenance: inlined ? [INLINED] : [],
  };
}

/** As `next`, but fields that no ModelProto has mean that the file is something else; later versions may add some. */
function nextField(r: WireReader, sure: boolean): boolean {
  try {
    if (!r.next()) return false;
  } catch (e) {
    if (!sure && e instanceof StudioError && e.code === 'not-onnx') throw notOnnx(r.file, 'unknown bytes');
    throw e;
  }
  const wire = modelFields.get(r.field);
  const fits = wire === undefined ? sure && r.field < 64 && (r.wire === VARINT || r.wire === BODY) : wire === r.wire;
  if (!fits) throw notOnnx(r.file, sure ? 'a damaged file, or another format' : 'unknown bytes');
  return true;
}

function notOnnx(file: string, got: string): StudioError {
  return new StudioError({
    code: 'not-onnx',
    what: 'The file is not an ONNX model',
    expected: 'the protobuf of an ONNX model',
    got,
    where: { file },
    todo: 'Export the network to ONNX first (torch.onnx.export).',
  });
}

function cutOff(file: string, what: string): StudioError {
  return new StudioError({ code: 'truncated', what, where: { file }, todo: 'Export or download it again.' });
}
