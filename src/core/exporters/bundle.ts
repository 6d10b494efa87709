/**
 * The tensor bundle as a stream of files in a fixed order; docs/formats/bundle.md is its contract. Holds one
 * encoded file at a time. Law: the same model, recipe, data and seed give the same bytes.
 */
import { throwIfCancelled, type Context } from '../base/context';
import { dictionary } from '../base/dictionary';
import { StudioError } from '../base/errors';
import { sha256Stream } from '../base/hash';
import { utf8Encode } from '../base/bytes';
import type { IntConstant, IntegerModel, IntTensor, IntValue } from '../ir/integer-model';
import { rangeOf, signedBits } from '../ir/int-tensor';
import type { Recipe } from '../recipe/recipe';
import { partsOfFile, type AnyFile, type BundleInput, type StreamedFile } from './bundle-input';
import { describeTensor } from './describe-tensor';
import { checkFormats, exportFormat, exportOptions } from './export-options';
import type { Exporter, ExportTensor } from './exporter';
import { layoutOf, type Layout } from './layout';
import { manifestText, type Manifest, type ManifestOp, type ManifestTensor } from './manifest';
import { arithmeticToManifest, opToManifest } from './manifest-ops';
import { exporters } from './registry';
import { readmeText } from './readme';
import { npyFile } from './npy';
import { verifyPy } from './verify-py';

/** `<model>-<weights>+<activations>-w<W>a<A>.t2c.zip` */
export function bundleName(model: string, recipe: Recipe): string {
  const stem = model.replace(/\.onnx$/i, '').replace(/[^A-Za-z0-9._-]+/g, '_');
  return `${stem}-${recipe.weights.algorithm}+${recipe.activations.algorithm}-w${recipe.weights.bits}a${recipe.activations.bits}.t2c.zip`;
}

/** `known`: the formats there are. A file's parts are read once, before the next file is asked for: its hash is taken as they pass. */
export async function* bundleFiles(input: BundleInput, ctx: Context, known: readonly Exporter[] = exporters): AsyncGenerator<AnyFile> {
  const formats = formatsOf(input, known);
  const layout = layoutOf(input.integer);
  const hashes = new Map<string, string>();
  const tensors = dictionary<ManifestTensor>();
  const total = layout.values.size + layout.copies.length + 1;
  let done = 0;
  const step = async (): Promise<void> => {
    ctx.progress({ stage: 'write', done: ++done, total });
    await ctx.tick();
    throwIfCancelled(ctx);
  };
  const hashed = (file: AnyFile): StreamedFile => ({ path: file.path, parts: () => hashing(file, hashes) });
  const exportTensor = (file: string, value: string): ExportTensor => {
    const tensor = tensorOf(input, value);
    const info = tensors[value] ?? describeTensor(placeOf(layout, value), valueOf(input.integer, value), tensor);
    tensors[value] = info;
    return { fileStem: (file.split('/').at(-1) as string).replace(/\.npy$/, ''), value, info, tensor };
  };
  const filesOf = function* (file: string, value: string): Generator<AnyFile> {
    const tensor = exportTensor(file, value);
    yield hashed(npyFile(file, tensor.tensor));
    for (const { format, options } of formats) {
      for (const made of format.tensorFiles?.(tensor, options) ?? []) yield hashed(made);
    }
  };
  const everyTensor = function* (): Generator<ExportTensor> {
    for (const place of layout.values.values()) yield exportTensor(place.file, place.name);
    for (const copy of layout.copies) yield exportTensor(copy.file, copy.value);
  };

  yield hashed({
    path: 'README.md',
    bytes: utf8Encode(
      readmeText(
        input,
        formats.map((f) => f.format),
      ),
    ),
  });
  yield hashed({ path: 'verify.py', bytes: utf8Encode(verifyPy) });
  for (const file of input.extra ?? []) yield hashed(file);
  for (const place of layout.values.values()) {
    yield* filesOf(place.file, place.name);
    await step();
  }
  for (const copy of layout.copies) {
    yield* filesOf(copy.file, copy.value);
    await step();
  }
  const told = manifestOf(input, layout, tensors, formats);
  for (const { format, options } of formats) {
    const made = format.files?.({ input, manifest: told, tensors: everyTensor }, options, ctx) ?? [];
    for await (const file of made) yield hashed(file);
  }
  const manifest = { ...told, files: Object.fromEntries([...hashes].sort(([a], [b]) => (a < b ? -1 : 1))) };
  yield { path: 'manifest.json', bytes: utf8Encode(manifestText(manifest)) };
  await step();
}

