/**
 * The columns of the comparison as the page shows them: those of the core's table that fit a screen, how their numbers are
 * written, what they mean. Not shown are the parts that the name of a recipe tells already; the CSV has all.
 */
import { columns, type Column, type RecipeRow } from '../../../core/recipe/recipe-table';
import { dbText, durationText, realText } from '../../charts/format';
import type { NumberDefinition } from '../../kit/tooltip';
import { definitions } from '../inspect/definitions';
import { memorySizeText } from '../../../core/analysis/hardware/memory-size';

export interface ShownColumn {
  readonly column: Column;
  readonly title: string;
  readonly unit: string | undefined;
  readonly definition: NumberDefinition;
  /** Needs labels in the test data. */
  readonly labels: boolean;
}

const about: readonly (readonly [id: string, title: string, unit: string | undefined, definition: NumberDefinition, labels?: true])[] = [
  [
    'intTop1',
    'Integer',
    '%',
    {
      ...definitions.top1,
      title: 'Integer top-1',
      what: 'Share of test samples that the integer model classifies as labelled, exactly as the chip.',
    },
    true,
  ],
  [
    'fakeTop1',
    'Fake',
    '%',
    {
      title: 'Fake-quantized top-1',
      what: 'The same in float on the integer grid: what most papers tell.',
      good: 'Equal to the integer one.',
    },
    true,
  ],
  ['fp32Top1', 'FP32', '%', { title: 'FP32 top-1', what: 'The original model on the same samples.' }, true],
  ['agreement', 'Agreement', '%', definitions.agreement],
  ['kl', 'KL', 'nat', definitions.kl],
  ['logitsSqnrDb', 'SQNR', 'dB', definitions.logitsSqnrDb],
  ['weightBytes', 'Size', undefined, { title: 'Weight bytes', what: 'What the integer weights take, packed to their bits.' }],
  [
    'convertMs',
    'Time',
    undefined,
    {
      title: 'Time to convert',
      what: 'Learning, planning and lowering; without the calibration, which all recipes share, and without the test.',
    },
  ],
];

const column = (id: string): Column => columns.find((c) => c.id === id) as Column; // ids of the core's list, a test holds it

export const shownColumns: readonly ShownColumn[] = about.map(([id, title, unit, definition, labels]) => ({
  column: column(id),
  title,
  unit,
  definition,
  labels: labels === true,
}));

export const nameColumn = column('recipe');
export const bitsColumn = column('wbits');

/** Without its unit, which stands in the head where it is the same for all. */
export function cellText(c: Column, row: RecipeRow): string {
  const value = c.value(row);
  if (typeof value !== 'number') return value ?? '–';
  switch (c.unit) {
    case 'share':
      return (value * 100).toFixed(2);
    case 'nat':
      return realText(Number(value.toPrecision(3)));
    case 'dB':
      return dbText(value);
    case 'byte':
      return memorySizeText(value);
    case 'ms':
      return durationText(value);
    case 'bit':
    case 'count':
    case 'text':
      return String(value);
    default:
      return c.unit satisfies never;
  }
}

/** A row against the baseline in one column, with its sign and whether it is better; undefined where there is nothing to compare. */
export function difference(
  c: Column,
  row: RecipeRow,
  baseline: RecipeRow | undefined,
): { readonly text: string; readonly tone: 'better' | 'worse' | 'same' } | undefined {
  const value = c.value(row);
  const other = baseline === undefined ? floatOf(c, row) : c.value(baseline);
  if (typeof value !== 'number' || typeof other !== 'number' || !Number.isFinite(value - other) || c.better === undefined) return undefined;
  const text = differenceText(c, value, other);
  if (text === undefined) return { text: '±0', tone: 'same' };
  return { text, tone: value > other === (c.better === 'high') ? 'better' : 'worse' };
}

/** What the float model has in a column. */
const floatOf = (c: Column, row: RecipeRow) => (c.id === 'intTop1' || c.id === 'fakeTop1' ? column('fp32Top1').value(row) : undefined);

/** undefined: not to be told apart. */
function differenceText(c: Column, value: number, other: number): string | undefined {
  const signed = (by: number, text: string) => (/[1-9∞]/.test(text) ? `${by > 0 ? '+' : '−'}${text}` : undefined);
  const by = value - other;
  switch (c.unit) {
    case 'share':
      return signed(by, Math.abs(by * 100).toFixed(2));
    case 'dB':
      return signed(by, Math.abs(by).toFixed(1));
    case 'nat':
    case 'byte':
    case 'ms':
      return ratioText(value, other);
    default:
      return signed(by, String(Math.abs(by)));
  }
}

/** Sizes and distances are compared as factors. */
function ratioText(value: number, other: number): string | undefined {
  if (!(value > 0) || !(other > 0)) return undefined;
  const text = (value / other).toPrecision(value / other >= 9.95 && value / other < 1000 ? 3 : 2);
  return Number(text) === 1 ? undefined : `× ${realText(Number(text))}`;
}
