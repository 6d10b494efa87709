/**
 * Where the page's worker keeps layers that were learned: a file a key in the origin's private file system, or in IndexedDB
 * where there is none. The newest few keys stay. A browser that keeps nothing has nothing to read; only appending rejects.
 */
import { del, get, set } from 'idb-keyval';
import type { LearnedStore } from '../engine/ports';

const FOLDER = 'learned';
/** Conversions whose layers are kept: a person goes back and forth between a few recipes. */
const MOST = 8;

const folder = async (): Promise<FileSystemDirectoryHandle> =>
  (await navigator.storage.getDirectory()).getDirectoryHandle(FOLDER, { create: true });

export function pageLearnedStore(): LearnedStore {
  let chosen: Promise<LearnedStore> | undefined;
  const store = (): Promise<LearnedStore> =>
    (chosen ??= folder().then(
      () => files,
      () => database,
    ));
  return {
    read: async (key) => (await store()).read(key).catch(() => undefined),
    append: async (key, bytes) => (await store()).append(key, bytes),
    remove: async (key) => (await store()).remove(key),
  };
}

const files: LearnedStore = {
  async read(key) {
    const handle = await (await folder()).getFileHandle(key);
    return new Uint8Array(await (await handle.getFile()).arrayBuffer());
  },
  async append(key, bytes) {
    const place = await folder();
    const isNew = await place.getFileHandle(key).then(
      () => false,
      () => true,
    );
    if (isNew) await dropOldest(place);
    // opened for every record: a worker that is ended holds no lock then
    const access = await (await place.getFileHandle(key, { create: true })).createSyncAccessHandle();
    try {
      const at = access.getSize();
      if (access.write(bytes, { at }) < bytes.length) {
        access.truncate(at);
        throw new DOMException('the disk is full', 'QuotaExceededError');
      }
      access.flush();
    } finally {
      access.close();
    }
  },
  async remove(key) {
    await (await folder()).removeEntry(key).catch(() => undefined); // it need not be there
  },
};

/** Leaves room for one more. */
async function dropOldest(place: FileSystemDirectoryHandle): Promise<void> {
  const all: { readonly name: string; readonly at: number }[] = [];
  for await (const [name, handle] of place.entries()) {
    if (handle.kind === 'file') all.push({ name, at: (await handle.getFile()).lastModified });
  }
  all.sort((a, b) => b.at - a.at);
  for (const { name } of all.slice(MOST - 1)) await place.removeEntry(name).catch(() => undefined);
}

const prefix = 't2c:learned:';
const index = `${prefix}keys`;
/** Oldest first. Nobody else writes under these keys. */
const keys = async (): Promise<readonly string[]> => (await get<readonly string[]>(index)) ?? [];

const database: LearnedStore = {
  read: (key) => get<Uint8Array>(prefix + key),
  async append(key, bytes) {
    const before = (await get<Uint8Array>(prefix + key)) ?? new Uint8Array();
    const all = new Uint8Array(before.length + bytes.length);
    all.set(before);
    all.set(bytes, before.length);
    await set(prefix + key, all);
    const others = (await keys()).filter((k) => k !== key);
    for (const old of others.slice(0, Math.max(0, others.length - MOST + 1))) await del(prefix + old);
    await set(index, [...others.slice(-(MOST - 1)), key]);
  },
  async remove(key) {
    await del(prefix + key);
    await set(
      index,
      (await keys()).filter((k) => k !== key),
    );
  },
};
