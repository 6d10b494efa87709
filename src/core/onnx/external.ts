/**
 * Tensors whose bytes lie in files beside the model (TensorProto.external_data): finds the file among those
 * that were given and cuts the tensor's bytes out of it. A view, no copy.
 */
import { bytesOf } from '../base/bytes';
import { StudioError } from '../base/errors';

export type ExternalFiles = ReadonlyMap<string, Uint8Array>;

export interface ExternalPlace {
  readonly location: string;
  readonly offset: number;
  /** Bytes; undefined where the file does not say. */
  readonly length: number | undefined;
}

export function externalPlace(entries: ReadonlyMap<string, string>): ExternalPlace {
  const length = entries.get('length');
  return {
    location: entries.get('location') ?? '',
    offset: Number(entries.get('offset') ?? 0),
    length: length === undefined ? undefined : Number(length),
  };
}

/** `needed` is the tensor's size in bytes. Throws `missing-external-data`, `truncated`, `bad-shape`. */
export function externalBytes(place: ExternalPlace, needed: number, tensor: string, file: string, files: ExternalFiles): Uint8Array {
  const data = found(place.location, files);
  if (!data) {
    throw new StudioError({
      code: 'missing-external-data',
      what: `The weights of this model lie in another file, ${place.location}, which was not given`,
      where: { file, value: tensor },
      todo: `Open the model together with ${baseName(place.location)}.`,
    });
  }
  const { offset } = place;
  const length = place.length ?? needed;
  if (!Number.isInteger(offset) || offset < 0 || length !== needed) {
    throw new StudioError({
      code: 'bad-shape',
      what: 'The place of a tensor in an external file does not fit its shape',
      expected: `${needed} bytes`,
      got: `${length} at offset ${offset}`,
      where: { file, value: tensor },
    });
  }
  if (offset + length > data.length) {
    throw new StudioError({
      code: 'truncated',
      what: 'The external data end before the tensor does',
      expected: `at least ${offset + length} bytes`,
      got: `${data.length}`,
      where: { file: place.location, value: tensor },
      todo: 'Export or download the file again.',
    });
  }
  return bytesOf(data).subarray(offset, offset + length);
}

/** By the path as written, then by the plain path, then by the file's own name. */
function found(location: string, files: ExternalFiles): Uint8Array | undefined {
  const exact = files.get(location);
  if (exact) return exact;
  const wanted = [plain(location), baseName(location)];
  for (const key of wanted) {
    for (const [path, bytes] of files) if (plain(path) === key) return bytes;
  }
  for (const [path, bytes] of files) if (baseName(path) === baseName(location)) return bytes;
  return undefined;
}

function plain(path: string): string {
  return path.replaceAll('\\', '/').replace(/^(\.?\/)+/, '');
}

function baseName(path: string): string {
  const p = plain(path);
  return p.slice(p.lastIndexOf('/') + 1);
}
