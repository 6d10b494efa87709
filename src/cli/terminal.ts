/**
 * What a command says and where: one result on stdout (text, or one JSON object), everything else on stderr.
 * Progress is one line that is rewritten, and only where a person is watching.
 */
import type { Progress, Warning } from '../core/base/context';
import type { Job } from '../engine/api';

export interface Terminal {
  readonly json: boolean;
  readonly signal: AbortSignal;
  /** A job for the engine: cancelled by Ctrl-C, progress on the terminal. */
  job(): Job;
  /** Something a person should know; shown when the command has ended well. */
  warn(warning: Warning): void;
  note(text: string): void;
  /** The result. Call once, last. */
  result(data: object, lines: readonly string[]): void;
}

export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
}

export interface OpenTerminal extends Terminal {
  /** Removes the progress line. */
  clear(): void;
}

export function createTerminal(json: boolean, signal: AbortSignal, stdout: Output, stderr: Output): OpenTerminal {
  const notes: string[] = [];
  let shown = 0;
  const clear = (): void => {
    if (shown > 0) stderr.write(`\r${' '.repeat(shown)}\r`);
    shown = 0;
  };
  const show = (line: string): void => {
    stderr.write(`\r${line.padEnd(shown)}`);
    shown = line.length;
  };
  return {
    json,
    signal,
    clear,
    job: () => ({
      signal,
      ...(stderr.isTTY === true
        ? {
            onProgress: (p) =>
              show(
                `${p.stage} ${Math.floor(p.done)}/${p.total}${place(p)}${p.etaMs === undefined || p.done >= p.total ? '' : `, ${seconds(p.etaMs)} left`}`,
              ),
          }
        : {}),
    }),
    warn: ({ code, message, node, value }) => {
      const place = node ?? value;
      notes.push(`warning (${code})${place === undefined ? '' : ` ${place}`}: ${message}`);
    },
    note: (text) => void notes.push(text),
    result(data, lines) {
      clear();
      for (const line of new Set(notes)) stderr.write(`${line}\n`);
      stdout.write(json ? `${JSON.stringify(data)}\n` : lines.map((line) => `${line}\n`).join(''));
    },
  };
}

/** The layer that a long stage is at, and its loss where it learns. */
function place({ layer, loss }: Progress): string {
  if (layer === undefined) return '';
  return loss === undefined ? ` ${layer}` : ` ${layer} loss ${loss.toPrecision(3)}`;
}

function seconds(ms: number): string {
  return ms < 60_000 ? `${Math.ceil(ms / 1000)} s` : `${Math.ceil(ms / 60_000)} min`;
}

/** Rows as columns: the first to the left, the others to the right. */
export function table(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) row.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, cell.length)));
  return rows.map((row) =>
    row
      .map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}

/** `1 sample`, `64 samples`. */
export const counted = (n: number, one: string): string => `${n} ${n === 1 ? one : `${one}s`}`;

export const percent = (share: number | undefined): string => (share === undefined ? '-' : `${(100 * share).toFixed(2)} %`);
export const decibel = (db: number | undefined): string => (db === undefined ? '-' : `${db.toFixed(1)} dB`);

export function bytesText(n: number): string {
  return n < 1e6 ? `${(n / 1e3).toFixed(1)} kB` : `${(n / 1e6).toFixed(1)} MB`;
}
