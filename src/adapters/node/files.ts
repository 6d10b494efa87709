/**
 * Files and folders of the disk as the engine takes them. Image folders are handed over as blobs that are read
 * when a sample is asked for. Errors are `bad-usage` naming the path.
 */
import { openAsBlob, type Dirent } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { isImagePath, StudioError } from '../../core/index';
import type { FileInput } from '../../engine/api';

function unreadable(path: string, cause: unknown): StudioError {
  const code = (cause as NodeJS.ErrnoException).code;
  const what = code === 'ENOENT' ? 'There is no such file or folder' : 'The file or folder cannot be read';
  const got = code === 'ENOENT' || !(cause instanceof Error) ? {} : { got: cause.message };
  return new StudioError({ code: 'bad-usage', what, ...got, where: { file: path }, todo: 'Check the path.' });
}

export async function readBytes(path: string): Promise<Uint8Array> {
  try {
    const bytes = await readFile(path);
    // exactly the file: a small Buffer may be a part of a shared pool
    return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  } catch (cause) {
    throw unreadable(path, cause);
  }
}

/** The model, and the files beside it that may be its external data: those that its bytes name. */
export async function modelFiles(path: string): Promise<FileInput[]> {
  const data = await readBytes(path);
  const folder = dirname(resolve(path));
  const files: FileInput[] = [{ name: basename(path), data }];
  for (const location of await externalLocations(data, folder, basename(path))) {
    files.push({ name: basename(location), path: location, data: await readBytes(join(folder, location)) });
  }
  return files;
}

/**
 * Files near the model whose name occurs in its bytes, as an external data location would. The model's own reader
 * says what is really missing.
 */
async function externalLocations(model: Uint8Array, folder: string, own: string): Promise<string[]> {
  const text = Buffer.from(model.buffer, model.byteOffset, model.byteLength);
  if (!text.includes('location')) return [];
  const names = await listFiles(folder, 2).catch(() => [] as string[]);
  return names.filter((name) => name !== own && !name.endsWith('.onnx') && text.includes(name));
}

/** Relative paths with `/` below a folder, sorted by code units, at most `depth` levels deep. */
async function listFiles(folder: string, depth = Infinity): Promise<string[]> {
  const entries: Dirent[] = await readdir(folder, { withFileTypes: true });
  const found: string[] = [];
  for (const entry of entries) {
    if (entry.isDirectory() && depth > 1) {
      for (const inner of await listFiles(join(folder, entry.name), depth - 1)) found.push(`${entry.name}/${inner}`);
    } else if (!entry.isDirectory()) {
      found.push(entry.name);
    }
  }
  return found.sort();
}

/** A data file, or every image and labels.csv below a folder. */
export async function dataInputs(path: string): Promise<FileInput[]> {
  const isFolder = await stat(path).then(
    (s) => s.isDirectory(),
    (cause: unknown) => {
      throw unreadable(path, cause);
    },
  );
  if (!isFolder) return [{ name: basename(path), data: await readBytes(path) }];
  const names = (await listFiles(path)).filter((name) => isImagePath(name) || /(^|\/)labels\.csv$/i.test(name));
  const images = names.filter((name) => isImagePath(name));
  if (images.length === 0) {
    throw new StudioError({ code: 'bad-data', what: 'The folder holds no image', expected: '.jpg or .png files', where: { file: path } });
  }
  const root = basename(resolve(path));
  return Promise.all(
    names.map(async (name): Promise<FileInput> => ({
      name: basename(name),
      path: `${root}/${name}`,
      data: await openAsBlob(join(path, name)),
    })),
  );
}
