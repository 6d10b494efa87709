/** A bundle in a folder of its own for tests that let other programs read it, and the programs. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export interface Ran {
  readonly status: number | null;
  readonly out: string;
}

/** Writes the files, lets `work` run programs there, and takes the folder away. */
export function inFolder<T>(
  files: ReadonlyMap<string, Uint8Array | string>,
  work: (run: (command: string, ...args: string[]) => Ran) => T,
): T {
  const folder = mkdtempSync(join(tmpdir(), 't2c-'));
  try {
    for (const [path, bytes] of files) {
      mkdirSync(join(folder, dirname(path)), { recursive: true });
      writeFileSync(join(folder, path), bytes);
    }
    return work((command, ...args) => {
      const { status, stdout, stderr, error } = spawnSync(command, args, { cwd: folder, encoding: 'utf8', maxBuffer: 1 << 28 });
      return { status, out: error ? error.message : stdout + stderr };
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export const python = '/usr/bin/python3';
