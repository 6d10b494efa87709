/** A bundle on disk whose rtl/ is simulated, with Icarus Verilog or as a make target says. For tests in Node. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export interface Simulated {
  readonly status: number | null;
  readonly output: string;
}

/** Runs make in rtl/ of the files; several times where there are several lists of arguments. */
export function makeIn(files: ReadonlyMap<string, Uint8Array>, ...runs: readonly (readonly string[])[]): Simulated[] {
  const folder = mkdtempSync(join(tmpdir(), 't2c-rtl-'));
  try {
    for (const [path, bytes] of files) {
      mkdirSync(join(folder, dirname(path)), { recursive: true });
      writeFileSync(join(folder, path), bytes);
    }
    return (runs.length === 0 ? [[]] : runs).map((args) => {
      const run = spawnSync('make', ['--no-print-directory', '-j2', ...args], { cwd: join(folder, 'rtl'), encoding: 'utf8' });
      return { status: run.status, output: run.stdout + run.stderr };
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export function simulate(files: ReadonlyMap<string, Uint8Array>): Simulated {
  return makeIn(files)[0] as Simulated; // one run, one result
}

/** The text of a file changed; throws where the text to replace is not there (so that a fault is never planted in nothing). */
export function withText(files: ReadonlyMap<string, Uint8Array>, path: string, from: string, to: string): Map<string, Uint8Array> {
  const text = new TextDecoder().decode(files.get(path));
  if (!text.includes(from)) throw new Error(`${path} holds no ${from}`);
  return new Map(files).set(path, new TextEncoder().encode(text.replace(from, to)));
}

/** The last digit of word `i` of a .mem file raised by one (f becomes 0). */
export function withDigit(files: ReadonlyMap<string, Uint8Array>, path: string, i: number): Map<string, Uint8Array> {
  const lines = new TextDecoder().decode(files.get(path)).split('\n');
  const first = lines.findIndex((line) => !line.startsWith('//'));
  const word = lines[first + i];
  if (word === undefined || word === '') throw new Error(`${path} has no word ${i}`);
  const digit = ((Number.parseInt(word.slice(-1), 16) + 1) % 16).toString(16);
  lines[first + i] = word.slice(0, -1) + digit;
  return new Map(files).set(path, new TextEncoder().encode(lines.join('\n')));
}
