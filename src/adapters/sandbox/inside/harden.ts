/**
 * Runs in the sandbox's worker before a plugin does: takes away what is no plain computing, and freezes the language's own objects.
 * The wall is the policy of the frame (frame-text.ts), which holds without this; this gives words to what a plugin must not do.
 * Law: afterwards no plugin can reach the port, nor leave anything behind in a shared prototype.
 */

/** Of a worker's globals these stay, besides those of the language. */
const kept = new Set(['console', 'self', 'structuredClone', 'TextEncoder', 'TextDecoder', 'atob', 'btoa', 'undefined', 'NaN', 'Infinity']);

const network = [
  'fetch',
  'fetchLater',
  'XMLHttpRequest',
  'WebSocket',
  'WebSocketStream',
  'EventSource',
  'WebTransport',
  'importScripts',
  'navigator',
  'location',
];
const storage = ['indexedDB', 'caches', 'cookieStore', 'localStorage', 'sessionStorage'];
const others = [
  'postMessage',
  'close',
  'Worker',
  'SharedWorker',
  'BroadcastChannel',
  'MessageChannel',
  'setTimeout',
  'setInterval',
  'queueMicrotask',
];
const page = ['document', 'window', 'parent', 'top', 'frames'];

const reasons: readonly (readonly [readonly string[], string])[] = [
  [network, 'a plugin has no network'],
  [storage, 'a plugin has no storage'],
  [page, 'a plugin has no page'],
  [others, 'a plugin computes and answers, nothing else'],
];

/** Names that the language itself defines: found in a fresh list of what is enumerable nowhere, as the standard has it. */
const language = new Set(
  (
    'globalThis Object Function Array Number parseFloat parseInt Boolean String Symbol Date Promise RegExp Error AggregateError EvalError RangeError ' +
    'ReferenceError SyntaxError TypeError URIError JSON Math Intl ArrayBuffer Atomics Uint8Array Int8Array Uint16Array Int16Array Uint32Array ' +
    'Int32Array Float16Array Float32Array Float64Array Uint8ClampedArray BigUint64Array BigInt64Array DataView Map BigInt Set Iterator WeakMap ' +
    'WeakSet WeakRef FinalizationRegistry Proxy Reflect decodeURI decodeURIComponent encodeURI encodeURIComponent escape unescape eval isFinite isNaN'
  ).split(' '),
);

export function harden(scope: object): void {
  for (let from: object | null = scope; from !== null && from !== Object.prototype; from = Reflect.getPrototypeOf(from)) {
    for (const key of Reflect.ownKeys(from)) {
      if (typeof key === 'string' && (kept.has(key) || language.has(key))) continue;
      if (key === 'constructor' || key === Symbol.toStringTag) continue;
      Reflect.deleteProperty(from, key);
    }
  }
  for (const [names, why] of reasons) for (const name of names) refuse(scope, name, why);
  freezeLanguage(scope);
  Object.freeze(scope);
}

/** Whoever asks for it is told why it is not there. */
function refuse(scope: object, name: string, why: string): void {
  const gone = (): never => {
    throw new Error(`${name} is not there: ${why}`);
  };
  Reflect.defineProperty(scope, name, { get: gone, set: gone, configurable: false });
}

/** Everything that is reached from the language's globals, each object once. */
function freezeLanguage(scope: object): void {
  const seen = new Set<object>();
  const open: unknown[] = [...language].map((name) => (scope as Readonly<Record<string, unknown>>)[name]);
  // kinds that have no global name
  open.push(
    Object.getPrototypeOf(async () => undefined),
    Object.getPrototypeOf(function* () {}),
    Object.getPrototypeOf(async function* () {}),
    Object.getPrototypeOf([][Symbol.iterator]()),
    Object.getPrototypeOf(new Map()[Symbol.iterator]()),
    Object.getPrototypeOf(new Set()[Symbol.iterator]()),
    Object.getPrototypeOf(''[Symbol.iterator]()),
    Object.getPrototypeOf(''.matchAll(/x/g)),
  );
  while (open.length > 0) {
    const one = open.pop();
    if ((typeof one !== 'object' && typeof one !== 'function') || one === null || one === scope || seen.has(one)) continue;
    seen.add(one);
    open.push(Reflect.getPrototypeOf(one));
    for (const key of Reflect.ownKeys(one)) {
      const property = Reflect.getOwnPropertyDescriptor(one, key);
      open.push(property?.value, property?.get, property?.set);
    }
  }
  for (const one of seen) Object.freeze(one);
}
