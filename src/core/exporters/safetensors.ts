/**
 * All tensors of the bundle in one .safetensors file: eight bytes with the length of a JSON header, the header, then the
 * arrays without gaps. Source: the format section of the safetensors README. Widest elements first, so that all are aligned.
 */
import { bytesOf, dataView, typedView, utf8Decode, utf8Encode } from '../base/bytes';
import { StudioError } from '../base/errors';
import type { IntDType, IntTensor } from '../ir/integer-model';
import { storageBits } from '../ir/int-tensor';
import { sizeOf } from '../ir/tensor';
import type { Exporter, ExportBundle, ExportTensor } from './exporter';
import type { ManifestTensor } from './manifest';

const path = 'safetensors/tensors.safetensors';

const names: Readonly<Record<IntDType, string>> = {
  ...{ int8: 'I8', uint8: 'U8', int16: 'I16', uint16: 'U16', int32: 'I32', uint32: 'U32', int64: 'I64' },
};

interface Entry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

const byteLength = ({ dtype, shape }: Pick<ManifestTensor, 'dtype' | 'shape'>): number => (sizeOf(shape) * storageBits(dtype)) / 8;

function* parts(bundle: ExportBundle): Generator<Uint8Array> {
  const widths = [64, 32, 16, 8];
  const header: Record<string, Entry | Readonly<Record<string, string>>> = { __metadata__: metadataOf(bundle) };
  let at = 0;
  const ofWidth = function* (bits: number): Generator<ExportTensor> {
    for (const t of bundle.tensors()) if (storageBits(t.info.dtype) === bits) yield t;
  };
  for (const bits of widths) {
    for (const { fileStem, info } of ofWidth(bits)) {
      const end = at + byteLength(info);
      header[fileStem] = { dtype: names[info.dtype], shape: info.shape, data_offsets: [at, end] };
      at = end;
    }
  }
  const json = JSON.stringify(header);
  const text = utf8Encode(json + ' '.repeat((8 - (utf8Encode(json).length % 8)) % 8));
  const head = new Uint8Array(8);
  dataView(head).setUint32(0, text.length, true);
  yield head;
  yield text;
  for (const bits of widths) for (const t of ofWidth(bits)) yield bytesOf(t.tensor.data);
}

/** What is told of the whole bundle has a slash in its name, which no tensor has: names are those of files. */
function metadataOf(bundle: ExportBundle): Readonly<Record<string, string>> {
  const { model, tool, arithmetic } = bundle.manifest;
  const scales = [...bundle.tensors()].map(({ fileStem, info }): [string, string] => {
    const { bits, signed, scale, axis, zeroPoint } = info;
    return [fileStem, JSON.stringify({ bits, signed, scale, axis, zeroPoint })];
  });
  return {
    'bundle/format': 't2c-bundle',
    'bundle/model': model.name,
    'bundle/tool': `${tool.name} ${tool.version}`,
    'bundle/rounding': arithmetic.rounding,
    ...Object.fromEntries(scales),
  };
}

export const safetensorsExporter: Exporter = {
  id: 'safetensors',
  title: 'safetensors',
  help: 'One .safetensors file with every tensor; widths, scales and zero points are in its metadata.',
  group: 'array',
  place: 'safetensors/tensors.safetensors',
  options: [],
  files: (bundle) => [{ path, parts: () => parts(bundle) }],
  estimate: (info) => byteLength(info) + 200,
  readTensor(files, stem, info): IntTensor {
    const bytes = files.get(path);
    const found = bytes && entryOf(bytes, stem);
    const size = byteLength(info);
    if (!found || found.entry.dtype !== names[info.dtype] || found.entry.shape.join() !== info.shape.join() || found.data.length !== size) {
      throw new StudioError({
        code: 'bad-data',
        what: `The file has no tensor ${stem} as the manifest describes it`,
        where: { file: path },
      });
    }
    return { dtype: info.dtype, shape: info.shape, data: viewOf(found.data, info.dtype) };
  },
};

function entryOf(bytes: Uint8Array, stem: string): { readonly entry: Entry; readonly data: Uint8Array } | undefined {
  const length = bytes.length >= 8 ? Number(dataView(bytes).getBigUint64(0, true)) : Infinity;
  if (length > bytes.length - 8) return undefined;
  try {
    const entry = (JSON.parse(utf8Decode(bytes.subarray(8, 8 + length))) as Readonly<Record<string, Entry>>)[stem]; // checked below
    if (!entry || !Array.isArray(entry.data_offsets) || !Array.isArray(entry.shape)) return undefined;
    const [from, to] = entry.data_offsets;
    return { entry, data: bytes.subarray(8 + length + from, 8 + length + to) };
  } catch {
    return undefined;
  }
}

function viewOf(bytes: Uint8Array, dtype: IntDType): IntTensor['data'] {
  switch (dtype) {
    case 'int8':
      return typedView(bytes, Int8Array);
    case 'uint8':
      return bytes;
    case 'int16':
      return typedView(bytes, Int16Array);
    case 'uint16':
      return typedView(bytes, Uint16Array);
    case 'int32':
      return typedView(bytes, Int32Array);
    case 'uint32':
      return typedView(bytes, Uint32Array);
    case 'int64':
      return typedView(bytes, BigInt64Array);
    default:
      return dtype satisfies never;
  }
}
