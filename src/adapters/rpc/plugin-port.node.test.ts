// A plugin behind a message port answers as the plugin itself, and its failures keep their words.
import { expect, test } from 'vitest';
import { callPlugin, describePlugin, openPlugins, quietContext, type RemotePlugin } from '../../core/index';
import { receivedPlugins, sentPlugins } from './plugin-port';

const exported = {
  apiVersion: 1,
  name: 'Far',
  weights: [
    {
      id: 'far',
      title: 'Far',
      fit: (w: { data: Float32Array }) => ({ bits: 8, signed: true, scale: w.data.includes(99) ? explode() : 0.5, lo: -127, hi: 127 }),
    },
  ],
};

function explode(): number {
  throw new Error('99 is too much');
}

const local: RemotePlugin = {
  file: 'far.js',
  source: 'text',
  describe: async () => describePlugin(exported),
  call: async (path, args) => callPlugin(exported, path, args),
};

test('the port carries descriptions, typed arrays and errors', async () => {
  const [ports] = sentPlugins([local]);
  const [remote] = receivedPlugins(ports);
  if (!remote) throw new Error('no plugin');
  expect(await remote.describe()).toEqual({
    data: { apiVersion: 1, name: 'Far', weights: [{ id: 'far', title: 'Far', fit: null }] },
    functions: ['weights.0.fit'],
  });
  const { registry, reports } = await openPlugins([remote], { check: true }, quietContext());
  expect(reports).toMatchObject([{ ok: true, name: 'Far', error: undefined }]);
  const far = registry.quantizers.weights.find((q) => q.id === 'far');
  const scheme = { bits: 8, symmetric: true, signed: true, granularity: 'channel', narrow: true } as const;
  const fit = async (v: number) => far?.fit(Float32Array.of(1, v), [2, 1], 0, scheme, {}, quietContext());
  expect(await fit(3)).toMatchObject({ scale: Float32Array.of(0.5), axis: undefined, zeroPoint: 0 });
  await expect(fit(99)).rejects.toThrow(/99 is too much/);
  await expect(remote.call('weights.0.nothing', [])).rejects.toThrow(/no such function/);
  for (const { port } of ports) port.close();
});
