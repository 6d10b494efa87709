/** Laws of the engine client: a worker that died is replaced and brought to where the old one was. The engine behind it is made up. */
import { MessageChannel } from 'node:worker_threads';
import { expose } from 'comlink';
import nodeEndpoint from 'comlink/dist/umd/node-adapter.js';
import { describe, expect, test } from 'vitest';
import { StudioError } from '../core/index';
import { defaultRecipe } from '../core/recipe/recipe';
import { createEngineClient } from './engine-client';
import { serve } from './rpc/serve';
import type { Peer } from './rpc/client';

/** Workers that write down every call; one can be made to die. */
function workers() {
  const calls: string[][] = [];
  let die: (message: string) => void = () => undefined;
  const failing = new Set<string>();
  const spawn = (): Peer => {
    const seen: string[] = [];
    calls.push(seen);
    const { port1, port2 } = new MessageChannel();
    const invoke = async (method: string, args: readonly unknown[]): Promise<unknown> => {
      seen.push(method);
      if (failing.has(method)) throw new StudioError({ code: 'bad-data', what: `no ${method}` });
      if (method === 'layer' && args[0] === 'stuck') return new Promise(() => undefined);
      return method === 'saveCalibration' ? Uint8Array.of(1, 2) : { method };
    };
    expose(serve(invoke), nodeEndpoint(port2));
    return {
      endpoint: nodeEndpoint(port1),
      terminate: () => {
        port1.close();
        port2.close();
      },
      onDeath: (report) => void (die = report),
    };
  };
  return { spawn, calls, failing, die: (message: string) => die(message) };
}

const file = { name: 'a.onnx', data: Uint8Array.of(1) };
const last = (calls: string[][]): string[] => calls.at(-1) ?? [];

describe('the engine client', () => {
  test('repeats what made the state in a new worker, in order, before the next call', async () => {
    const { spawn, calls, die } = workers();
    const engine = createEngineClient(spawn);
    await engine.open([file], {});
    await engine.useData([file], { role: 'calibration' });
    await engine.useData([file], { role: 'evaluation' });
    await engine.calibrate({ samples: 2, provider: 'wasm' });
    await engine.convert(defaultRecipe, { sampleIndex: 0, strict: false });
    die('out of memory');
    await engine.graph();
    expect(last(calls)).toEqual(['open', 'useData', 'useData', 'restoreCalibration', 'graph']);
    await engine.layer('conv1');
    await engine.layer('conv2');
    expect(last(calls).slice(5)).toEqual(['convert', 'layer', 'layer']);
    expect(calls.length).toBe(2);
    await engine.close();
  });

  test('a call that was under way when the worker died says so; the next one works', async () => {
    const { spawn, calls, die } = workers();
    const engine = createEngineClient(spawn);
    await engine.open([file], {});
    const stuck = engine.layer('stuck');
    const watched = expect(stuck).rejects.toMatchObject({ fields: { code: 'internal', got: 'boom' } });
    setTimeout(() => die('boom'), 20);
    await watched;
    await engine.layer('conv');
    expect(last(calls)).toEqual(['open', 'layer']);
  });

  test('an open that failed leaves what is repeated; one that went well replaces it', async () => {
    const { spawn, calls, die, failing } = workers();
    const engine = createEngineClient(spawn);
    await engine.open([file], {});
    await engine.useSyntheticData({ samples: 1, seed: 0 });
    failing.add('open');
    await expect(engine.open([file], {})).rejects.toBeInstanceOf(StudioError);
    failing.clear();
    die('one');
    await engine.graph();
    expect(last(calls)).toEqual(['open', 'useSyntheticData', 'graph']);
    await engine.open([file], {});
    die('two');
    await engine.graph();
    expect(last(calls)).toEqual(['open', 'graph']);
    await engine.close();
    die('three');
    await engine.providers();
    expect(last(calls)).toEqual(['providers']);
  });

  test('a new calibration forgets the conversion that came from the old one', async () => {
    const { spawn, calls, die } = workers();
    const engine = createEngineClient(spawn);
    await engine.open([file], {});
    await engine.convert(defaultRecipe, { sampleIndex: 0, strict: false });
    await engine.calibrate({ samples: 2, provider: 'wasm' });
    die('gone');
    await engine.layer('conv');
    expect(last(calls)).toEqual(['open', 'restoreCalibration', 'layer']);
  });
});
