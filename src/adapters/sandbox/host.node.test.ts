/** Laws of the host's end: whatever a sandbox says, or does not say, the host goes on and tells why. The inside is played here. */
import { MessageChannel, type MessagePort as NodePort } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';
import { createHost, lineIn, type SandboxHost } from './host';
import type { Alarm } from './protocol';

interface Call {
  readonly id: number;
  readonly method: string;
  readonly args: readonly unknown[];
}

/** `inside` gets each call and the port to answer on. */
function sandbox(
  inside: (call: Call, port: NodePort) => void,
  deadlineMs = 2000,
): { host: SandboxHost; closed: () => boolean; alarm: (a: Alarm) => void; port: NodePort } {
  const { port1, port2 } = new MessageChannel();
  port2.on('message', (call: Call) => inside(call, port2));
  let closed = false;
  let report: (a: Alarm) => void = () => undefined;
  const host = createHost(
    {
      port: port1 as unknown as MessagePort, // the same calls as the page's
      close: () => {
        closed = true;
        port2.close();
      },
      onAlarm: (r) => void (report = r),
    },
    { file: 'mine.ts', linesBefore: 3, deadlineMs, startMs: deadlineMs },
  );
  return { host, closed: () => closed, alarm: (a) => report(a), port: port2 };
}

const answering = (value: unknown) => sandbox(({ id }, port) => port.postMessage({ id, value }));

test('values and typed arrays cross, and what the caller has stays its own', async () => {
  const seen: Call[] = [];
  const { host } = sandbox((call, port) => {
    seen.push(call);
    port.postMessage({ id: call.id, value: { scale: Float32Array.of(0.5), list: [1, 'a', null] } });
  });
  const whole = Float32Array.of(1, 2, 3, 4);
  const answer = await host.call('weights.0.fit', [{ data: whole.subarray(1, 3), skip: () => 1 }], 'mine.fit');
  expect(answer).toEqual({ scale: Float32Array.of(0.5), list: [1, 'a', null] });
  expect(whole.length).toBe(4);
  const [given] = seen[0]?.args as [{ data: Float32Array }];
  expect([given.data, given.data.buffer.byteLength, 'skip' in given]).toEqual([Float32Array.of(2, 3), 8, false]);
  host.close();
});

test('calls go in one by one, in order', async () => {
  let running = 0;
  let most = 0;
  const { host } = sandbox(({ id, args }, port) => {
    most = Math.max(most, ++running);
    setTimeout(() => {
      running--;
      port.postMessage({ id, value: args[0] });
    }, 5);
  });
  expect(await Promise.all([1, 2, 3].map((n) => host.call('f', [n], 'f')))).toEqual([1, 2, 3]);
  expect(most).toBe(1);
  host.close();
});

test('an error has its message and the line of the plugin, and the next call works', async () => {
  let n = 0;
  const { host } = sandbox(({ id }, port) =>
    port.postMessage(
      n++ === 0
        ? { id, error: { message: 'boom', stack: 'Error: boom\n    at fit (blob:null/1-2:10:7)\n at blob:null/1-2:2:1' } }
        : { id, value: 1 },
    ),
  );
  await expect(host.call('f', [], 'mine.fit')).rejects.toMatchObject({
    fields: { code: 'bad-plugin', what: 'mine.fit failed', got: 'boom', where: { file: 'mine.ts', line: 7 } },
  });
  expect(await host.call('f', [], 'mine.fit')).toBe(1);
  host.close();
});

test('a call without an answer ends the sandbox, is named, and so are those behind it', async () => {
  const { host, closed } = sandbox(() => undefined, 60);
  const first = host.call('f', [], 'mine.fit');
  const second = host.call('g', [], 'mine.quantize');
  await expect(first).rejects.toMatchObject({ fields: { what: 'mine.fit did not answer within 0.1 s' } });
  await expect(second).rejects.toMatchObject({ fields: { what: 'mine.fit did not answer within 0.1 s' } });
  expect([closed(), host.isClosed]).toEqual([true, true]);
});

test('messages that nobody asked for end it', async () => {
  const { host, closed } = sandbox(({ id }, port) => {
    for (let i = 0; i < 1000; i++) port.postMessage({ id: -1, value: i });
    port.postMessage({ id, value: 1 });
  });
  await expect(host.call('f', [], 'mine.fit')).rejects.toMatchObject({
    fields: { what: 'The plugin sent messages that nobody asked for, and was stopped' },
  });
  expect(closed()).toBe(true);
});

test('so does an answer that comes twice', async () => {
  const { host, port } = sandbox(({ id }, p) => p.postMessage({ id, value: 1 }));
  expect(await host.call('f', [], 'mine.fit')).toBe(1);
  port.postMessage({ id: 1, value: 2 });
  await expect.poll(() => host.isClosed).toBe(true);
  await expect(host.call('f', [], 'mine.fit')).rejects.toMatchObject({ fields: { code: 'bad-plugin' } });
});

test('a worker that cannot start is told with its line', async () => {
  const { host, alarm } = sandbox(() => undefined);
  const call = host.call('describe', [], 'The plugin');
  await new Promise((r) => setTimeout(r, 5));
  alarm({ message: 'SyntaxError: x', line: 8, column: 1 });
  await expect(call).rejects.toMatchObject({
    fields: { what: 'The plugin cannot be run', got: 'SyntaxError: x', where: { file: 'mine.ts', line: 5 } },
  });
});

describe('answers of no usable form are refused', () => {
  const deep = (n: number): unknown => (n === 0 ? 1 : [deep(n - 1)]);
  const cases: readonly (readonly [string, unknown])[] = [
    ['a map', new Map([[1, 2]])],
    ['a big integer', 1n],
    ['another typed array', new Int8Array(2)],
    ['a part of a larger buffer', new Float32Array(8).subarray(2)],
    ['a date', new Date(0)],
    ['too deep', deep(20)],
    ['too much', Array.from({ length: 200_000 }, () => 1)],
  ];
  for (const [name, value] of cases) {
    test(name, async () => {
      const { host } = answering(value);
      await expect(host.call('f', [], 'mine.fit')).rejects.toMatchObject({ fields: { code: 'bad-plugin' } });
      host.close();
    });
  }

  test('a key that would be a prototype is left out', async () => {
    const { host } = answering(JSON.parse('{"a": 1, "__proto__": {"polluted": true}}'));
    const answer = (await host.call('f', [], 'mine.fit')) as object;
    expect([Object.keys(answer), 'polluted' in answer, 'polluted' in {}]).toEqual([['a'], false, false]);
    host.close();
  });
});

test('lines before the plugin are ours and never named', () => {
  expect(lineIn('at blob:null/a:2:3', 3)).toBeUndefined();
  expect(lineIn('at https://x/y.js:9:3', 3)).toBeUndefined();
});
