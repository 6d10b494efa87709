/**
 * Where the page's worker writes a bundle: a file in the origin's private file system, in place, so that a large
 * zip is never in memory; a Blob in memory where there is no such file system. The finished file stays readable
 * until the next export of this page; unfinished ones are removed.
 */
import { StudioError } from '../core/index';
import type { ExportSink } from '../engine/ports';

const FOLDER = 'exports';

export async function openPageSink(fileName: string): Promise<ExportSink> {
  let folder: FileSystemDirectoryHandle;
  let handle: FileSystemFileHandle;
  let access: FileSystemSyncAccessHandle;
  // one name a tab: two tabs may export at once
  const place = `${tabName}-${++count}`;
  try {
    const root = await navigator.storage.getDirectory();
    folder = await root.getDirectoryHandle(FOLDER, { create: true });
    handle = await folder.getFileHandle(place, { create: true });
    access = await handle.createSyncAccessHandle();
  } catch {
    return memorySink(fileName);
  }
  let at = 0;
  return {
    write(chunk) {
      try {
        at += access.write(chunk, { at });
      } catch (cause) {
        throw noRoom(cause, fileName);
      }
    },
    async close() {
      access.flush();
      access.close();
      await dropOlder(folder, place);
    },
    async abort() {
      access.close();
      await folder.removeEntry(place).catch(() => undefined);
    },
    blob: async () => new File([await handle.getFile()], fileName, { type: 'application/zip' }),
  };
}

const tabName = Math.floor(performance.timeOrigin + performance.now()).toString(36);
let count = 0;

/** Older exports of this tab, and those of tabs that nobody can have open any more (a day old). */
async function dropOlder(folder: FileSystemDirectoryHandle, keep: string): Promise<void> {
  for await (const name of folder.keys()) {
    const mine = name.startsWith(`${tabName}-`);
    const old = performance.timeOrigin - Number.parseInt(name, 36) > 86_400_000;
    if (name !== keep && (mine || old)) await folder.removeEntry(name).catch(() => undefined);
  }
}

function memorySink(fileName: string): ExportSink {
  let chunks: Uint8Array<ArrayBuffer>[] = [];
  return {
    write: (chunk) => void chunks.push(chunk.slice()),
    close: () => Promise.resolve(),
    abort: () => {
      chunks = [];
      return Promise.resolve();
    },
    blob: async () => new File(chunks, fileName, { type: 'application/zip' }),
  };
}

function noRoom(cause: unknown, fileName: string): StudioError {
  return new StudioError({
    code: 'storage',
    what: 'The bundle cannot be written',
    got: cause instanceof Error ? cause.message : String(cause),
    where: { file: fileName },
    todo: 'Free disk space, or export without the hex files.',
  });
}
