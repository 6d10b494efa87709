/** Laws of the worker RPC on a plain MessageChannel: what crosses it, cancelling, death. */
import { MessageChannel } from 'node:worker_threads';
import { expose } from 'comlink';
import nodeEndpoint from 'comlink/dist/umd/node-adapter.js';
import { describe, expect, test } from 'vitest';
import { CancelledError, StudioError } from '../../core/index';
import { connect, type Peer } from './client';
import type { CallJob } from './protocol';
import { serve } from './serve';

type Invoke = (method: string, args: readonly unknown[], job: CallJob<number>) => Promise<unknown>;

/** A peer whose other end runs `invoke` in this thread; `die` ends it from outside. */
function channel(invoke: Invoke, give: readonly string[] = []): { peer: Peer; die: () => void; ended: () => boolean } {
  const { port1, port2 } = new MessageChannel();
  expose(serve<number>(invoke, give), nodeEndpoint(port2));
  let report: (message: string) => void = () => undefined;
  let over = false;
  const terminate = () => {
    over = true;
    port1.close();
    port2.close();
  };
  return {
    peer: { endpoint: nodeEndpoint(port1), terminate, onDeath: (r) => void (report = r) },
    die: () => report('out of memory'),
    ended: () => over,
  };
}

const never = () => new Promise<never>(() => undefined);

describe('calls', () => {
  test('values, typed arrays and progress cross the boundary', async () => {
    const { peer } = channel(
      async (method, args, job) => {
        for (const p of [1, 2, 3]) job.onProgress?.(p);
        return { method, args, data: Float32Array.of(1.5, -0) };
      },
      ['sum'],
    );
    const rpc = connect<number>(() => peer);
    const seen: number[] = [];
    const result = await rpc.call('sum', [1, 'two'], { onProgress: (p) => void seen.push(p) });
    expect(result).toEqual({ method: 'sum', args: [1, 'two'], data: Float32Array.of(1.5, -0) });
    await expect.poll(() => seen).toEqual([1, 2, 3]);
    rpc.close();
  });

  test('a StudioError keeps every field, other errors become internal ones', async () => {
    const fields = { code: 'bad-data', what: 'No', expected: '1', got: '2', where: { sample: '7' }, todo: 'Look' } as const;
    const { peer } = channel(async (method) => {
      throw method === 'studio' ? new StudioError(fields) : new RangeError('boom');
    });
    const rpc = connect<number>(() => peer);
    await expect(rpc.call('studio', [])).rejects.toSatisfy(
      (e) => e instanceof StudioError && JSON.stringify(e.fields) === JSON.stringify(fields),
    );
    await expect(rpc.call('other', [])).rejects.toMatchObject({ fields: { code: 'internal', got: 'boom' } });
    rpc.close();
  });
});

describe('cancelling', () => {
  test('a call that listens stops and the worker lives on', async () => {
    const { peer, ended } = channel(
      (_, __, job) => new Promise((_resolve, reject) => job.signal?.addEventListener('abort', () => reject(new CancelledError()))),
    );
    const rpc = connect<number>(() => peer, 5000);
    const controller = new AbortController();
    const call = rpc.call('work', [], { signal: controller.signal });
    setTimeout(() => controller.abort(), 20);
    await expect(call).rejects.toBeInstanceOf(CancelledError);
    expect(ended()).toBe(false);
    rpc.close();
  });

  test('a call that does not listen is ended after the grace, others are told, the next call gets a new worker', async () => {
    const peers = [channel(never), channel(async () => 'fresh')];
    let spawned = 0;
    const rpc = connect<number>(() => (peers[spawned++] as (typeof peers)[number]).peer, 50);
    const controller = new AbortController();
    const stuck = rpc.call('work', [], { signal: controller.signal });
    const bystander = rpc.call('other', []);
    controller.abort();
    await expect(stuck).rejects.toBeInstanceOf(CancelledError);
    await expect(bystander).rejects.toMatchObject({ fields: { code: 'internal' } });
    expect(peers[0]?.ended()).toBe(true);
    expect(await rpc.call('again', [])).toBe('fresh');
    expect(rpc.generation).toBe(2);
    rpc.close();
  });

  test('a call that is already cancelled is never sent', async () => {
    const rpc = connect<number>(() => {
      throw new Error('must not be spawned');
    });
    await expect(rpc.call('work', [], { signal: AbortSignal.abort() })).rejects.toBeInstanceOf(CancelledError);
  });
});

test('the death of the worker rejects everything that is pending', async () => {
  const { peer, die } = channel(never);
  const rpc = connect<number>(() => peer);
  const calls = [rpc.call('a', []), rpc.call('b', [])];
  setTimeout(die, 20);
  for (const call of calls) await expect(call).rejects.toMatchObject({ fields: { code: 'internal', got: 'out of memory' } });
});
