import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { defaultRecipe } from './recipe';
import { bestOf, columns, csvOf, sortedBy, type Column, type RecipeResult, type RecipeRow } from './recipe-table';

const result: RecipeResult = {
  samples: 100,
  fp32Top1: 0.9,
  fakeTop1: 0.88,
  intTop1: 0.87,
  agreement: 0.95,
  fakeIntAgreement: 0.99,
  kl: 0.01,
  logitsSqnrDb: 25,
  weightBytes: 1000,
  islands: 0,
  convertMs: 40,
  evaluateMs: 900,
  warnings: [],
};
const row = (id: string, change: Partial<RecipeResult> = {}): RecipeRow => ({
  id,
  name: `Recipe ${id}`,
  recipe: defaultRecipe,
  outcome: { kind: 'done', result: { ...result, ...change } },
});
const failed = (id: string): RecipeRow => ({ id, name: id, recipe: defaultRecipe, outcome: { kind: 'failed', reason: 'no, "really"' } });
const column = (id: string): Column => columns.find((c) => c.id === id) as Column; // ids as in the list

/** A reader of CSV after RFC 4180, by the letter. */
function parseCsv(text: string): string[][] {
  const rows: string[][] = [[]];
  let cell = '';
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const c = text[i] as string;
    if (quoted) {
      if (c !== '"') cell += c;
      else if (text[i + 1] === '"') cell += text[++i] as string;
      else quoted = false;
    } else if (c === '"') quoted = true;
    else if (c === ',' || c === '\r') {
      rows.at(-1)?.push(cell);
      cell = '';
    } else if (c === '\n') rows.push([]);
    else cell += c;
  }
  return rows.slice(0, -1);
}

const texts = fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', '\r', '=', ' ', 'é') });
const rowsOf = fc.array(
  fc.record({
    name: texts,
    kl: fc.double({ noNaN: true, min: 0, max: 10 }),
    top1: fc.option(fc.double({ noNaN: true, min: 0, max: 1 }), { nil: undefined }),
    fails: fc.boolean(),
  }),
  { maxLength: 12 },
);
const rowsFrom = (given: readonly { name: string; kl: number; top1: number | undefined; fails: boolean }[]): RecipeRow[] =>
  given.map(({ name, kl, top1, fails }, i) => ({ ...(fails ? failed(String(i)) : row(String(i), { kl, intTop1: top1 })), name }));

describe('the table of recipes', () => {
  test('columns have names of their own, and a failed row has those of its recipe only', () => {
    expect(new Set(columns.map((c) => c.id)).size).toBe(columns.length);
    const cells = columns.filter((c) => c.value(failed('a')) !== undefined).map((c) => c.id);
    expect(cells).toEqual(['recipe', 'weights', 'activations', 'wbits', 'abits', 'residualBits', 'corrections']);
  });

  test('the best is the highest or the lowest, with all its equals, and failed rows are never it', () => {
    const rows = [
      row('a', { kl: 0.3, intTop1: 0.8 }),
      row('b', { kl: 0.2, intTop1: 0.9 }),
      row('c', { kl: 0.2, intTop1: 0.1 }),
      failed('d'),
    ];
    expect([...bestOf(rows, column('kl'))]).toEqual(['b', 'c']);
    expect([...bestOf(rows, column('intTop1'))]).toEqual(['b']);
    expect([...bestOf(rows, column('fp32Top1'))]).toEqual([]);
    expect([...bestOf(rows, column('weightBytes'))]).toEqual([]);
    expect([...bestOf([], column('kl'))]).toEqual([]);
  });

  test('a result that is not finite is never the best', () => {
    expect([...bestOf([row('a', { logitsSqnrDb: Infinity }), row('b'), row('c', { logitsSqnrDb: 3 })], column('logitsSqnrDb'))]).toEqual([
      'b',
    ]);
  });

  test('sorting keeps every row, orders the values, and puts rows without one last', () => {
    fc.assert(
      fc.property(rowsOf, fc.constantFrom('kl', 'intTop1', 'recipe'), fc.boolean(), (given, id, descending) => {
        const rows = rowsFrom(given);
        const sorted = sortedBy(rows, column(id), descending);
        expect([...sorted].sort((a, b) => Number(a.id) - Number(b.id))).toEqual(rows);
        const values = sorted.map((r) => column(id).value(r));
        const known = values.filter((v) => v !== undefined);
        expect(values.slice(0, known.length)).toEqual(known);
        for (let i = 1; i < known.length; i++) {
          const [x, y] = (descending ? [known[i], known[i - 1]] : [known[i - 1], known[i]]) as [number, number];
          expect(x <= y).toBe(true);
        }
        expect(bestOf(sorted, column(id))).toEqual(bestOf(rows, column(id)));
      }),
    );
  });

  test('a CSV reader finds every cell again, whatever stands in the names', () => {
    fc.assert(
      fc.property(rowsOf, (given) => {
        const rows = rowsFrom(given);
        const [head, ...body] = parseCsv(csvOf(rows));
        expect(head).toEqual([...columns.map((c) => c.id), 'failed']);
        expect(body.length).toBe(rows.length);
        body.forEach((cells, i) => {
          const r = rows[i] as RecipeRow;
          columns.forEach((c, j) => {
            const value = c.value(r);
            const text = cells[j] as string;
            if (typeof value === 'number') expect(Number(text)).toBe(value);
            else if (value === undefined) expect(text).toBe('');
            else expect(text).toBe(/^[=+@-]/.test(value) ? `'${value}` : value);
          });
          expect(cells.at(-1)).toBe(r.outcome.kind === 'failed' ? r.outcome.reason : '');
        });
      }),
    );
  });
});
