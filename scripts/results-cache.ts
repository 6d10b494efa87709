/**
 * Rows of docs/RESULTS.md that were measured already, in a file that git ignores, so that the table can be run in parts. A row is
 * found again by everything that its numbers depend on: the bytes of the model and of the data, the recipe, how many samples.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { RecipeOutcome } from '../src/core/recipe/recipe-table';

/** Raise it when an algorithm or the arithmetic changes what comes out: every row is measured again then. */
export const RESULTS_VERSION = 1;

export interface ResultRow {
  readonly model: string;
  readonly preset: string;
  /** `4/8/8`: weights, activations, residual streams. */
  readonly bits: string;
  readonly seed: number;
  readonly calibrationSamples: number;
  readonly testSamples: number;
  /** Every sample of the test data. */
  readonly whole: boolean;
  readonly outcome: RecipeOutcome;
}

export interface KeyParts {
  readonly modelSha: string;
  readonly calibrationSha: string;
  readonly testSha: string;
  readonly recipeHash: string;
  readonly calibrationSamples: number;
  /** undefined: all. */
  readonly testSamples: number | undefined;
}

export function keyOf(parts: KeyParts): string {
  const { modelSha, calibrationSha, testSha, recipeHash, calibrationSamples, testSamples = 'all' } = parts;
  const text = JSON.stringify([RESULTS_VERSION, modelSha, calibrationSha, testSha, recipeHash, calibrationSamples, testSamples]);
  return createHash('sha256').update(text).digest('hex');
}

export interface ResultCache {
  get(key: string): ResultRow | undefined;
  rows(): readonly ResultRow[];
  /** Written to the disk at once: a run may be ended at any time. */
  set(key: string, row: ResultRow): void;
}

/** A file that cannot be read, or is of another version, counts as empty. */
export function openCache(path: string): ResultCache {
  const rows = new Map<string, ResultRow>(Object.entries(stored(path)));
  return {
    get: (key) => rows.get(key),
    rows: () => [...rows.values()],
    set(key, row) {
      // another run may have written meanwhile
      for (const [k, r] of Object.entries(stored(path))) if (!rows.has(k)) rows.set(k, r);
      rows.set(key, row);
      mkdirSync(dirname(path), { recursive: true });
      const file = { version: RESULTS_VERSION, rows: Object.fromEntries(rows) };
      writeFileSync(
        `${path}.part`,
        JSON.stringify(file, (_, v: unknown) => (v === Infinity ? 'Infinity' : v)),
      );
      renameSync(`${path}.part`, path);
    },
  };
}

function stored(path: string): Readonly<Record<string, ResultRow>> {
  if (!existsSync(path)) return {};
  try {
    const file = JSON.parse(readFileSync(path, 'utf8'), (_, v: unknown) => (v === 'Infinity' ? Infinity : v)) as {
      readonly version?: number;
      readonly rows?: Readonly<Record<string, ResultRow>>;
    };
    return file.version === RESULTS_VERSION ? (file.rows ?? {}) : {};
  } catch {
    return {};
  }
}
