/**
 * Files as the caller hands them over, as the core wants them: bytes that are read when asked for, under
 * the path inside the folder they came from.
 */
import { StudioError } from '../core/index';
import type { DataFile } from '../core/data/source';
import type { FileInput } from './api';

export async function bytesOfFile(file: FileInput): Promise<Uint8Array> {
  if (file.data instanceof Uint8Array) return file.data;
  try {
    return new Uint8Array(await file.data.arrayBuffer());
  } catch (cause) {
    throw new StudioError({
      code: 'storage',
      what: 'The file cannot be read',
      got: cause instanceof Error ? cause.message : String(cause),
      where: { file: file.path ?? file.name },
      todo: 'It may have been moved or changed: give it again.',
    });
  }
}

export function dataFiles(files: readonly FileInput[]): DataFile[] {
  return files.map((file) => ({ path: file.path ?? file.name, read: () => bytesOfFile(file) }));
}
