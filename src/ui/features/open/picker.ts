/** Files from the picker, a drop or a dropped folder, as the engine takes them. */
import type { FileInput } from '../../../engine/api';
import { pickerId } from '../../../store/actions/all';

export function pickFiles(): void {
  document.getElementById(pickerId)?.click();
}

export function fromFileList(list: FileList | null): FileInput[] {
  return [...(list ?? [])].map((file) => ({
    name: file.name,
    data: file,
    ...(file.webkitRelativePath === '' ? {} : { path: file.webkitRelativePath }),
  }));
}

/** Files of a drop, folders walked through. Must be called while the event is handled. */
export async function fromDrop(transfer: DataTransfer): Promise<FileInput[]> {
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry()).filter((e) => e !== null);
  if (entries.length === 0) return fromFileList(transfer.files);
  const found = await Promise.all(entries.map((entry) => walk(entry, '')));
  return found.flat();
}

async function walk(entry: FileSystemEntry, folder: string): Promise<FileInput[]> {
  if (isFile(entry)) {
    const file = await new Promise<File>((resolve, reject) => entry.file(resolve, reject));
    return [folder === '' ? { name: file.name, data: file } : { name: file.name, path: `${folder}/${file.name}`, data: file }];
  }
  if (!isFolder(entry)) return [];
  const reader = entry.createReader();
  const all: FileInput[] = [];
  // A reader gives at most 100 entries a call, and none at the end.
  for (;;) {
    const some = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return all;
    for (const child of some) all.push(...(await walk(child, folder === '' ? entry.name : `${folder}/${entry.name}`)));
  }
}

const isFile = (e: FileSystemEntry): e is FileSystemFileEntry => e.isFile;
const isFolder = (e: FileSystemEntry): e is FileSystemDirectoryEntry => e.isDirectory;
