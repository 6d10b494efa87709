/** `plugin check FILE...`: the law battery on plugins, law by law, with counterexamples. The files run as ordinary code. */
import { pluginFile } from '../../adapters/node/plugin-file';
import { openPlugins, type RemotePlugin } from '../../core/index';
import type { CommandSpec } from '../command';
import { engineContext } from '../context';
import { badUsage } from '../flags';
import { batteryLines } from '../plugins';

export const plugin: CommandSpec = {
  usage: 'plugin <action> [...files]',
  about: '`plugin check FILE...`: hold plugins to the laws of quantizers. They run as ordinary code',
  flags: [],
  async run([action, ...files], _flags, terminal) {
    if (action !== 'check') throw badUsage('plugin has no such action', { expected: 'check', got: action ?? 'none' });
    if (files.length === 0) throw badUsage('There is no plugin to check', { expected: 'a .ts or .js file' });
    const remotes: RemotePlugin[] = [];
    for (const path of files) remotes.push(await pluginFile(path));
    const { reports } = await openPlugins(remotes, { check: true }, engineContext(terminal));
    const ok = reports.every((r) => r.ok);
    terminal.result({ ok, plugins: reports }, reports.flatMap(batteryLines));
    return ok ? 0 : 1;
  },
};
