// What docs/RESULTS.md says follows from the rows: made-up ones here, so that every kind of comment is seen.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { RecipeResult } from '../src/core/recipe/recipe-table';
import { keyOf, openCache, RESULTS_VERSION, type ResultRow } from './results-cache';
import { resultsText } from './results-text';

const models = [
  { id: 'a', title: 'Net A' },
  { id: 'b', title: 'Net B' },
];
const presets = [
  { id: 'base', title: 'Base' },
  { id: 'good', title: 'Good' },
  { id: 'bad', title: 'Bad' },
  { id: 'same', title: 'Same' },
];
const result = (intTop1: number, change: Partial<RecipeResult> = {}): RecipeResult => ({
  samples: 2000,
  fp32Top1: 0.9,
  fakeTop1: intTop1,
  intTop1,
  agreement: 0.97,
  fakeIntAgreement: 1,
  kl: 0.01,
  logitsSqnrDb: 20,
  weightBytes: 89_200,
  islands: 0,
  convertMs: 1500,
  evaluateMs: 1,
  warnings: [],
  ...change,
});
const row = (model: string, preset: string, intTop1: number, change: Partial<RecipeResult> = {}, bits = '4/4/8'): ResultRow => ({
  model,
  preset,
  bits,
  seed: 0,
  calibrationSamples: 250,
  testSamples: 2000,
  whole: true,
  outcome: { kind: 'done', result: result(intTop1, change) },
});
const rows = [
  row('a', 'base', 0.85),
  row('b', 'base', 0.86),
  row('a', 'good', 0.89, { logitsSqnrDb: 26 }),
  row('b', 'good', 0.855),
  row('a', 'bad', 0.8),
  row('b', 'bad', 0.86),
  row('a', 'same', 0.851),
  row('b', 'same', 0.86),
];
const text = (some: readonly ResultRow[], bits = ['4/4/8']) => resultsText({ models, presets, bits, expected: bits, rows: some });

describe('the document', () => {
  test('says of each recipe what it gains, costs or does not change, with the exceptions by name', () => {
    const all = text(rows);
    expect(all).toContain('- **Good**: At W4A4 it gains 1.75 points on 2 networks, +3.00 dB of logits SQNR; it loses on Net B (-0.50).');
    expect(all).toContain('- **Bad**: At W4A4 it **does not help**: it costs 2.50 points on 2 networks, 0.00 dB of logits SQNR.');
    expect(all).toContain('- **Same**: At W4A4 it makes no difference to top-1 on 2 networks (+0.05), 0.00 dB of logits SQNR.');
    expect(all).not.toContain('Not run yet');
  });

  test('has a table a network with the best in bold, and one of means', () => {
    const all = text(rows);
    expect(all).toContain('FP32 90.00 % of 2000 test samples; 250 calibration samples; seed 0.');
    expect(all).toContain('| Good | W4A4 | 89.00 | **89.00** | -1.00 | 97.00 | 1.0e-2 | 26.0 | 89 kB | 1.5 s |');
    expect(all).toContain('| Good | -2.75 |');
    expect(all.match(/\*\*8\d\.\d\d\*\*/g)).toHaveLength(4); // one of Net A, three share that of Net B
  });

  test('tells only of whole test sets, and says by name what was not run', () => {
    const part = rows.filter((r) => r.model === 'a').map((r) => (r.preset === 'bad' ? { ...r, whole: false } : r));
    const all = text(part, ['4/4/8', '8/8/8']);
    expect(all).not.toContain('| Bad |');
    expect(all).toContain('- whole networks: Net B');
    expect(all).toContain('- Net A: Base at W8A8; Good at W8A8; Bad; Same at W8A8');
    expect(all).not.toContain('## Net B');
  });

  test('a failed row is listed with its reason, float operators are told, and labels may be missing', () => {
    const failed: ResultRow = { ...row('a', 'bad', 0), outcome: { kind: 'failed', reason: 'no room' } };
    const all = text([
      row('a', 'base', 0.85, { islands: 2 }),
      failed,
      row('a', 'good', 0, { intTop1: undefined, fp32Top1: undefined, fakeTop1: undefined }),
    ]);
    expect(all).toContain('- a, bad, W4A4: no room');
    expect(all).toContain('| Base (2 operators in float) |');
    expect(all).toContain('| Good | W4A4 | - | - | - |');
    expect(all).not.toMatch(/NaN|undefined/);
  });

  test('nothing at all is a document that says so', () => {
    expect(text([])).toContain('- whole networks: Net A; Net B');
  });
});

describe('the cache', () => {
  const folder = mkdtempSync(join(tmpdir(), 't2c-results-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const parts = { modelSha: 'm', calibrationSha: 'c', testSha: 't', recipeHash: 'r', calibrationSamples: 250, testSamples: undefined };

  test('gives rows back as they were, also those another run wrote meanwhile', () => {
    const path = join(folder, 'rows.json');
    const [one, two] = [openCache(path), openCache(path)];
    const infinite = row('a', 'base', 0.9, { logitsSqnrDb: Infinity });
    one.set('k1', infinite);
    two.set('k2', row('b', 'base', 0.8));
    const again = openCache(path);
    expect(again.get('k1')).toEqual(infinite);
    expect(again.get('k2')).toEqual(row('b', 'base', 0.8));
    expect(again.rows()).toHaveLength(2);
  });

  test('a file that is damaged or of another version is empty', () => {
    const path = join(folder, 'other.json');
    for (const bytes of ['{', JSON.stringify({ version: RESULTS_VERSION + 1, rows: { k: row('a', 'base', 1) } })]) {
      writeFileSync(path, bytes);
      expect(openCache(path).get('k')).toBeUndefined();
    }
  });

  test('every part of what the numbers depend on changes the key', () => {
    const keys = [
      parts,
      { ...parts, modelSha: 'x' },
      { ...parts, calibrationSha: 'x' },
      { ...parts, testSha: 'x' },
      { ...parts, recipeHash: 'x' },
      { ...parts, calibrationSamples: 9 },
      { ...parts, testSamples: 9 },
    ].map(keyOf);
    expect(new Set(keys).size).toBe(keys.length);
  });
});
