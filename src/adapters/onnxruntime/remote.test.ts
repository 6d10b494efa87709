/** The remote runner over a MessageChannel in the place of a worker: only the worker and the runtime are made up. */
import { expose } from 'comlink';
import { describe, expect, test } from 'vitest';
import { CancelledError, StudioError } from '../../core/index';
import type { NamedTensor, Runner, RunnerSession } from '../../engine/ports';
import { remoteRunner } from './remote';
import { serveRunner } from './served';

const x: NamedTensor = { name: 'x', dtype: 'float32', shape: [2], data: new Float32Array([1, 2]) };
const options = { provider: 'wasm' } as const;

/** Doubles its feeds; a feed called `forever` never comes back, `bad` fails. */
const doubling: Runner = {
  providers: () => Promise.resolve(['wasm']),
  load: (model) => {
    if (model.length === 0) return Promise.reject(new StudioError({ code: 'runtime', what: 'Empty model', where: { file: 'm.onnx' } }));
    const session: RunnerSession = {
      threads: 3,
      run: ([feed]) => {
        if (feed?.name === 'forever') return new Promise(() => undefined);
        if (!(feed?.data instanceof Float32Array)) return Promise.reject(new Error('no feed'));
        return Promise.resolve([{ ...feed, name: 'y', data: feed.data.map((v) => 2 * v) }]);
      },
      close: () => Promise.resolve(),
    };
    return Promise.resolve(session);
  },
};

function workers() {
  const seen = { spawned: 0, terminated: 0, crash: (): void => undefined };
  const spawn = (): Worker => {
    seen.spawned++;
    const { port1, port2 } = new MessageChannel();
    expose(serveRunner(doubling), port2);
    const errors: ((e: { message: string }) => void)[] = [];
    seen.crash = () => errors.forEach((listen) => listen({ message: 'memory access out of bounds' }));
    port1.start();
    const worker = {
      postMessage: port1.postMessage.bind(port1),
      addEventListener: (type: string, listener: never) =>
        type === 'error' ? void errors.push(listener) : port1.addEventListener(type as 'message', listener),
      removeEventListener: port1.removeEventListener.bind(port1),
      terminate: () => {
        seen.terminated++;
        port1.close();
        port2.close();
      },
    };
    return worker as unknown as Worker; // the part of a Worker that the remote runner uses
  };
  return { seen, spawn };
}

describe('the remote runner', () => {
  test('is a runner like the one behind it', async () => {
    const { seen, spawn } = workers();
    const runner = remoteRunner(spawn);
    expect(await runner.providers()).toEqual(['wasm']);
    const session = await runner.load(new Uint8Array(4), options);
    expect(session.threads).toBe(3);
    const [y] = await session.run([x], ['y']);
    expect(y).toEqual({ ...x, name: 'y', data: new Float32Array([2, 4]) });
    expect(x.data).toEqual(new Float32Array([1, 2]));
    await session.close();
    expect(seen).toMatchObject({ spawned: 1, terminated: 0 });
    seen.crash();
  });

  test('errors keep their code and place', async () => {
    const { seen, spawn } = workers();
    const e: unknown = await remoteRunner(spawn)
      .load(new Uint8Array(0), options)
      .catch((cause: unknown) => cause);
    expect(e).toBeInstanceOf(StudioError);
    expect((e as StudioError).fields).toEqual({ code: 'runtime', what: 'Empty model', where: { file: 'm.onnx' } });
    seen.crash();
  });

  test('an aborted run ends the worker within a second; the next run loads the model in a new one', async () => {
    const { seen, spawn } = workers();
    const session = await remoteRunner(spawn).load(new Uint8Array(4), options);
    const abort = new AbortController();
    const busy = session.run([{ ...x, name: 'forever' }], ['y'], abort.signal);
    const began = performance.now();
    abort.abort();
    await expect(busy).rejects.toBeInstanceOf(CancelledError);
    expect(performance.now() - began).toBeLessThan(1000);
    expect(seen).toMatchObject({ spawned: 1, terminated: 1 });
    await expect(session.run([x], ['y'], abort.signal)).rejects.toBeInstanceOf(CancelledError);
    expect((await session.run([x], ['y']))[0]?.data[1]).toBe(4);
    expect(seen.spawned).toBe(2);
    seen.crash();
  });

  test('the death of the worker is an error of the call, and the next call has a new worker', async () => {
    const { seen, spawn } = workers();
    const session = await remoteRunner(spawn).load(new Uint8Array(4), options);
    const busy = session.run([{ ...x, name: 'forever' }], ['y']);
    seen.crash();
    await expect(busy).rejects.toThrow('memory access out of bounds');
    expect((await session.run([x], ['y']))[0]?.data[0]).toBe(2);
    seen.crash();
  });
});
