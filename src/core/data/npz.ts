/**
 * The .npz file (a zip of .npy files, as numpy.savez and savez_compressed write it), entry by entry:
 * the directory is read at once, an array is inflated only when asked for. Nothing else is kept.
 */
import { unzipSync, type UnzipFileInfo } from 'fflate';
import { StudioError } from '../base/errors';
import { readNpy, readNpyHeader, type NpyArray, type NpyHeader } from '../base/npy';
import { crc32, zipChecksums } from './zip-checksums';

export interface NpzFile {
  /** Array names in directory order, without `.npy`. */
  readonly names: readonly string[];
  header(name: string): NpyHeader;
  /** Inflates anew on every call. */
  read(name: string): NpyArray;
}

export function isZip(bytes: Uint8Array): boolean {
  return bytes[0] === 0x50 && bytes[1] === 0x4b && (bytes[2] === 3 || bytes[2] === 5);
}

/** Throws `empty-file`, `truncated` or `bad-data` naming `file`. */
export function openNpz(bytes: Uint8Array, file: string): NpzFile {
  if (bytes.length === 0)
    throw new StudioError({ code: 'empty-file', what: 'The file is empty', expected: 'a .npz archive', where: { file } });
  if (!isZip(bytes)) {
    throw new StudioError({ code: 'bad-data', what: 'Not a .npz archive', expected: 'a zip file of .npy arrays', where: { file } });
  }
  const entries = new Map<string, UnzipFileInfo>();
  unzip(bytes, file, (info) => {
    if (info.name.endsWith('.npy')) entries.set(info.name.slice(0, -4), info);
    return false;
  });
  if (entries.size === 0) throw new StudioError({ code: 'bad-data', what: 'The archive holds no .npy array', where: { file } });

  const checksums = zipChecksums(bytes);
  const inflate = (name: string): Uint8Array => {
    const info = entries.get(name);
    const got = unzip(bytes, file, (i) => i.name === info?.name)[info?.name ?? ''];
    if (info === undefined || got === undefined) {
      throw new StudioError({
        code: 'bad-data',
        what: `The archive holds no array ${name}`,
        got: [...entries.keys()].join(', '),
        where: { file },
      });
    }
    if (got.length !== info.originalSize) {
      const expected = `${info.originalSize} bytes`;
      throw new StudioError({
        code: 'truncated',
        what: `Array ${name} of the archive is cut off`,
        expected,
        got: `${got.length}`,
        where: { file },
      });
    }
    // a flipped bit in stored numbers would go unseen
    const sum = checksums.get(info.name);
    if (sum !== undefined && crc32(got) !== sum) {
      throw new StudioError({
        code: 'bad-data',
        what: `Array ${name} of the archive is damaged: its bytes do not have the checksum that the archive keeps`,
        where: { file, value: name },
        todo: 'Make or copy the file again',
      });
    }
    return got;
  };
  return {
    names: [...entries.keys()],
    header: (name) => readNpyHeader(inflate(name), `${file}/${name}.npy`),
    read: (name) => readNpy(inflate(name), `${file}/${name}.npy`),
  };
}

function unzip(bytes: Uint8Array, file: string, filter: (info: UnzipFileInfo) => boolean): Record<string, Uint8Array> {
  try {
    return unzipSync(bytes, { filter });
  } catch (cause) {
    throw new StudioError({
      code: 'truncated',
      what: 'The zip archive is cut off or damaged',
      got: cause instanceof Error ? cause.message : String(cause),
      where: { file },
    });
  }
}
