/**
 * The inside of the sandbox: loads the plugin when it is asked what it exports, and answers calls one by one. What it sends is a
 * copy: plain data and typed arrays that fill their buffers. It holds the port where no plugin reaches it.
 */
import { callPlugin, describePlugin } from '../../../core/plugin/remote';
import type { SandboxAnswer, SandboxCall } from '../protocol';
import { harden } from './harden';
import { limitMemory } from './limit-memory';

/** A plugin as a script: what it exports is put into `exports`. */
export type Factory = (exports: Record<string, unknown>, require: (name: string) => never) => void;

const MOST_DEPTH = 12;
const MOST_NODES = 100_000;
const MOST_BYTES = 2 ** 30;
const typed = [Float32Array, Float64Array, Int32Array, Uint8Array] as const;

/** Starts serving on the port that comes with the first message. */
export function serve(scope: DedicatedWorkerGlobalScope, factory: Factory): void {
  scope.onmessage = (first) => {
    const [port] = first.ports;
    if (port === undefined) return;
    scope.onmessage = null;
    const send = port.postMessage.bind(port);
    const { call } = Function.prototype;
    // uncurried before a plugin can change what `event.data` does
    const dataOf = call.bind(Object.getOwnPropertyDescriptor(MessageEvent.prototype, 'data')?.get as () => unknown) as (
      e: MessageEvent,
    ) => unknown;
    let exported: unknown;
    const answer = async ({ id, method, args }: SandboxCall): Promise<void> => {
      try {
        const value =
          method === 'ready'
            ? true
            : method === 'describe'
              ? describePlugin((exported = load(factory)))
              : await callPlugin(exported, method, args);
        const transfer: ArrayBuffer[] = [];
        const copy = copyOf(value, transfer);
        send({ id, value: copy } satisfies SandboxAnswer, transfer);
      } catch (error) {
        send({ id, error: wordsOf(error) } satisfies SandboxAnswer);
      }
    };
    port.onmessage = (event) => void answer(dataOf(event) as SandboxCall); // the other end is the host
    [MessagePort, MessageEvent, Event, EventTarget].forEach((c) => Object.freeze(c.prototype));
    limitMemory(scope);
    harden(scope);
  };
}

function load(factory: Factory): unknown {
  const exports: Record<string, unknown> = {};
  factory(exports, (name) => {
    throw new Error(`a plugin is one file and imports types only, not ${String(name).slice(0, 80)}`);
  });
  return exports['default'];
}

/** Tight copies of typed arrays go into `transfer`: what the plugin keeps of its own stays its own. */
function copyOf(value: unknown, transfer: ArrayBuffer[]): unknown {
  let nodes = 0;
  let bytes = 0;
  const walk = (v: unknown, depth: number): unknown => {
    if (++nodes > MOST_NODES || depth > MOST_DEPTH) throw new Error('the answer is too large or too deep');
    if (typeof v === 'string') {
      if (v.length > 2 ** 26) throw new Error('the answer holds too long a text');
      return v;
    }
    if (v === null || v === undefined || typeof v === 'number' || typeof v === 'boolean') return v;
    if (typeof v !== 'object') throw new Error(`the answer holds a ${typeof v}`);
    const kind = typed.find((t) => v instanceof t);
    if (kind) {
      const array = v as Float32Array; // or one of the other three
      bytes += array.byteLength;
      if (bytes > MOST_BYTES) throw new Error('the answer is larger than 1 GB');
      const copy = new kind(array);
      transfer.push(copy.buffer);
      return copy;
    }
    if (Array.isArray(v)) return v.length > MOST_NODES ? walk(Float64Array.from(v as number[]), depth) : v.map((x) => walk(x, depth + 1));
    if (ArrayBuffer.isView(v))
      throw new Error(`the answer holds a ${v.constructor.name}; there are Float32Array, Float64Array, Int32Array and Uint8Array`);
    return Object.fromEntries(Object.entries(v).map(([k, x]) => [k, walk(x, depth + 1)]));
  };
  return walk(value, 0);
}

function wordsOf(error: unknown): { message: string; stack: string } {
  try {
    const { message, stack } = error instanceof Error ? error : { message: String(error), stack: '' };
    return { message: String(message).slice(0, 500), stack: String(stack ?? '').slice(0, 4000) };
  } catch {
    return { message: 'something was thrown that has no words', stack: '' };
  }
}
