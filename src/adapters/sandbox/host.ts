/**
 * The host's end of one sandbox: calls in order, one at a time, each with a deadline. A sandbox that misses it, fails outside of a
 * call, or says what nobody asked for is closed for good, and whoever waits is told why. Law: whatever comes in, the host goes on.
 */
import { StudioError } from '../../core/index';
import { checkedAnswer } from './answers';
import type { Alarm, SandboxCall } from './protocol';

/** One sandbox as its opener hands it over. */
export interface Opened {
  readonly port: Pick<MessagePort, 'postMessage' | 'close' | 'onmessage' | 'onmessageerror'>;
  /** Ends the worker in the sandbox, whatever it does. */
  close(): void;
  /** Calls back at most once. */
  onAlarm(report: (alarm: Alarm) => void): void;
}

export interface HostOptions {
  /** For messages: the plugin's file. */
  readonly file: string;
  /** Lines of the worker's text before the plugin's first. */
  readonly linesBefore: number;
  /** For a call without large arguments. */
  readonly deadlineMs?: number;
  /** For `ready`, which waits for the sandbox itself. */
  readonly startMs?: number;
}

export interface SandboxHost {
  readonly isClosed: boolean;
  /** Throws `bad-plugin`. Typed arrays are copied: what the caller has stays its own. */
  call(method: string, args: readonly unknown[], name: string): Promise<unknown>;
  close(): void;
}

const DEADLINE_MS = 5000;
const START_MS = 20_000;
/** Plain loops of a plugin over a large layer take their time. */
const MS_PER_MEGABYTE = 500;

export function createHost(opened: Opened, options: HostOptions): SandboxHost {
  const { file, deadlineMs = DEADLINE_MS, startMs = START_MS } = options;
  let ended: StudioError | undefined;
  let waiting: { readonly id: number; readonly settle: (answer: unknown) => void; readonly fail: (e: StudioError) => void } | undefined;
  let last: Promise<unknown> = Promise.resolve();
  let count = 0;

  const bad = (what: string, more: { readonly got?: string; readonly expected?: string; readonly line?: number } = {}): StudioError => {
    const { line, ...fields } = more;
    return new StudioError({ code: 'bad-plugin', what, ...fields, where: { file, ...(line === undefined ? {} : { line }) } });
  };
  const end = (why: StudioError): void => {
    if (ended) return;
    ended = why;
    opened.port.onmessage = null;
    opened.port.close();
    opened.close();
    waiting?.fail(why);
    waiting = undefined;
  };
  opened.port.onmessage = ({ data }: MessageEvent<unknown>) => {
    const id = typeof data === 'object' && data !== null && 'id' in data ? data.id : undefined;
    if (!waiting || id !== waiting.id) {
      end(bad('The plugin sent messages that nobody asked for, and was stopped'));
      return;
    }
    const { settle } = waiting;
    waiting = undefined;
    settle(data);
  };
  opened.port.onmessageerror = () => end(bad('The plugin sent something that cannot be read, and was stopped'));
  opened.onAlarm(({ message, line }) => {
    const at = line - options.linesBefore;
    end(bad('The plugin cannot be run', { got: message, ...(at > 0 ? { line: at } : {}) }));
  });

  const ask = async (method: string, args: readonly unknown[], name: string): Promise<unknown> => {
    if (ended) throw ended;
    const { copy, transfer, bytes } = tightCopy(args);
    const allowed = method === 'ready' ? startMs : deadlineMs + Math.round((bytes / 2 ** 20) * MS_PER_MEGABYTE);
    const id = ++count;
    let timer: ReturnType<typeof setTimeout> | undefined;
    try {
      const answer = await new Promise<unknown>((settle, fail) => {
        waiting = { id, settle, fail };
        const seconds = `${Math.round(allowed / 100) / 10} s`;
        timer = setTimeout(() => end(bad(`${name} did not answer within ${seconds}`, { got: 'nothing: it was stopped' })), allowed);
        opened.port.postMessage({ id, method, args: copy } satisfies SandboxCall, transfer);
      });
      const checked = checkedAnswer(answer);
      if (checked.kind === 'value') return checked.value;
      if (checked.kind === 'unreadable') throw bad(`${name} answered with ${checked.what}`);
      const line = lineIn(checked.stack, options.linesBefore);
      throw bad(`${name} failed`, { got: checked.message, ...(line === undefined ? {} : { line }) });
    } finally {
      clearTimeout(timer);
    }
  };

  return {
    get isClosed() {
      return ended !== undefined;
    },
    call(method, args, name) {
      const mine = last.then(() => ask(method, args, name));
      last = mine.catch(() => undefined);
      return mine;
    },
    close: () => end(bad('The plugin was closed')),
  };
}

/** The first line of the plugin in a stack of the worker; its text has one address, `blob:...:line:column`. */
export function lineIn(stack: string, linesBefore: number): number | undefined {
  for (const [, text] of stack.matchAll(/blob:\S*?:(\d+):\d+/g)) {
    const line = Number(text) - linesBefore;
    if (line > 0) return line;
  }
  return undefined;
}

/** Typed arrays as arrays that fill their buffers, which are handed over; plain data as they are, functions left out. */
function tightCopy(args: readonly unknown[]): { copy: unknown[]; transfer: ArrayBuffer[]; bytes: number } {
  const transfer: ArrayBuffer[] = [];
  let bytes = 0;
  const walk = (v: unknown): unknown => {
    if (ArrayBuffer.isView(v)) {
      const array = (v as Float32Array<ArrayBuffer>).slice(); // every kind of typed array has it, DataView never comes here
      bytes += array.byteLength;
      transfer.push(array.buffer);
      return array;
    }
    if (Array.isArray(v)) return v.map(walk);
    if (typeof v === 'object' && v !== null)
      return Object.fromEntries(Object.entries(v).flatMap(([k, x]) => (typeof x === 'function' ? [] : [[k, walk(x)]])));
    return v;
  };
  return { copy: args.map(walk), transfer, bytes };
}
