/**
 * From dropped files to an open model: which file is the model and which are its external data, the canonical
 * form, and the summary that a person reads first. Changes no state.
 */
import {
  canonicalise,
  dictionary,
  displayGraph,
  islandsOf,
  leanModel,
  readModel,
  runtimeModel,
  sha256Hex,
  sizeOf,
  StudioError,
  throwIfCancelled,
  utf8Encode,
  writeModel,
} from '../core/index';
import type { ModelInput } from '../core/data/source';
import type { CanonicalModel, Dim, Model, ValueInfo } from '../core/ir/model';
import type { FileInput, InputInfo, ModelGraph, ModelSummary } from './api';
import type { JobContext } from './job';
import type { EnginePorts } from './ports';
import { bytesOfFile } from './read-files';
import type { OpenModel } from './state';

export type Shapes = Readonly<Record<string, readonly number[]>>;

export async function openModel(
  files: readonly FileInput[],
  shapes: Shapes | undefined,
  ports: Pick<EnginePorts, 'sha256'>,
  ctx: JobContext,
): Promise<OpenModel> {
  const file = modelFile(files);
  ctx.progress({ stage: 'read', done: 0, total: files.length });
  const bytes = await bytesOfFile(file);
  const external = new Map<string, Uint8Array>();
  let done = 1;
  ctx.progress({ stage: 'read', done, total: files.length });
  for (const other of files) {
    if (other === file) continue;
    throwIfCancelled(ctx);
    const data = await bytesOfFile(other);
    for (const path of pathsOf(other, file)) external.set(path, data);
    ctx.progress({ stage: 'read', done: ++done, total: files.length });
  }
  const model = readModel(bytes, file.name, external);
  await ctx.tick();
  throwIfCancelled(ctx);
  checkShapeNames(model, shapes);
  const canonical = await canonicalise(model, shapes === undefined ? {} : { shapes }, ctx);
  checkInputTypes(canonical);
  const digest = async (data: Uint8Array): Promise<string> => (ports.sha256 ? ports.sha256(data) : sha256Hex(data));
  const sha256 = await digest(bytes);
  throwIfCancelled(ctx);
  const graph = displayGraph(canonical);
  // with all data inside: the runtime needs no other file then
  const instead = await runtimeModel(model, canonical, ctx);
  const identity = await identityOf(sha256, new Set(external.values()), digest);
  return {
    ...forRuntime(instead ? writeModel(instead) : bytes, instead ? new Map() : external),
    identity,
    canonical,
    inputs: modelInputs(canonical),
    summary: summaryOf(file.name, { sha256, identity }, bytes.length, model, canonical, graph, ctx),
    graph,
  };
}

/** From this size on, weights lie outside of the bytes that the runtime parses. */
const LARGE_MODEL = 2 ** 23;

function forRuntime(bytes: Uint8Array, external: ReadonlyMap<string, Uint8Array>): Pick<OpenModel, 'bytes' | 'external'> {
  let location = 'weights';
  while (external.has(location)) location += '_';
  const lean = bytes.length < LARGE_MODEL ? undefined : leanModel(bytes, location);
  const files = new Map(lean ? [...external, [location, bytes]] : external);
  return { bytes: lean ?? bytes, external: [...files].map(([path, data]) => ({ path, data })) };
}

function modelFile(files: readonly FileInput[]): FileInput {
  const models = files.filter((f) => /\.(onnx|pb)$/i.test(f.name));
  const [first, second] = models;
  if (second) {
    throw new StudioError({
      code: 'bad-usage',
      what: 'There is more than one model',
      got: models.map((f) => f.name).join(', '),
      todo: 'Open one .onnx file at a time.',
    });
  }
  const file = first ?? (files.length === 1 ? files[0] : undefined);
  if (file) return file;
  throw new StudioError({
    code: files.length === 0 ? 'bad-usage' : 'not-onnx',
    what: 'There is no model among the files',
    expected: 'one .onnx file, with its external data files if it has any',
    got:
      files.length === 0
        ? 'no file'
        : files
            .map((f) => f.name)
            .slice(0, 5)
            .join(', '),
  });
}

/** A model names its external data relative to itself: by name, or by the path below the folder that it lies in. */
function pathsOf(file: FileInput, model: FileInput): ReadonlySet<string> {
  const paths = new Set([file.name]);
  if (file.path === undefined) return paths;
  paths.add(file.path);
  const folder = model.path === undefined ? '' : model.path.slice(0, model.path.lastIndexOf('/') + 1);
  if (folder !== '' && file.path.startsWith(folder)) paths.add(file.path.slice(folder.length));
  return paths;
}

