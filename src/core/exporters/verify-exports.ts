/**
 * Every tensor of a bundle again from each format that holds tensors, unpacked by the options in the manifest. Formats that this
 * build does not know, and those that hold no tensors, have their hashes checked only.
 */
import { StudioError } from '../base/errors';
import { firstDifference, type Fault } from './fault';
import type { Manifest, ManifestTensor } from './manifest';
import { readTensorFile } from './read-bundle';
import { exporter } from './registry';

/** Tensor files by their stems, copies included. */
function stemsOf({ tensors, ops }: Manifest): ReadonlyMap<string, { readonly path: string; readonly info: ManifestTensor }> {
  const stems = new Map<string, { readonly path: string; readonly info: ManifestTensor }>();
  const add = (path: string | undefined, info: ManifestTensor | undefined): void => {
    if (path === undefined || !info) return;
    const stem = path.slice(path.lastIndexOf('/') + 1).replace(/\.npy$/, '');
    if (!stems.has(stem)) stems.set(stem, { path, info });
  };
  for (const info of Object.values(tensors)) add(info.file, info);
  for (const op of ops) {
    const weight = 'weight' in op ? op.weight : undefined;
    add(op.files.x1, tensors[op.inputs[0] ?? '']);
    add(op.files.x2, tensors[weight ?? op.inputs[1] ?? '']);
  }
  return stems;
}

export function* exportFaults(manifest: Manifest, files: ReadonlyMap<string, Uint8Array>): Generator<Fault | undefined> {
  const stems = stemsOf(manifest);
  for (const { format, options } of manifest.exports ?? []) {
    const reader = exporter(format);
    if (!reader?.readTensor) continue;
    const fileOf = filesOf(format, files);
    for (const [stem, { path, info }] of stems) {
      try {
        const got = reader.readTensor(files, stem, info, options);
        const stored = got && readTensorFile(files, path, info, stem);
        yield stored && firstDifference(`${stem} in ${format}`, fileOf(stem), stored, got);
      } catch (error) {
        if (!(error instanceof StudioError)) throw error;
        yield { kind: 'unreadable', file: error.fields.where?.file, tensor: stem, message: error.message };
      }
    }
  }
}

/** The file of a tensor, or the first of its banks, or the one file of the format. */
function filesOf(format: string, files: ReadonlyMap<string, Uint8Array>): (stem: string) => string {
  const mine = [...files.keys()].filter((path) => path.startsWith(`${format}/`));
  const byBase = new Map<string, string>();
  for (const path of mine) {
    const base = path.slice(path.lastIndexOf('/') + 1);
    // a stem may hold dots: every beginning that ends before one
    for (let dot = base.indexOf('.'); dot > 0; dot = base.indexOf('.', dot + 1)) {
      const stem = base.slice(0, dot);
      if (!byBase.has(stem)) byBase.set(stem, path);
    }
  }
  return (stem) => byBase.get(stem) ?? mine[0] ?? format;
}
