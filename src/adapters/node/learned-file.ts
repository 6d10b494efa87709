/**
 * The layers that a command has learned, in the file of --resume. Law: a file that belongs to another model, data or
 * recipe, or to nothing of ours, is refused and stays as it is.
 */
import { open, readFile, rm } from 'node:fs/promises';
import { readLearned, StudioError } from '../../core/index';
import type { LearnedStore } from '../../engine/ports';

export function learnedFile(path: string): LearnedStore {
  const guarded = async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await work();
    } catch (cause) {
      const got = cause instanceof Error ? cause.message : String(cause);
      throw new StudioError({ code: 'storage', what: 'The file of --resume cannot be used', got, where: { file: path } });
    }
  };
  return {
    async read(key) {
      const bytes = await guarded(() =>
        readFile(path).catch((cause: NodeJS.ErrnoException) => {
          if (cause.code === 'ENOENT') return undefined;
          throw cause;
        }),
      );
      if (!bytes || bytes.length === 0) return undefined;
      const file = readLearned(bytes);
      if (file?.key === key) return new Uint8Array(bytes);
      throw new StudioError({
        code: 'bad-usage',
        what: file ? 'The file of --resume belongs to another model, data or recipe' : 'The file of --resume holds no learned layers',
        where: { file: path },
        todo: 'Give the same arguments as before, or the path of a file that is not there yet.',
      });
    },
    append: (_, bytes) =>
      guarded(async () => {
        const file = await open(path, 'a');
        try {
          await file.writeFile(bytes);
          await file.datasync();
        } finally {
          await file.close();
        }
      }),
    // only after a read, which refuses what is not ours
    remove: () => guarded(() => rm(path, { force: true })),
  };
}
