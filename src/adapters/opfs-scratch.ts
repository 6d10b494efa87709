/**
 * Where the page's worker puts activations that it has no memory for: a file in the origin's private file system, read and
 * written in place. undefined where a worker has no such files. A file that an ended worker left behind goes with the next start:
 * nobody holds it any more, so that it can be removed; one that another tab uses is locked and stays.
 */
import { StudioError } from '../core/index';
import type { OpenScratch } from '../core/base/hold';

const FOLDER = 'scratch';

export function pageScratch(): OpenScratch | undefined {
  const isHere = 'storage' in navigator && 'createSyncAccessHandle' in FileSystemFileHandle.prototype;
  return isHere ? openPageScratch : undefined;
}

async function openPageScratch(): ReturnType<OpenScratch> {
  const name = crypto.randomUUID();
  const folder = await guarded(async () => (await navigator.storage.getDirectory()).getDirectoryHandle(FOLDER, { create: true }));
  for await (const other of folder.keys()) await folder.removeEntry(other).catch(() => undefined); // locked: another tab's
  const access = await guarded(async () => (await folder.getFileHandle(name, { create: true })).createSyncAccessHandle());
  return {
    write: (at, bytes) =>
      guarded(async () => {
        if (access.write(bytes, { at }) < bytes.length) throw new DOMException('the disk is full', 'QuotaExceededError');
      }),
    read: (at, into) =>
      guarded(async () => {
        if (access.read(into, { at }) < into.length) throw new RangeError('the file is shorter');
      }),
    async close() {
      access.close();
      await folder.removeEntry(name).catch(() => undefined);
    },
  };
}

async function guarded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    throw new StudioError({
      code: 'storage',
      what: 'Activations cannot be put aside on the disk',
      got: cause instanceof Error ? cause.message : String(cause),
      todo: 'Free disk space, or calibrate on fewer samples.',
    });
  }
}
