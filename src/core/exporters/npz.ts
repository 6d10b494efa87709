/** All tensors of the bundle in one archive that numpy.load opens: the arrays are called as the files of tensors/ and params/. */
import { unzipSync } from 'fflate';
import { StudioError } from '../base/errors';
import { readNpy } from '../base/npy';
import type { AnyFile } from './bundle-input';
import type { Exporter, ExportBundle } from './exporter';
import { asIntTensor } from './int-array';
import { npyExporter, npyFile } from './npy';
import { storedZip } from './zip-parts';

const path = 'npz/tensors.npz';

function* arrays(bundle: ExportBundle): Generator<AnyFile> {
  for (const t of bundle.tensors()) yield npyFile(`${t.fileStem}.npy`, t.tensor);
}

export const npzExporter: Exporter = {
  id: 'npz',
  title: 'NumPy archive',
  help: 'One .npz file with every tensor.',
  group: 'array',
  place: 'npz/tensors.npz',
  options: [],
  files: (bundle) => [{ path, parts: () => storedZip(arrays(bundle)) }],
  estimate: (info) => (npyExporter.estimate?.(info, {}) ?? 0) + 120,
  readTensor(files, stem, info) {
    const bytes = files.get(path);
    const name = `${stem}.npy`;
    const entry = bytes && unzipped(bytes, name);
    if (!entry) throw new StudioError({ code: 'bad-data', what: `The archive has no readable array ${stem}`, where: { file: path } });
    return asIntTensor(readNpy(entry, `${path}: ${name}`), info, { file: path });
  },
};

/** undefined where the archive or the entry cannot be read. */
export function unzipped(bytes: Uint8Array, name: string): Uint8Array | undefined {
  try {
    return unzipSync(bytes, { filter: (f) => f.name === name })[name];
  } catch {
    return undefined;
  }
}
