import { expect, test } from 'vitest';
import { defaultRecipe } from '../../../core/recipe/recipe';
import type { RecipeResult, RecipeRow } from '../../../core/recipe/recipe-table';
import { cellText, difference, shownColumns } from './shown-columns';

const row = (change: Partial<RecipeResult> = {}): RecipeRow => ({
  id: 'a',
  name: 'A',
  recipe: defaultRecipe,
  outcome: {
    kind: 'done',
    result: {
      samples: 200,
      fp32Top1: 0.905,
      fakeTop1: 0.9,
      intTop1: 0.8975,
      agreement: 0.98,
      fakeIntAgreement: 1,
      kl: 0.0123456,
      logitsSqnrDb: 21.04,
      weightBytes: 89200,
      islands: 0,
      convertMs: 61_000,
      evaluateMs: 5,
      warnings: [],
      ...change,
    },
  },
});
const texts = (r: RecipeRow) => Object.fromEntries(shownColumns.map(({ column }) => [column.id, cellText(column, r)]));
const against = (r: RecipeRow, baseline: RecipeRow | undefined) =>
  Object.fromEntries(shownColumns.map(({ column }) => [column.id, difference(column, r, baseline)]));

test('every column is one of the core’s and writes its numbers without the unit of its head', () => {
  expect(texts(row())).toEqual({
    intTop1: '89.75',
    fakeTop1: '90.00',
    fp32Top1: '90.50',
    agreement: '98.00',
    kl: '0.0123',
    logitsSqnrDb: '21.0',
    weightBytes: '87.1 KiB',
    convertMs: '1 min 1 s',
  });
  const failed: RecipeRow = { ...row(), outcome: { kind: 'failed', reason: 'no' } };
  expect(new Set(Object.values(texts(failed)))).toEqual(new Set(['–']));
});

test('against FP32 only accuracies are compared, in points', () => {
  expect(against(row(), undefined)).toEqual({
    intTop1: { text: '−0.75', tone: 'worse' },
    fakeTop1: { text: '−0.50', tone: 'worse' },
  });
  expect(against(row({ intTop1: 0.905 }), undefined)['intTop1']).toEqual({ text: '±0', tone: 'same' });
});

test('against a row, more is better or worse as the column says; sizes and distances are factors', () => {
  const better = row({ intTop1: 0.9, kl: 0.00123456, logitsSqnrDb: 31.04, weightBytes: 178400, convertMs: 100 });
  expect(against(better, row())).toMatchObject({
    intTop1: { text: '+0.25', tone: 'better' },
    fakeTop1: { text: '±0', tone: 'same' },
    kl: { text: '× 0.1', tone: 'better' },
    logitsSqnrDb: { text: '+10.0', tone: 'better' },
    weightBytes: { text: '× 2', tone: 'worse' },
    convertMs: { tone: 'better' },
  });
  expect(against(better, row())['fp32Top1']).toBeUndefined();
});
