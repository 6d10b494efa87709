/**
 * A simulator's dump against the golden tensor of a bundle, which the dump's name means or which is named: file, op or value.
 * Elements that the simulator left unknown (x, z) differ from everything.
 */
import { StudioError } from '../base/errors';
import { sizeOf } from '../ir/tensor';
import { differenceOf, mismatchesOf, type DumpComparison } from './difference';
import { readDump } from './dump';
import { fileStem } from './layout';
import type { Manifest, ManifestTensor } from './manifest';
import { readManifest, readTensorFile } from './read-bundle';

export interface CompareReport extends DumpComparison {
  readonly tensor: string;
  readonly file: string;
}

interface Golden {
  readonly path: string;
  readonly info: ManifestTensor;
  readonly tensor: string;
}

/** A file name without folder and ending: `out/layer1.conv1_yq.mem` is `layer1.conv1_yq`. */
export function dumpStem(name: string): string {
  return (name.split(/[\\/]/).at(-1) as string).replace(/\.[^.]+$/, '');
}

/** The tensor file of a bundle that a name means: `layer1.conv1_yq` is `tensors/layer1.conv1_yq.npy`; an op means its output. */
export function goldenFor(manifest: Manifest, name: string): Golden {
  const stem = name.replace(/\.(npy|mem|txt|hex)$/i, '');
  for (const folder of ['tensors', 'params']) {
    const path = `${folder}/${stem}.npy`;
    for (const [tensor, info] of Object.entries(manifest.tensors)) if (info.file === path) return { path, info, tensor };
    for (const op of manifest.ops) {
      const weight = 'weight' in op ? op.weight : undefined;
      const value = op.files.x1 === path ? op.inputs[0] : op.files.x2 === path ? (weight ?? op.inputs[1]) : undefined;
      const info = value === undefined ? undefined : manifest.tensors[value];
      if (info) return { path, info, tensor: stem };
    }
  }
  const op = manifest.ops.find((o) => o.name === stem || fileStem(o.name) === stem);
  const tensor = op?.output ?? Object.keys(manifest.tensors).find((t) => t === name || fileStem(t) === stem);
  const info = tensor === undefined ? undefined : manifest.tensors[tensor];
  if (tensor !== undefined && info) return { path: info.file, info, tensor };
  throw new StudioError({
    code: 'bad-usage',
    what: 'No tensor of the bundle has this name',
    expected: 'the name of a file, such as layer1.0.conv1_yq.mem, of an op or of a value; or --tensor',
    got: stem,
  });
}

export interface CompareOptions {
  /** Where the dump's own name does not say it: file, op or value. */
  readonly tensor?: string | undefined;
  /** Of the words of a text. */
  readonly radix?: 2 | 10 | 16 | undefined;
}

/** Throws `bad-data` where the dump cannot be read or has another number of elements. */
export function compareDump(
  files: ReadonlyMap<string, Uint8Array>,
  dump: { readonly name: string; readonly bytes: Uint8Array },
  options: CompareOptions = {},
): CompareReport {
  const { path, info, tensor } = goldenFor(readManifest(files), options.tensor ?? dumpStem(dump.name));
  const golden = readTensorFile(files, path, info, tensor);
  const { bits, signed, dtype } = info;
  const { format, values } = readDump(dump.bytes, dump.name, { bits, signed, dtype, elements: sizeOf(info.shape) }, options.radix);
  return { tensor, file: path, format, ...differenceOf(golden, values, mismatchesOf(golden, values)) };
}
