/**
 * The flags of one call as typed values: parsed here, once. Everything that is not understood is `bad-usage` and
 * names the flag.
 */
import { StudioError } from '../core/index';

export interface Flags {
  has(name: string): boolean;
  flag(name: string): boolean;
  text(name: string): string | undefined;
  required(name: string): string;
  /** A flag that may be given more than once. */
  texts(name: string): readonly string[];
  integer(name: string, least: number, most?: number): number | undefined;
  /** `0.485,0.456,0.406` */
  numbers(name: string): readonly number[] | undefined;
  choice<T extends string>(name: string, choices: readonly T[]): T | undefined;
}

export function badUsage(
  what: string,
  more: { readonly expected?: string; readonly got?: string; readonly todo?: string } = {},
): StudioError {
  return new StudioError({ code: 'bad-usage', what, ...more });
}

/** `options` as cac gives them: camel-cased, numbers already parsed where a value looks like one. */
export function flagsOf(options: Readonly<Record<string, unknown>>): Flags {
  const key = (name: string): string => name.replace(/-([a-z])/g, (_, c: string) => c.toUpperCase());
  const texts = (name: string): readonly string[] => {
    const value = options[key(name)];
    if (value === undefined || value === false) return [];
    return (Array.isArray(value) ? (value as unknown[]) : [value]).map((v) => {
      if (typeof v === 'string' || typeof v === 'number') return asWritten(String(v));
      throw badUsage(`--${name} has no value`, { todo: 'Run the command with --help.' });
    });
  };
  const text = (name: string): string | undefined => {
    const all = texts(name);
    if (all.length > 1) throw badUsage(`--${name} is given more than once`, { got: all.join(', ') });
    if (all[0] === '') throw badUsage(`--${name} has no value`, { todo: 'Run the command with --help.' });
    return all[0];
  };
  return {
    has: (name) => options[key(name)] !== undefined && options[key(name)] !== false,
    flag: (name) => options[key(name)] === true,
    text,
    texts,
    required(name) {
      const value = text(name);
      if (value === undefined) throw badUsage(`--${name} is missing`, { todo: 'Run the command with --help.' });
      return value;
    },
    integer(name, least, most = Number.MAX_SAFE_INTEGER) {
      const value = text(name);
      if (value === undefined) return undefined;
      // not 0x4 or 1e1: what a script builds by mistake should not pass
      const n = /^\d+$/.test(value) ? Number(value) : NaN;
      if (Number.isSafeInteger(n) && n >= least && n <= most) return n;
      const expected = most === Number.MAX_SAFE_INTEGER ? `a whole number from ${least} on` : `a whole number from ${least} to ${most}`;
      throw badUsage(`--${name} is not usable`, { expected, got: value });
    },
    numbers(name) {
      const value = text(name);
      if (value === undefined) return undefined;
      const parts = value.split(',').map((p) => p.trim());
      const numbers = parts.map(Number);
      if (parts.every((p) => /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(p)) && numbers.every((n) => Number.isFinite(n))) return numbers;
      throw badUsage(`--${name} is not understood`, { expected: 'numbers with commas between them', got: value });
    },
    choice(name, choices) {
      const value = text(name);
      if (value === undefined) return undefined;
      const found = choices.find((c) => c === value);
      if (found !== undefined) return found;
      throw badUsage(`--${name} is not understood`, { expected: choices.join(' or '), got: value });
    },
  };
}

/** Stands before what cac would take for a number, so that a file called `1e3`, `007` or `` keeps its name. */
const AS_WRITTEN = '\u0000';

export const asWritten = (text: string): string => text.replaceAll(AS_WRITTEN, '');

/** Values as they were written: cac makes numbers of those that look like one. Give its options to `flagsOf`. */
export function keepValuesAsWritten(argv: readonly string[]): string[] {
  const kept = (value: string): string => (Number.isFinite(Number(value)) ? AS_WRITTEN + value : value);
  return argv.map((arg, i) => {
    const equals = arg.indexOf('=');
    if (arg.startsWith('--')) return equals < 0 ? arg : `${arg.slice(0, equals + 1)}${kept(arg.slice(equals + 1))}`;
    const before = argv[i - 1];
    return before?.startsWith('--') === true && !before.includes('=') ? kept(arg) : arg;
  });
}

/** A value that begins like a negative number belongs to the flag before it: `--mean -1,0` is `--mean=-1,0`. */
export function joinNegativeValues(argv: readonly string[]): string[] {
  const joined: string[] = [];
  for (const arg of argv) {
    const before = joined.at(-1);
    if (/^-[\d.]/.test(arg) && before?.startsWith('--') === true && !before.includes('=')) joined[joined.length - 1] = `${before}=${arg}`;
    else joined.push(arg);
  }
  return joined;
}
