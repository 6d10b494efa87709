/**
 * A file that appears only when it is whole: written under a temporary name in the same folder, then renamed.
 * Law: whatever happens, the file at `path` is the old one, or none, or the finished new one.
 */
import { open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { StudioError } from '../../core/index';
import type { ExportSink } from '../../engine/ports';

const unfinished = new Set<string>();

/** Paths of files that are being written: to be removed when the process is ended. */
export function unfinishedFiles(): readonly string[] {
  return [...unfinished];
}

export async function openFileSink(path: string): Promise<ExportSink> {
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.part`);
  const guarded = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (cause) {
      const got = cause instanceof Error ? cause.message : String(cause);
      throw new StudioError({
        code: 'storage',
        what: 'The file cannot be written',
        got,
        where: { file: path },
        todo: 'Choose another place.',
      });
    }
  };
  unfinished.add(temporary);
  const file = await guarded(() => open(temporary, 'w')).catch((error: unknown) => {
    unfinished.delete(temporary);
    throw error;
  });
  let isOpen = true;
  const closeFile = async (): Promise<void> => {
    if (isOpen) await file.close();
    isOpen = false;
  };
  return {
    write: (chunk) =>
      guarded(async () => {
        for (let at = 0; at < chunk.length;) at += (await file.write(chunk, at)).bytesWritten;
      }),
    async close() {
      await guarded(async () => {
        await closeFile();
        await rename(temporary, path);
      });
      unfinished.delete(temporary);
    },
    async abort() {
      await closeFile().catch(() => undefined);
      await rm(temporary, { force: true });
      unfinished.delete(temporary);
    },
    blob: () => Promise.resolve(undefined),
  };
}

/** All at once, with the same law. */
export async function writeFileWhole(path: string, bytes: Uint8Array): Promise<void> {
  const sink = await openFileSink(path);
  try {
    await sink.write(bytes);
    await sink.close();
  } catch (error) {
    await sink.abort();
    throw error;
  }
}
