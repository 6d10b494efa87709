/**
 * What a search for layers means: words, all of which must be found in title, name, operator, tag or shape, types (`int4`, `uint8`,
 * `float32`), and conditions on numbers: `conv 3x3 sqnr<20 macs>=1M`. A condition that is not finished yet (`sqnr<`) hides nothing. Pure.
 */
import type { GraphCard, LayerReport } from '../../../engine/api';
import { layerNumbers, numberIds, type NumberId } from '../../../store/layer-numbers';

export type LayerTest = (card: GraphCard, report: LayerReport | undefined) => boolean;

const short: Readonly<Record<string, NumberId>> = { acc: 'accumulator', clipped: 'clip', act: 'activations', w: 'weights' };
const factors: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, g: 1e9, '%': 0.01 };

/** `int8` is not found in `uint8`. */
const dtype = /^(u?int\d+|b?float\d+|bool)$/;

const condition = /^([a-z]+)(<=|>=|<|>|=)(-?\d*\.?\d*)([kmg%]?)$/;

export function layerQuery(query: string): LayerTest {
  const tests = query
    .toLowerCase()
    .replaceAll('×', 'x')
    .split(/\s+/)
    .filter((word) => word !== '')
    .map(testOf);
  return (card, report) => tests.every((test) => test(card, report));
}

function testOf(word: string): LayerTest {
  const [, name = '', sign = '', digits = '', suffix = ''] = condition.exec(word) ?? [];
  const id = numberIds.find((n) => n === name) ?? short[name];
  if (id === undefined && dtype.test(word)) return (card, report) => typesOf(card, report).includes(word) || namesOf(card).includes(word);
  if (id === undefined) return (card) => textOf(card).includes(word);
  if (digits === '' || Number.isNaN(Number(digits))) return () => true;
  const limit = Number(digits) * (factors[suffix] ?? 1);
  return (card, report) => {
    const value = layerNumbers[id].value(card, report);
    return value !== undefined && holds(value, sign, limit);
  };
}

function holds(value: number, sign: string, limit: number): boolean {
  switch (sign) {
    case '<':
      return value < limit;
    case '<=':
      return value <= limit;
    case '>':
      return value > limit;
    case '>=':
      return value >= limit;
    default:
      return value === limit;
  }
}

/** After a conversion those of its integers. */
const typesOf = (card: GraphCard, report: LayerReport | undefined): readonly string[] => report?.dtypes ?? [card.dtype];

function textOf(card: GraphCard): string {
  const shapes = [...card.inputShapes, card.outputShape].map((shape) => shape.join('x'));
  return [namesOf(card), ...shapes].join(' ');
}

const namesOf = ({ title, id, op, tags }: GraphCard): string => [title, id, op, ...tags].join(' ').toLowerCase().replaceAll('×', 'x');