async function identityOf(
  sha256: string,
  external: ReadonlySet<Uint8Array>,
  digest: (data: Uint8Array) => Promise<string>,
): Promise<string> {
  if (external.size === 0) return sha256;
  const digests = await Promise.all([...external].map(digest));
  return sha256Hex(utf8Encode([sha256, ...digests.sort()].join('\n')));
}

function checkShapeNames(model: Model, shapes: Shapes | undefined): void {
  const names = model.graph.inputs.map((i) => i.name as string);
  for (const name of Object.keys(shapes ?? {})) {
    if (names.includes(name)) continue;
    throw new StudioError({
      code: 'bad-usage',
      what: 'A shape is given for something that is no input',
      expected: names.join(', '),
      got: name,
    });
  }
}

/** What samples can be made of; other float types are float32 in the canonical model. */
const inputTypes: ReadonlySet<string> = new Set(['float32', 'int64', 'int32', 'int8', 'uint8', 'bool']);

function checkInputTypes({ model: { graph } }: CanonicalModel): void {
  for (const { name, dtype } of graph.inputs) {
    if (inputTypes.has(dtype)) continue;
    throw new StudioError({
      code: 'unsupported-dtype',
      what: 'An input of the model has an element type that the studio cannot give data for',
      expected: 'float32, float16, bfloat16, float64, int64, int32, int8, uint8 or bool',
      got: dtype,
      where: { value: name },
      todo: 'Export the model with another input type',
    });
  }
}

function resolvedShape(canonical: CanonicalModel, value: ValueInfo): readonly number[] {
  const shape = canonical.model.graph.values.get(value.name)?.shape ?? value.shape ?? [];
  return shape.map((d) => (typeof d === 'number' ? d : 1));
}

function modelInputs(canonical: CanonicalModel): ModelInput[] {
  return canonical.model.graph.inputs.map((i) => ({ name: i.name, dtype: i.dtype, shape: resolvedShape(canonical, i) }));
}

function summaryOf(
  fileName: string,
  hashes: Pick<ModelSummary, 'sha256' | 'identity'>,
  fileBytes: number,
  model: Model,
  canonical: CanonicalModel,
  graph: ModelGraph,
  ctx: JobContext,
): ModelSummary {
  const described = (value: ValueInfo): InputInfo => ({
    name: value.name,
    dtype: value.dtype,
    shape: (value.shape ?? []).map((d: Dim) => d ?? '?'),
    resolved: resolvedShape(canonical, value),
  });
  const opHistogram = dictionary<number>();
  for (const { op, domain } of model.graph.nodes) {
    const key = domain === '' ? op : `${domain}:${op}`;
    opHistogram[key] = (opHistogram[key] ?? 0) + 1;
  }
  let parameters = 0;
  for (const tensor of canonical.model.graph.initializers.values()) if (/^b?float/.test(tensor.dtype)) parameters += sizeOf(tensor.shape);
  const nodes = new Map(canonical.model.graph.nodes.map((n) => [n.id, n]));
  return {
    name: fileName.replace(/\.onnx$/i, ''),
    ...hashes,
    fileBytes,
    opset: model.opsets[''] ?? 0,
    irVersion: model.irVersion,
    producer: model.producer,
    nodes: model.graph.nodes.length,
    parameters,
    macs: graph.cards.reduce((sum, card) => sum + card.macs, 0),
    opHistogram: Object.fromEntries(Object.entries(opHistogram).sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1))),
    inputs: model.graph.inputs.map(described),
    outputs: model.graph.outputs.map(described),
    blocks: blocksOf(graph),
    islands: [...islandsOf(canonical)].map(([id, reason]) => ({
      node: canonical.stems.get(id) ?? id,
      op: nodes.get(id)?.op ?? '',
      reason,
    })),
    warnings: [...ctx.warnings],
  };
}

/** Cards that stand for more than one operator, by what was fused. */
function blocksOf(graph: ModelGraph): Readonly<Record<string, number>> {
  const blocks = dictionary<number>();
  for (const card of graph.cards) {
    if (card.tags.length === 0) continue;
    const key = [card.title.startsWith('DW ') ? `DW ${card.op}` : card.op, ...card.tags].join('+');
    blocks[key] = (blocks[key] ?? 0) + 1;
  }
  return blocks;
}
