/**
 * Runs in the sandbox's worker: no single array of a plugin is larger than 1 GB. It gives words to a mistake; what a plugin takes in
 * many pieces ends with its deadline, and with its own process where frames have one.
 */
const LARGEST = 2 ** 30;

const names = [
  'ArrayBuffer',
  ...['Int8Array', 'Uint8Array', 'Uint8ClampedArray', 'Int16Array', 'Uint16Array', 'Int32Array', 'Uint32Array'],
  ...['Float32Array', 'Float64Array', 'BigInt64Array', 'BigUint64Array'],
];

export function limitMemory(scope: object): void {
  for (const name of names) {
    const original = (scope as Readonly<Record<string, unknown>>)[name] as {
      new (...args: unknown[]): unknown;
      BYTES_PER_ELEMENT?: number;
      prototype: object;
    };
    const size = original.BYTES_PER_ELEMENT ?? 1;
    const limited = new Proxy(original, {
      construct(target, args: unknown[], newTarget) {
        const [length, options] = args;
        const most = (options as { readonly maxByteLength?: unknown } | undefined)?.maxByteLength;
        for (const wanted of [length, most]) {
          if (typeof wanted === 'number' && wanted * size > LARGEST)
            throw new RangeError(`${name} of ${(wanted * size) / 1e9} GB: a plugin has 1 GB for an array`);
        }
        return Reflect.construct(target, args, newTarget) as object;
      },
    });
    Reflect.defineProperty(original.prototype, 'constructor', { value: limited, configurable: true, writable: true });
    Reflect.defineProperty(scope, name, { value: limited, configurable: true, writable: true });
  }
}