function* hashing(file: AnyFile, hashes: Map<string, string>): Generator<Uint8Array> {
  const hash = sha256Stream();
  for (const part of partsOfFile(file)) {
    hash.update(part);
    yield part;
  }
  hashes.set(file.path, hash.hex());
}

/** Each format once, with all of its options. Options of formats that are not written are refused too. */
function formatsOf(input: BundleInput, known: readonly Exporter[]) {
  const options = input.options ?? {};
  const find = (id: string): Exporter => exportFormat(id, known);
  for (const [id, given] of Object.entries(options)) exportOptions(find(id), given);
  checkFormats(input.formats, options, known);
  return withNeeds(input.formats, find)
    .map(find)
    .map((format) => ({ format, options: exportOptions(format, options[format.id] ?? {}) }));
}

/** Every format once, those that another needs before it. `npy` is there anyway. */
function withNeeds(ids: readonly string[], find: (id: string) => Exporter): string[] {
  const all = ids.filter((id) => id !== 'npy').flatMap((id) => [...(find(id).needs ?? []), id]);
  return [...new Set(all)];
}

function valueOf(model: IntegerModel, name: string): IntValue | IntConstant {
  const value = model.values.get(name) ?? model.constants.get(name);
  if (value) return value;
  throw new StudioError({ code: 'internal', what: 'A value of the integer model is not declared', where: { value: name } });
}

function placeOf(layout: Layout, name: string) {
  const place = layout.values.get(name);
  if (place) return place;
  throw new StudioError({ code: 'internal', what: 'A value has no place in the bundle', where: { value: name } });
}

function tensorOf(input: BundleInput, name: string): IntTensor {
  const constant = input.integer.constants.get(name);
  const tensor = input.tensors.get(name) ?? constant;
  if (tensor) return { dtype: tensor.dtype, shape: tensor.shape, data: tensor.data };
  throw new StudioError({ code: 'internal', what: 'A tensor of the sample is missing', where: { value: name } });
}

function pluginsToManifest(plugins: NonNullable<BundleInput['plugins']>): Pick<Manifest, 'plugins'> {
  if (plugins.length === 0) return {};
  return {
    plugins: plugins.map(({ pruning, ...p }) => ({
      ...p,
      weights: [...p.weights],
      activations: [...p.activations],
      ...(pruning ? { pruning: [...pruning] } : {}),
    })),
  };
}

function manifestOf(
  input: BundleInput,
  layout: Layout,
  tensors: Record<string, ManifestTensor>,
  formats: ReturnType<typeof formatsOf>,
): Omit<Manifest, 'files'> {
  const { integer } = input;
  const ops = integer.ops.map((op): ManifestOp => {
    const acc = 'acc' in op && op.acc !== undefined ? tensorOf(input, op.acc) : undefined;
    const files = layout.files.get(op.name);
    if (!files) throw new StudioError({ code: 'internal', what: 'An op has no files', where: { op: op.name } });
    return opToManifest(op, { files, seenBits: acc && signedBits(rangeOf(acc.data)) });
  });
  return {
    format: 't2c-bundle',
    version: 1,
    tool: input.tool,
    model: input.model,
    recipe: { ...input.recipe },
    ...pluginsToManifest(input.plugins ?? []),
    seed: input.recipe.seed,
    calibration: input.calibration,
    arithmetic: arithmeticToManifest(integer.arithmetic),
    sample: input.sample,
    inputs: [...integer.inputs],
    outputs: [...integer.outputs],
    tensors,
    ops,
    islands: integer.islands.map((i) => ({
      node: i.node,
      op: i.op,
      reason: i.reason,
      inputs: i.operands.filter((o) => typeof o === 'string'),
      output: i.output,
      before: i.before,
    })),
    ...(input.report === undefined ? {} : { report: input.report }),
    ...(formats.length === 0 ? {} : { exports: formats.map(({ format, options }) => ({ format: format.id, options: { ...options } })) }),
  };
}
