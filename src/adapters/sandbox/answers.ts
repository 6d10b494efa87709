/**
 * What came out of a sandbox, looked at before anybody uses it: plain data and four kinds of typed arrays, in bounds, in new objects
 * that have no prototype of the sender's choosing. Form only; what a quantizer may answer is core/plugin/checks.ts.
 */
export type CheckedAnswer =
  | { readonly kind: 'value'; readonly value: unknown }
  | { readonly kind: 'error'; readonly message: string; readonly stack: string }
  | { readonly kind: 'unreadable'; readonly what: string };

const MOST_DEPTH = 12;
const MOST_NODES = 100_000;
const typed = [Float32Array, Float64Array, Int32Array, Uint8Array] as const;

class Unreadable extends Error {}

export function checkedAnswer(answer: unknown): CheckedAnswer {
  if (typeof answer !== 'object' || answer === null) return { kind: 'unreadable', what: 'no answer' };
  const { error } = answer as { readonly error?: unknown };
  if (error !== undefined) {
    const { message, stack } = (typeof error === 'object' && error !== null ? error : {}) as {
      readonly message?: unknown;
      readonly stack?: unknown;
    };
    return { kind: 'error', message: textOf(message, 500), stack: textOf(stack, 4000) };
  }
  try {
    return { kind: 'value', value: checkedValue((answer as { readonly value?: unknown }).value) };
  } catch (cause) {
    if (cause instanceof Unreadable) return { kind: 'unreadable', what: cause.message };
    throw cause;
  }
}

const textOf = (value: unknown, most: number): string => (typeof value === 'string' ? value.slice(0, most) : '');

function checkedValue(value: unknown): unknown {
  let nodes = 0;
  const walk = (v: unknown, depth: number): unknown => {
    if (++nodes > MOST_NODES) throw new Unreadable('too many values');
    if (depth > MOST_DEPTH) throw new Unreadable('too deep a value');
    if (v === null || v === undefined || typeof v === 'string' || typeof v === 'number' || typeof v === 'boolean') return v;
    if (typeof v !== 'object') throw new Unreadable(`a ${typeof v}`);
    if (typed.some((t) => v instanceof t)) {
      const { byteLength, buffer } = v as Float32Array; // or one of the others
      if (byteLength !== buffer.byteLength) throw new Unreadable('a part of a larger buffer');
      return v;
    }
    if (Array.isArray(v)) return v.map((x) => walk(x, depth + 1));
    if (ArrayBuffer.isView(v) || Object.getPrototypeOf(v) !== Object.prototype) throw new Unreadable(`a ${v.constructor.name}`);
    return Object.fromEntries(Object.entries(v).flatMap(([k, x]) => (k === '__proto__' ? [] : [[k, walk(x, depth + 1)]])));
  };
  return walk(value, 0);
}
