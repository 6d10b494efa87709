/**
 * The files of a bundle from its zip or from its unpacked folder. A damaged entry is left out, so that the check
 * can name the tensor that is missing.
 */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { readBytes } from '../adapters/node/files';
import { unzipBundle } from '../core/index';

export async function readBundleFiles(path: string): Promise<ReadonlyMap<string, Uint8Array>> {
  const isFolder = await stat(path).then(
    (s) => s.isDirectory(),
    () => false,
  );
  if (!isFolder) return unzipBundle(await readBytes(path), path);
  const files = new Map<string, Uint8Array>();
  const entries = await readdir(path, { recursive: true, withFileTypes: true });
  for (const entry of entries) {
    if (!entry.isFile()) continue;
    const full = join(entry.parentPath, entry.name);
    files.set(full.slice(join(path, '/').length).replaceAll('\\', '/'), await readBytes(full));
  }
  return files;
}
