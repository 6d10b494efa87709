/**
 * A scratch file in the system's folder for temporary files, for what a command has no memory for. Its name is gone before the
 * first byte is written: whatever ends the process, nothing stays behind. Where a system does not allow that, `close` removes it.
 */
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { OpenScratch } from '../../core/base/hold';
import { StudioError } from '../../core/index';

export const nodeScratch: OpenScratch = async () => {
  const guarded = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (cause) {
      throw new StudioError({
        code: 'storage',
        what: 'Activations cannot be put aside on the disk',
        got: cause instanceof Error ? cause.message : String(cause),
        where: { file: tmpdir() },
        todo: 'Free disk space, take fewer samples, or allow more memory with --learn-memory.',
      });
    }
  };
  const folder = await guarded(() => mkdtemp(join(tmpdir(), 't2c-scratch-')));
  const file = await guarded(() => open(join(folder, 'activations'), 'wx+', 0o600));
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
  await remove().catch(() => undefined);
  return {
    write: (at, bytes) =>
      guarded(async () => {
        for (let done = 0; done < bytes.length;) done += (await file.write(bytes, done, bytes.length - done, at + done)).bytesWritten;
      }),
    read: (at, into) =>
      guarded(async () => {
        for (let done = 0; done < into.length;) {
          const { bytesRead } = await file.read(into, done, into.length - done, at + done);
          if (bytesRead === 0) throw new RangeError(`the file ends at ${at + done}`);
          done += bytesRead;
        }
      }),
    async close() {
      await file.close();
      await remove();
    },
  };
};
