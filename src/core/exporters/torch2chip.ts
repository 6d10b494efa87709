/**
 * The folder that Torch2Chip writes: `t2c/tensors/<stem>_x1.pt` and so on, 32-bit integers that torch.load opens (64-bit where an
 * accumulator has more). A .pt file is a zip with a pickle that rebuilds the tensor, and its elements. Source: the notes on
 * serialization in PyTorch's documentation; the opcodes are those of pickle protocol 2.
 */
import { bytesOf, concatBytes, typedView, utf8Encode } from '../base/bytes';
import { StudioError } from '../base/errors';
import type { IntTensor } from '../ir/integer-model';
import { newStorage } from '../quant/affine';
import type { AnyFile } from './bundle-input';
import type { Exporter, ExportTensor } from './exporter';
import { unzipped } from './npz';
import { storedZip } from './zip-parts';

const isWide = (dtype: IntTensor['dtype']): boolean => dtype === 'int64' || dtype === 'uint32';

/** What torch.save pickles of a contiguous tensor. */
function pickleOf({ dtype, shape }: IntTensor): Uint8Array {
  const text = (s: string): Uint8Array => {
    const bytes = utf8Encode(s);
    return concatBytes([Uint8Array.of(0x58), int32(bytes.length), bytes]); // BINUNICODE
  };
  const int = (v: number): Uint8Array => concatBytes([Uint8Array.of(0x4a), int32(v)]); // BININT
  const global = (module: string, name: string): Uint8Array => utf8Encode(`c${module}\n${name}\n`);
  const tuple = (...items: readonly Uint8Array[]): Uint8Array => concatBytes([utf8Encode('('), ...items, utf8Encode('t')]);
  const strides = shape.map((_, i) => shape.slice(i + 1).reduce((a, b) => a * b, 1));
  const size = shape.reduce((a, b) => a * b, 1);
  const storage = tuple(text('storage'), global('torch', isWide(dtype) ? 'LongStorage' : 'IntStorage'), text('0'), text('cpu'), int(size));
  return concatBytes([
    Uint8Array.of(0x80, 2), // PROTO 2
    global('torch._utils', '_rebuild_tensor_v2'),
    tuple(
      storage,
      utf8Encode('Q'), // the storage is persistent
      int(0),
      tuple(...shape.map(int)),
      tuple(...strides.map(int)),
      Uint8Array.of(0x89), // needs no gradient
      global('collections', 'OrderedDict'),
      utf8Encode(')R'),
    ),
    utf8Encode('R.'),
  ]);
}

function int32(v: number): Uint8Array {
  return bytesOf(Int32Array.of(v)).slice();
}

/** Elements as int32, or int64, piece by piece. */
function* wideParts({ dtype, data }: IntTensor): Generator<Uint8Array> {
  const step = 1 << 16;
  for (let at = 0; at < data.length; at += step) {
    const some = data.subarray(at, at + step);
    if (some instanceof BigInt64Array) yield bytesOf(some);
    else if (isWide(dtype)) yield bytesOf(BigInt64Array.from(some, (v) => BigInt(v)));
    else yield bytesOf(Int32Array.from(some));
  }
}

function* entries(t: ExportTensor): Generator<AnyFile> {
  const inside = (name: string): string => `${t.fileStem}/${name}`;
  yield { path: inside('data.pkl'), bytes: pickleOf(t.tensor) };
  yield { path: inside('byteorder'), bytes: utf8Encode('little') };
  yield { path: inside('data/0'), parts: () => wideParts(t.tensor) };
  yield { path: inside('version'), bytes: utf8Encode('3\n') };
}

/** Copies of a tensor under another name lie in tensors/. */
function folderOf(fileStem: string, file: string): string {
  return file === `params/${fileStem}.npy` ? 'params' : 'tensors';
}

export const torch2chipExporter: Exporter = {
  id: 't2c',
  title: 'Torch2Chip folder',
  help: 'One .pt file for each tensor under the names of Torch2Chip, 32-bit integers for torch.load.',
  group: 'array',
  place: 't2c/*/*.pt',
  options: [],
  tensorFiles: (t) => [{ path: `t2c/${folderOf(t.fileStem, t.info.file)}/${t.fileStem}.pt`, parts: () => storedZip(entries(t)) }],
  estimate: ({ dtype, shape }) => 900 + shape.reduce((a, b) => a * b, 1) * (isWide(dtype) ? 8 : 4),
  readTensor(files, stem, info) {
    const path = `t2c/${folderOf(stem, info.file)}/${stem}.pt`;
    const bytes = files.get(path);
    const body = bytes && unzipped(bytes, `${stem}/data/0`);
    const out = newStorage(
      info.dtype,
      info.shape.reduce((a, b) => a * b, 1),
    );
    if (body?.length !== out.length * (isWide(info.dtype) ? 8 : 4)) {
      throw new StudioError({ code: 'bad-data', what: `The tensor ${stem} cannot be read`, where: { file: path } });
    }
    if (out instanceof BigInt64Array) out.set(typedView(body, BigInt64Array));
    else if (isWide(info.dtype)) typedView(body, BigInt64Array).forEach((v, i) => (out[i] = Number(v)));
    else typedView(body, Int32Array).forEach((v, i) => (out[i] = v));
    return { dtype: info.dtype, shape: info.shape, data: out };
  },
};
