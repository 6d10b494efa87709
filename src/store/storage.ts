/**
 * Where things are kept between visits: small plain data in IndexedDB, bytes of models and data in the origin's
 * private file system (IndexedDB where there is none). A full disk throws StudioError-like fields with code `storage`;
 * what was kept before stays.
 */
import { del, get, set, update } from 'idb-keyval';
import type { ErrorFields } from '../core/base/errors';
import type { FileInput } from '../engine/api';

export interface Storage {
  readMeta(key: string): Promise<unknown>;
  writeMeta(key: string, value: unknown): Promise<void>;
  /** Reads and writes in one step, whoever else does. */
  updateMeta(key: string, change: (stored: unknown) => unknown): Promise<void>;
  removeMeta(key: string): Promise<void>;
  /** Keeps the files of a slot, all or none; files kept there before are replaced only when all are written. */
  writeFiles(slot: string, files: readonly FileInput[]): Promise<void>;
  readFiles(slot: string): Promise<FileInput[] | undefined>;
  removeFiles(slot: string): Promise<void>;
  /** Bytes that this site has on the disk, and may have; undefined where the browser does not say. */
  estimate(): Promise<{ readonly used: number; readonly quota: number } | undefined>;
}

/** What a failed write is told as. */
export class StorageFull extends Error {
  readonly fields: ErrorFields = {
    code: 'storage',
    what: 'There is no room to keep this for your next visit',
    todo: 'Everything goes on working until the page is closed. Delete older sessions, or free disk space, to keep it.',
  };
}

/** What a write is told as where the browser lets a page keep nothing. */
export class StorageRefused extends Error {
  readonly fields = {
    code: 'storage',
    what: 'This browser keeps nothing for your next visit',
    todo: 'Everything works until the page is closed. A private window, or a setting that blocks the data of sites, may be the reason.',
  } as const satisfies ErrorFields;
}

interface Listing {
  readonly folder: string;
  readonly files: readonly { readonly name: string; readonly path?: string }[];
}

const prefix = 't2c:';

async function guarded<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof DOMException && (error.name === 'QuotaExceededError' || error.name === 'NotAllowedError')) throw new StorageFull();
    throw error;
  }
}

const toBlob = (data: FileInput['data']): Blob =>
  // A Uint8Array over a SharedArrayBuffer is not a BlobPart; files opened here never are.
  data instanceof Blob ? data : new Blob([data as Uint8Array<ArrayBuffer>]);

async function root(): Promise<FileSystemDirectoryHandle | undefined> {
  try {
    return await navigator.storage.getDirectory();
  } catch {
    return undefined;
  }
}

export function createStorage(): Storage {
  // Asked once. Where there is no IndexedDB, opening it throws or rejects in a way of each browser's own.
  let asked: Promise<boolean> | undefined;
  const usable = () =>
    (asked ??= (async () => get<unknown>(`${prefix}probe`))().then(
      () => true,
      () => false,
    ));
  // Nothing was kept there, so that nothing is to be read or removed.
  const readMeta = async (key: string): Promise<unknown> => ((await usable()) ? get<unknown>(prefix + key) : undefined);
  const writeMeta = async (key: string, value: unknown): Promise<void> => {
    if (!(await usable())) throw new StorageRefused();
    await guarded(() => set(prefix + key, value));
  };
  const updateMeta = async (key: string, change: (stored: unknown) => unknown): Promise<void> => {
    if (!(await usable())) throw new StorageRefused();
    await guarded(() => update<unknown>(prefix + key, change));
  };
  const removeMeta = async (key: string): Promise<void> => {
    if (await usable()) await del(prefix + key);
  };

  async function dropFolder(listing: Listing | undefined): Promise<void> {
    if (listing === undefined) return;
    const dir = await root();
    if (dir !== undefined) await dir.removeEntry(listing.folder, { recursive: true }).catch(() => undefined);
    for (let i = 0; i < listing.files.length; i++) await removeMeta(`${listing.folder}/${i}`);
  }

  // The listing was written by writeFiles below and nobody else writes under this key.
  const listingOf = async (slot: string) => (await readMeta(`files:${slot}`)) as Listing | undefined;

  return {
    readMeta,
    writeMeta,
    updateMeta,
    removeMeta,
    async writeFiles(slot, files) {
      if (!(await usable())) throw new StorageRefused();
      const before = await listingOf(slot);
      const listing: Listing = {
        folder: `${slot}-${Date.now()}`,
        files: files.map((f) => (f.path === undefined ? { name: f.name } : { name: f.name, path: f.path })),
      };
      try {
        await guarded(async () => {
          const dir = await (await root())?.getDirectoryHandle(listing.folder, { create: true });
          for (const [i, file] of files.entries()) {
            if (dir === undefined) {
              await writeMeta(`${listing.folder}/${i}`, toBlob(file.data));
              continue;
            }
            const handle = await dir.getFileHandle(String(i), { create: true });
            const stream = await handle.createWritable();
            try {
              await stream.write(toBlob(file.data));
              await stream.close();
            } catch (error) {
              // an open stream would hold its file: the folder could not be removed, on a disk that is full
              await stream.abort().catch(() => undefined);
              throw error;
            }
          }
          await writeMeta(`files:${slot}`, listing);
        });
      } catch (error) {
        await dropFolder(listing);
        throw error;
      }
      await dropFolder(before);
    },
    async readFiles(slot) {
      const listing = await listingOf(slot);
      if (listing === undefined) return undefined;
      const dir = await (await root())?.getDirectoryHandle(listing.folder).catch(() => undefined);
      const files: FileInput[] = [];
      for (const [i, entry] of listing.files.entries()) {
        const blob = dir === undefined ? await readMeta(`${listing.folder}/${i}`) : await (await dir.getFileHandle(String(i))).getFile();
        if (!(blob instanceof Blob)) return undefined;
        files.push({ ...entry, data: blob });
      }
      return files;
    },
    async removeFiles(slot) {
      await dropFolder(await listingOf(slot));
      await removeMeta(`files:${slot}`);
    },
    async estimate() {
      // no promise where the page is not in a secure context
      const told = await (navigator.storage as Partial<StorageManager> | undefined)?.estimate?.().catch(() => undefined);
      return told?.usage === undefined || told.quota === undefined ? undefined : { used: told.usage, quota: told.quota };
    },
  };
}
