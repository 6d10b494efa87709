/**
 * What a plugin answers, checked at every call: parameters of quantizers, lists of numbers. A fault is `bad-plugin` and names the
 * entry. Checks form and range, not sense: whether the two paths agree is the battery's question.
 */
import { StudioError } from '../base/errors';
import type { QuantInfo } from '../ir/integer-model';
import type { Scheme } from '../quant/quantizer';

const SMALLEST_SCALE = 1.1754943508222875e-38;

export function fault(entry: string, what: string, more: { readonly expected?: string; readonly got?: string } = {}): StudioError {
  return new StudioError({ code: 'bad-plugin', what: `The plugin's ${entry} ${what}`, ...more });
}

/** What a quantizer is fitted to. */
export interface Fitted {
  readonly scheme: Scheme;
  /** Of weights. */
  readonly channels?: { readonly axis: number; readonly count: number };
}

const shown = (value: unknown): string => (JSON.stringify(value) ?? 'undefined').slice(0, 80);

function integer(value: unknown, entry: string, name: string, least: number, most: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most) return value + 0;
  throw fault(entry, `gives a quantizer with an unusable ${name}`, {
    expected: `a whole number from ${least} to ${most}`,
    got: shown(value),
  });
}

/** Numbers as float32 scales. */
function scalesOf(value: unknown, entry: string, count: number): Float32Array {
  const list = typeof value === 'number' ? [value] : value instanceof Float32Array || value instanceof Float64Array ? value : value;
  const isList = Array.isArray(list) || list instanceof Float32Array || list instanceof Float64Array;
  const scales = Float32Array.from(isList ? (list as ArrayLike<number>) : [], Number);
  if (!isList || scales.length !== count)
    throw fault(entry, 'gives a quantizer whose scales do not fit its axis', { expected: `${count} of them`, got: `${scales.length}` });
  const at = scales.findIndex((s) => !(s >= SMALLEST_SCALE && Number.isFinite(s)));
  if (at >= 0)
    throw fault(entry, 'gives an unusable scale', { expected: 'a positive normal float32', got: `${scales[at]} at index ${at}` });
  return scales;
}

/** Throws `bad-plugin`. */
export function checkedParams(answer: unknown, entry: string, { scheme, channels }: Fitted): QuantInfo {
  if (typeof answer !== 'object' || answer === null)
    throw fault(entry, 'gives no quantizer', { expected: 'an object', got: shown(answer) });
  const q = answer as Readonly<Record<string, unknown>>;
  if (typeof q['signed'] !== 'boolean') throw fault(entry, 'gives a quantizer without `signed`', { got: shown(q['signed']) });
  const signed = q['signed'];
  if (q['codebook'] !== undefined && !channels)
    throw fault(entry, 'gives activations a codebook', { expected: 'an even grid, which the layer before requantizes to' });
  const codes = codebookOf(q['codebook'], entry, scheme.bits);
  const most = channels ? Math.max(8, scheme.bits) : scheme.bits;
  const bits = integer(q['bits'], entry, 'bits', channels ? 2 : scheme.bits, most);
  const lowest = signed ? -(2 ** (bits - 1)) : 0;
  const lo = integer(q['lo'], entry, 'lo', lowest, 0);
  const hi = integer(q['hi'], entry, 'hi', Math.max(1, lo + 1), lowest + 2 ** bits - 1);
  const zeroPoint = channels
    ? integer(q['zeroPoint'] ?? 0, entry, 'zeroPoint', 0, 0)
    : integer(q['zeroPoint'] ?? 0, entry, 'zeroPoint', lo, hi);
  if (channels && (!signed || lo === 0)) throw fault(entry, 'gives unsigned weights', { expected: 'signed ones, around 0' });
  const axis = q['axis'];
  if (axis !== undefined && (axis !== channels?.axis || scheme.granularity === 'tensor'))
    throw fault(entry, 'gives scales along an axis that has none', { expected: axisText(channels, scheme), got: shown(axis) });
  const scale = scalesOf(q['scale'], entry, axis === undefined ? 1 : (channels?.count ?? 1));
  const outside = codes?.table.find((t) => t < lo || t > hi);
  if (outside !== undefined) throw fault(entry, 'gives a code outside of its range', { expected: `${lo} to ${hi}`, got: String(outside) });
  if (codes && !codes.table.includes(zeroPoint))
    throw fault(entry, 'gives a codebook without 0', {
      expected: `${zeroPoint} among its integers`,
      got: codes.table.join(', ').slice(0, 80),
    });
  return {
    ...{ bits, signed, scale, axis: axis === undefined ? undefined : channels?.axis, zeroPoint, lo, hi },
    ...(codes ? { codebook: codes } : {}),
  };
}

function axisText(channels: Fitted['channels'], { granularity }: Scheme): string {
  return channels && granularity !== 'tensor' ? `none, or ${channels.axis} (the output channels)` : 'none';
}

function codebookOf(value: unknown, entry: string, most: number): QuantInfo['codebook'] {
  if (value === undefined) return undefined;
  const { bits, table } = (typeof value === 'object' && value !== null ? value : {}) as {
    readonly bits?: unknown;
    readonly table?: unknown;
  };
  const width = integer(bits, entry, "codebook's bits", 1, most);
  const list = Array.isArray(table) || table instanceof Int32Array ? Array.from(table as ArrayLike<unknown>) : [];
  if (list.length < 2 || list.length > 2 ** width)
    throw fault(entry, 'gives a code table of unusable length', { expected: `2 to ${2 ** width} integers`, got: `${list.length}` });
  return { bits: width, table: list.map((t) => integer(t, entry, 'code', -32768, 65535)) };
}

/** Throws `bad-plugin`. The type is the law: another one is not converted. */
export function checkedIntegers(answer: unknown, entry: string, length: number, q: QuantInfo): Int32Array {
  if (!(answer instanceof Int32Array) || answer.length !== length)
    throw fault(entry, 'gives something else than integers', { expected: `Int32Array of ${length}`, got: formOf(answer) });
  const allowed = q.codebook && new Set(q.codebook.table);
  for (let i = 0; i < answer.length; i++) {
    const n = answer[i] as number;
    if (n < q.lo || n > q.hi)
      throw fault(entry, 'gives an integer outside of its range', { expected: `${q.lo} to ${q.hi}`, got: `${n} at index ${i}` });
    if (allowed && !allowed.has(n))
      throw fault(entry, 'gives an integer that is not in its code table', {
        expected: q.codebook?.table.join(', ') ?? '',
        got: `${n} at index ${i}`,
      });
  }
  return answer;
}

/** Throws `bad-plugin`. */
export function checkedFloats<A extends Float32Array | Float64Array>(
  answer: unknown,
  entry: string,
  length: number,
  type: { new (length: number): A; readonly name: string },
): A {
  if (!(answer instanceof type) || answer.length !== length)
    throw fault(entry, 'gives something else than numbers', { expected: `${type.name} of ${length}`, got: formOf(answer) });
  for (let i = 0; i < answer.length; i++) {
    const x = answer[i] as number;
    if (x - x !== 0) throw fault(entry, 'gives a number that is not finite', { got: `${x} at index ${i}` });
  }
  return answer;
}

function formOf(answer: unknown): string {
  if (answer === null || typeof answer !== 'object') return String(answer).slice(0, 80);
  const { length } = answer as { readonly length?: unknown };
  return typeof length === 'number' ? `${answer.constructor.name} of ${length}` : answer.constructor.name;
}
